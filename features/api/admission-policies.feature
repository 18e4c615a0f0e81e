@needs:cluster-scope
Feature: Policies can forbid what validation allows

  A ValidatingAdmissionPolicy holds rules in the Common Expression Language; a binding says where they apply. The API server itself decides
  by them, without a webhook.

  Documentation: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/

  Background:
    Given a ValidatingAdmissionPolicy "${ns}.example.com":
      """yaml
      spec:
        matchConstraints:
          resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
        validations: [{expression: "!has(object.data) || !('colour' in object.data) || object.data['colour'] != 'red'", message: red is not allowed here}]
      """

  Rule: A bound policy denies what its expression is false for

    @id:api.policies.deny
    Scenario: A request that breaks the policy is refused
      The message of the policy tells why. It takes the API server a moment to notice a new binding.

      Given an empty Namespace
      When I create ValidatingAdmissionPolicyBinding "${ns}.example.com":
        """yaml
        spec:
          policyName: ${ns}.example.com
          validationActions: [Deny]
          matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}}
        """
      Then within 60 seconds, creating ConfigMap "settings" would be refused with 422 Invalid:
        """yaml
        data: {colour: red}
        """
      And the message contains "red is not allowed here"
      And as before, creating ConfigMap "settings" would be accepted:
        """yaml
        data: {colour: blue}
        """

    @id:api.policies.unbound
    Scenario: A policy without a binding forbids nothing
      The policy alone has no effect.

      Given an empty Namespace
      When I create ConfigMap "settings":
        """yaml
        data: {colour: red}
        """
      Then ConfigMap "settings" exists

  Rule: Expressions can use more than the object

    @id:api.policies.parameters
    Scenario: A policy takes its values from an object
      The binding chooses the object, so that one policy serves many.

      Given a ready CustomResourceDefinition "limits.${ns}.example.com":
        """yaml
        spec:
          group: ${ns}.example.com
          scope: Namespaced
          names: {plural: limits, singular: limit, kind: Limit}
          versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {allowed: {type: string}}}}}]
        """
      And a ValidatingAdmissionPolicy "${ns}-limit.example.com":
        """yaml
        spec:
          paramKind: {apiVersion: "${ns}.example.com/v1", kind: Limit}
          matchConstraints:
            resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [secrets]}]
          variables: [{name: allowed, expression: params.allowed}]
          validations: [{expression: "object.type == variables.allowed", messageExpression: "'only ' + variables.allowed", reason: Forbidden}]
        """
      And a Limit "limit":
        """yaml
        allowed: Opaque
        """
      When I create ValidatingAdmissionPolicyBinding "${ns}-limit.example.com":
        """yaml
        spec:
          policyName: ${ns}-limit.example.com
          paramRef: {name: limit, namespace: "${ns}", parameterNotFoundAction: Deny}
          validationActions: [Deny]
          matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}}
        """
      Then within 60 seconds, creating Secret "password" would be refused with 403 Forbidden:
        """yaml
        type: example.com/other
        """
      And the message contains "only Opaque"
      And as before, creating Secret "password" would be accepted

    @id:api.policies.old-object
    Scenario: A change can be compared with what was there before
      The variable oldObject holds it.

      Given a ValidatingAdmissionPolicy "${ns}-steady.example.com":
        """yaml
        spec:
          matchConstraints:
            resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [secrets]}]
          validations:
          - {expression: "oldObject != null || object.type == 'Opaque'", message: the type is Opaque, reason: Forbidden}
          - {expression: "oldObject == null || object.data['size'] >= oldObject.data['size']", message: the size may only grow, reason: Forbidden}
        """
      And a ValidatingAdmissionPolicyBinding "${ns}-steady.example.com":
        """yaml
        spec:
          policyName: ${ns}-steady.example.com
          validationActions: [Deny]
          matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}}
        """
      And a Secret "box":
        """yaml
        data: {size: "NQ=="}
        """
      And within 60 seconds, creating Secret "other" would be refused with 403 Forbidden:
        """yaml
        type: example.com/other
        """
      When I try to patch Secret "box":
        """yaml
        data: {size: "NA=="}
        """
      Then it is refused with 403 Forbidden
      And the message contains "the size may only grow"

  Rule: A policy need not deny

    @id:api.policies.warn
    Scenario: A binding may only warn
      The request is accepted, and the client is told.

      Given a ValidatingAdmissionPolicyBinding "${ns}.example.com":
        """yaml
        spec:
          policyName: ${ns}.example.com
          validationActions: [Deny]
          matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}}
        """
      And within 60 seconds, creating ConfigMap "settings" would be refused with 422 Invalid:
        """yaml
        data: {colour: red}
        """
      And I patch ValidatingAdmissionPolicyBinding "${ns}.example.com":
        """yaml
        spec: {validationActions: [Warn]}
        """
      And within 60 seconds, creating ConfigMap "settings" would be accepted:
        """yaml
        data: {colour: red}
        """
      When I create ConfigMap "settings":
        """yaml
        data: {colour: red}
        """
      Then the answer warns of "red is not allowed here"
      And ConfigMap "settings" exists
