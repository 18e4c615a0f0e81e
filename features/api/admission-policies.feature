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
