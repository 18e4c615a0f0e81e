@since:v1.36
@needs:cluster-scope
Feature: Policies can change objects

  A MutatingAdmissionPolicy changes objects on their way into the cluster by expressions, without a webhook.

  Documentation: https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/

  Rule: A bound policy changes what it matches

    @id:api.mutating-policies.apply
    Scenario: Fields are set as if somebody applied them
      What the policy does not mention stays.

      Given a MutatingAdmissionPolicy "${ns}.example.com":
        """yaml
        spec:
          reinvocationPolicy: Never
          matchConstraints:
            resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
          mutations:
          - patchType: ApplyConfiguration
            applyConfiguration: {expression: "Object{metadata: Object.metadata{labels: {'example.com/checked': 'yes'}}}"}
        """
      When I create MutatingAdmissionPolicyBinding "${ns}.example.com":
        """yaml
        spec:
          policyName: ${ns}.example.com
          matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}}
        """
      Then within 60 seconds, creating ConfigMap "settings" would make:
        """yaml
        metadata: {name: settings, labels: {example.com/checked: "yes", seatrial.dev/run: <any>}}
        """

    @id:api.mutating-policies.json-patch
    Scenario: Operations of a JSON patch are computed
      The expression makes the list of operations.

      Given a MutatingAdmissionPolicy "${ns}.example.com":
        """yaml
        spec:
          reinvocationPolicy: Never
          matchConstraints:
            resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
          mutations:
          - patchType: JSONPatch
            jsonPatch: {expression: "[JSONPatch{op: 'add', path: '/data', value: {'name': object.metadata.name}}]"}
        """
      When I create MutatingAdmissionPolicyBinding "${ns}.example.com":
        """yaml
        spec:
          policyName: ${ns}.example.com
          matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}}
        """
      Then within 60 seconds, creating ConfigMap "settings" would make:
        """yaml
        data: {name: settings}
        """

    @id:api.mutating-policies.deployment
    Scenario Outline: A Deployment gets <what>
      The policy says only what is to be changed.

      Given a MutatingAdmissionPolicy "${ns}.example.com":
        """yaml
        spec:
          reinvocationPolicy: Never
          matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]}
          mutations: [{patchType: ApplyConfiguration, applyConfiguration: {expression: "<expression>"}}]
        """
      And a Deployment "before":
        """yaml
        spec: {replicas: 0}
        """
      When I create MutatingAdmissionPolicyBinding "${ns}.example.com":
        """yaml
        spec:
          policyName: ${ns}.example.com
          matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}}
        """
      Then within 60 seconds, creating Deployment "web" would make:
        """yaml
        <made>
        """
      And as before, Deployment "before" matches:
        """yaml
        metadata: {annotations: {changed-by: <none>}}
        spec: {replicas: 0}
        """

      Examples:
        | what            | expression                                                                    | made                                            |
        | an annotation   | Object{metadata: Object.metadata{annotations: {'changed-by': 'a policy'}}}    | metadata: {annotations: {changed-by: a policy}} |
        | more replicas   | Object{spec: Object.spec{replicas: 1337}}                                     | spec: {replicas: 1337}                          |
