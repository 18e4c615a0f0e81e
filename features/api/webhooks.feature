@needs:cluster-scope
Feature: Programs outside the API server can check and change requests

  The API server asks webhooks before it stores an object. A validating webhook may refuse a request, a mutating one may change the object.

  Documentation: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/

  Rule: A webhook is asked about the requests that its rules pick

    @id:api.webhooks.deny @needs:nodes
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
            readinessProbe: {httpGet: {scheme: HTTPS, port: 8443, path: /readyz}}
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

    @id:api.webhooks.mutate @needs:nodes
    Scenario: A mutating webhook changes an object
      What it changes is validated and stored like everything else.

      Given a serving certificate for "hook.${ns}.svc" in Secret "hook"
      And data['ca.crt'] of Secret "hook" is noted as "ca"
      And a ready Pod "hook":
        """yaml
        metadata: {labels: {app: hook}}
        spec:
          containers:
          - name: main
            args: [webhook, --tls-cert-file=/tls/tls.crt, --tls-private-key-file=/tls/tls.key, --port=8443]
            readinessProbe: {httpGet: {scheme: HTTPS, port: 8443, path: /readyz}}
            volumeMounts: [{name: tls, mountPath: /tls}]
          volumes: [{name: tls, secret: {secretName: hook}}]
        """
      And a ready Service "hook":
        """yaml
        spec: {selector: {app: hook}, ports: [{port: 443, targetPort: 8443}]}
        """
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

    @id:api.webhooks.fail
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

    @id:api.webhooks.gone
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

    @id:api.webhooks.ignore
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

    @id:api.webhooks.condition
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

    @id:api.webhooks.invalid
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
