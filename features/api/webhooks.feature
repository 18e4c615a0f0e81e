Feature: Programs outside the API server can check and change requests

  The API server asks webhooks before it stores an object. A validating webhook may refuse a request, a mutating one may change the object.

  Documentation: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/

  Rule: A webhook is asked about the requests that its rules pick

    @id:api.webhooks.deny @needs:nodes @needs:cluster-scope
    Scenario: A validating webhook refuses a request
      The message tells which webhook refused, and what it says.

      Given a serving certificate for "hook.${ns}.svc" in Secret "hook"
      And data['ca.crt'] of Secret "hook" is noted as "ca"
      And a ready Pod "hook":
        """yaml
        metadata: {labels: {app: hook}}
        spec:
          containers:
          - name: main
            args: [webhook, --tls-cert-file=/tls/tls.crt, --tls-private-key-file=/tls/tls.key, --port=8443]
            readinessProbe: {httpGet: {scheme: HTTPS, port: 8443, path: /readyz}, periodSeconds: 1}
            volumeMounts: [{name: tls, mountPath: /tls}]
          volumes: [{name: tls, secret: {secretName: hook}}]
        """
      And a ready Service "hook":
        """yaml
        spec: {selector: {app: hook}, ports: [{port: 443, targetPort: 8443}]}
        """
      When I create ValidatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: deny.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /always-deny}, caBundle: "${ca}"}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      Then within 60 seconds, creating ConfigMap "settings" would be refused with 400
      And the message contains "denied the request: this webhook denies all requests"
      And as before, creating Secret "password" would be accepted

    @id:api.webhooks.mutate @needs:nodes @needs:cluster-scope
    Scenario: A mutating webhook changes an object
      What it changes is validated and stored like everything else.

      Given a ready Service "hook" of the program "webhook" whose authority is noted as "ca"
      When I create MutatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: label.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /add-label}, caBundle: "${ca}"}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      Then within 60 seconds, creating ConfigMap "settings" would make:
        """yaml
        metadata: {labels: {added-label: "yes"}}
        """

  Rule: The failure policy says what happens when a webhook does not answer

    @id:api.webhooks.fail @needs:cluster-scope
    Scenario: With the policy Fail the request is refused
      It is the fault of the server, not of the request.

      Given an empty Namespace
      When I create ValidatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: silent.example.com
          clientConfig: {service: {namespace: "${ns}", name: nothing}}
          failurePolicy: Fail
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      Then within 60 seconds, creating ConfigMap "settings" would be refused with 500 InternalError
      And the message contains "failed calling webhook"
      And the message contains "silent.example.com"

    @id:api.webhooks.gone @needs:cluster-scope
    Scenario: Without its configuration a webhook is not asked any more
      It takes the API server a moment to notice.

      Given a ValidatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: silent.example.com
          clientConfig: {service: {namespace: "${ns}", name: nothing}}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      And within 60 seconds, creating ConfigMap "settings" would be refused with 500 InternalError
      When I delete ValidatingWebhookConfiguration "${ns}.example.com"
      Then within 60 seconds, creating ConfigMap "settings" would be accepted

    @id:api.webhooks.ignore @needs:cluster-scope
    Scenario: With the policy Ignore the request goes on
      The webhook is asked, and its silence forgiven.

      Given a ValidatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: silent.example.com
          clientConfig: {service: {namespace: "${ns}", name: nothing}}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      And within 60 seconds, creating ConfigMap "settings" would be refused with 500 InternalError
      When I send a JSON patch to ValidatingWebhookConfiguration "${ns}.example.com":
        """yaml
        - {op: replace, path: /webhooks/0/failurePolicy, value: Ignore}
        """
      Then within 60 seconds, creating ConfigMap "settings" would be accepted

  Rule: Conditions and selectors narrow down what a webhook is asked about

    @id:api.webhooks.condition @needs:cluster-scope
    Scenario Outline: A webhook with <what> is asked about some objects only
      The others are not sent to it.

      Given an empty Namespace
      When I create ValidatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: silent.example.com
          clientConfig: {service: {namespace: "${ns}", name: nothing}}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          <narrowed>
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      Then within 60 seconds, creating ConfigMap "settings" would be refused with 500 InternalError:
        """yaml
        metadata: {labels: {colour: red}}
        """
      And as before, creating ConfigMap "settings" would be accepted:
        """yaml
        metadata: {labels: {colour: blue}}
        """

      Examples:
        | what               | narrowed                                                                                                |
        | an object selector | objectSelector: {matchLabels: {colour: red}}                                                            |
        | a match condition  | matchConditions: [{name: red, expression: "object.metadata.?labels.colour.orValue('') == 'red'"}]        |

    @id:api.webhooks.namespace @needs:cluster-scope
    Scenario: A webhook with a namespace selector leaves other namespaces alone
      So the namespaces of the system can be kept from a broken webhook.

      Given a ready Namespace "${ns}-other"
      When I create ValidatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: silent.example.com
          clientConfig: {service: {namespace: "${ns}", name: nothing}}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      Then within 60 seconds, creating ConfigMap "settings" would be refused with 500 InternalError
      And as before, creating ConfigMap "${ns}-other/settings" would be accepted

    @id:api.webhooks.conditions-changed @needs:cluster-scope
    Scenario Outline: The match conditions of a <kind> can be changed
      They are kept as they were sent, in their order.

      Given a <kind> "${ns}.example.com":
        """yaml
        webhooks:
        - name: silent.example.com
          clientConfig: {service: {namespace: "${ns}", name: nothing}}
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          matchConditions: [{name: production, expression: object.metadata.namespace == 'production'}]
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      And <kind> "${ns}.example.com" matches:
        """yaml
        webhooks: [{matchConditions: [{name: production, expression: object.metadata.namespace == 'production'}]}]
        """
      When I send a JSON patch to <kind> "${ns}.example.com":
        """yaml
        - {op: add, path: /webhooks/0/matchConditions/-, value: {name: staging, expression: object.metadata.namespace == 'staging'}}
        """
      Then <kind> "${ns}.example.com" matches:
        """yaml
        webhooks: [{matchConditions: [{name: production, expression: "</.*'production'/>"}, {name: staging, expression: "</.*'staging'/>"}]}]
        """

      Examples:
        | kind                           |
        | ValidatingWebhookConfiguration |
        | MutatingWebhookConfiguration   |

    @id:api.webhooks.invalid @needs:cluster-scope
    Scenario: A webhook must say whether it has side effects
      A dry run could not be promised otherwise.

      Given an empty Namespace
      When I try to create ValidatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: silent.example.com
          clientConfig: {service: {namespace: "${ns}", name: nothing}}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
          sideEffects: Unknown
          admissionReviewVersions: [v1]
        """
      Then it is refused with 422 Invalid
      And the message contains "webhooks[0].sideEffects"

    @id:api.webhooks.condition-invalid @needs:cluster-scope
    Scenario Outline: A <kind> with a condition that cannot be read is refused
      The message holds what the compiler says.

      Given an empty Namespace
      When I try to create <kind> "${ns}.example.com":
        """yaml
        webhooks:
        - name: silent.example.com
          clientConfig: {service: {namespace: "${ns}", name: nothing}}
          matchConditions: [{name: bad, expression: "... [] bad expression"}]
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      Then it is refused with 422 Invalid
      And the message contains "webhooks[0].matchConditions[0].expression"
      And the message contains "compilation failed"

      Examples:
        | kind                           |
        | ValidatingWebhookConfiguration |
        | MutatingWebhookConfiguration   |

    @id:api.webhooks.twice @needs:cluster-scope
    Scenario: The webhooks of a configuration have different names
      Refusals name the webhook.

      Given an empty Namespace
      When I try to create MutatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - {name: a.example.com, clientConfig: {url: "https://example.com"}, sideEffects: None, admissionReviewVersions: [v1]}
        - {name: a.example.com, clientConfig: {url: "https://example.com"}, sideEffects: None, admissionReviewVersions: [v1]}
        """
      Then it is refused with 422 Invalid
      And the message contains "webhooks[1].name"

  Rule: Webhooks are registered by objects of the API

    @id:api.webhooks.discovery
    Scenario Outline: The document <path> leads to the webhook configurations
      From the list of groups over the group to its kinds.

      Given an empty Namespace
      When I send GET "<path>"
      Then the answer matches:
        """yaml
        <match>
        """

      Examples:
        | path                                   | match                                                                                                           |
        | /apis                                  | groups: [{name: admissionregistration.k8s.io, versions: [{groupVersion: admissionregistration.k8s.io/v1, version: v1}]}] |
        | /apis/admissionregistration.k8s.io     | {name: admissionregistration.k8s.io, versions: [{groupVersion: admissionregistration.k8s.io/v1, version: v1}]}  |
        | /apis/admissionregistration.k8s.io/v1  | {groupVersion: admissionregistration.k8s.io/v1, resources: [{name: mutatingwebhookconfigurations, kind: MutatingWebhookConfiguration}, {name: validatingwebhookconfigurations, kind: ValidatingWebhookConfiguration}]} |
