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

  Rule: Expressions can be built of parts

    @id:api.policies.variables
    Scenario: A variable is computed once and used by name
      A variable may use those before it.

      Given a ValidatingAdmissionPolicy "odd.${ns}.example.com":
        """yaml
        spec:
          matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]}
          variables: [{name: replicas, expression: object.spec.replicas}, {name: odd, expression: variables.replicas % 2 == 1}]
          validations: [{expression: variables.replicas > 1}, {expression: variables.odd}]
        """
      When I create ValidatingAdmissionPolicyBinding "odd.${ns}.example.com":
        """yaml
        spec:
          policyName: odd.${ns}.example.com
          validationActions: [Deny]
          matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}}
        """
      Then within 60 seconds, creating Deployment "web" would be refused with 422 Invalid:
        """yaml
        spec: {replicas: 2}
        """
      And as before, creating Deployment "web" would be accepted:
        """yaml
        spec: {replicas: 3}
        """

    @id:api.policies.message
    Scenario: The message of a refusal is computed
      Several expressions must all be true; they see the namespace as well.

      Given a ValidatingAdmissionPolicy "many.${ns}.example.com":
        """yaml
        spec:
          matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]}
          validations:
          - {expression: object.spec.replicas > 1, messageExpression: "'wants more than one, got ' + string(object.spec.replicas)"}
          - {expression: "namespaceObject.metadata.name == '${ns}'", message: another namespace}
        """
      When I create ValidatingAdmissionPolicyBinding "many.${ns}.example.com":
        """yaml
        spec:
          policyName: many.${ns}.example.com
          validationActions: [Deny]
          matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}}
        """
      Then within 60 seconds, creating Deployment "web" would be refused with 422 Invalid:
        """yaml
        spec: {replicas: 1}
        """
      And the message contains "wants more than one, got 1"
      And as before, creating Deployment "web" would be accepted:
        """yaml
        spec: {replicas: 2}
        """
      And as before, creating ReplicaSet "web" would be accepted:
        """yaml
        spec: {replicas: 1}
        """

  Rule: A policy is an object like others

    @id:api.policies.status
    Scenario: The status of a policy is patched through its subresource
      The API server tells there what is wrong with the types of the expressions.

      Given metadata.uid of ValidatingAdmissionPolicy "${ns}.example.com" is noted as "uid"
      When I patch the "status" of ValidatingAdmissionPolicy "${ns}.example.com":
        """yaml
        status: {conditions: [{type: Checked, status: "True", reason: Tried, message: it is good, lastTransitionTime: "2026-01-01T00:00:00Z"}]}
        """
      Then GET "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/${ns}.example.com/status" is answered with:
        """yaml
        metadata: {uid: "${uid}"}
        status: {conditions: [{type: Checked, status: "True", reason: Tried}]}
        """

    @id:api.policies.replaced
    Scenario: A policy is replaced by whoever knows its version
      The version is that of the last write, also when it was the API server that wrote the status.

      Given within 30 seconds, ValidatingAdmissionPolicy "${ns}.example.com" matches:
        """yaml
        status: {typeChecking: {}, observedGeneration: 1}
        """
      And metadata.resourceVersion of ValidatingAdmissionPolicy "${ns}.example.com" is noted as "version"
      When I replace ValidatingAdmissionPolicy "${ns}.example.com":
        """yaml
        metadata: {resourceVersion: "${version}"}
        spec:
          matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [secrets]}]}
          validations: [{expression: "true"}]
        """
      Then ValidatingAdmissionPolicy "${ns}.example.com" matches:
        """yaml
        metadata: {generation: 2}
        spec: {matchConstraints: {resourceRules: [{resources: [secrets]}]}}
        """
