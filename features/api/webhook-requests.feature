@needs:cluster-scope
@needs:nodes
Feature: Webhooks see every request that their rules pick

  A webhook is asked about creations, changes, deletions and connections, of built-in kinds and of custom ones. It is a server like any
  other: here one that refuses what bears the wrong mark, and changes what asks for it.

  Documentation: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/

  Background:
    Given a ready Service "hook" of the program "webhook" whose authority is noted as "ca"

  Rule: A validating webhook refuses by what it is sent

    @id:api.webhook-requests.create
    Scenario Outline: A new object is refused for <what>
      The webhook gets the whole object, and the client what the webhook says.

      Given an empty Namespace
      When I create ValidatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: content.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /<path>}, caBundle: "${ca}"}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [<path>]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      Then within 60 seconds, creating <kind> "bad" would be refused with 400:
        """yaml
        <bad>
        """
      And the message contains "denied the request: <message>"
      And as before, creating <kind> "good" would be accepted

      Examples:
        | what                     | kind      | path       | bad                                                 | message                                        |
        | its label                | Pod       | pods       | metadata: {labels: {webhook-e2e-test: webhook-disallow}} | the pod contains unwanted label           |
        | the name of a container  | Pod       | pods       | spec: {containers: [{name: webhook-disallow}]}       | the pod contains unwanted container name      |
        | its data                 | ConfigMap | configmaps | data: {webhook-e2e-test: webhook-disallow}           | the configmap contains unwanted key and value |

    @id:api.webhook-requests.update
    Scenario Outline: A change is refused, sent as <form>
      What counts is what the object would become.

      Given a ConfigMap "settings"
      And a ValidatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: content.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /configmaps}, caBundle: "${ca}"}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [UPDATE], resources: [configmaps]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        - name: probe.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /always-deny}, caBundle: "${ca}"}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [secrets]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      And within 60 seconds, creating Secret "probe" would be refused with 400
      When I try to <action> ConfigMap "settings":
        """yaml
        data: {webhook-e2e-test: webhook-disallow}
        """
      Then it is refused with 400
      And the message contains "the configmap contains unwanted key and value"
      And as before, data of ConfigMap "settings" is "<none>"

      Examples:
        | form          | action  |
        | a whole object | replace |
        | a patch       | patch   |

    @id:api.webhook-requests.delete
    Scenario: A deletion is refused
      The webhook is sent the object that would go.

      Given a ConfigMap "settings":
        """yaml
        data: {webhook-e2e-test: webhook-nondeletable}
        """
      And a ValidatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: content.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /configmaps}, caBundle: "${ca}"}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE, DELETE], resources: [configmaps]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      And within 60 seconds, creating ConfigMap "probe" would be refused with 400:
        """yaml
        data: {webhook-e2e-test: webhook-disallow}
        """
      When I try to delete ConfigMap "settings"
      Then it is refused with 400
      And the message contains "the configmap cannot be deleted because it contains unwanted key and value"
      And as before, ConfigMap "settings" exists

    @id:api.webhook-requests.custom-resource
    Scenario: An object of a custom kind is refused when it is created
      A webhook treats custom kinds and built-in ones alike.

      Given a ready CustomResourceDefinition "gadgets.${ns}.example.com":
        """yaml
        spec:
          group: ${ns}.example.com
          scope: Namespaced
          names: {plural: gadgets, singular: gadget, kind: Gadget}
          versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
        """
      When I create ValidatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: custom.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /custom-resource}, caBundle: "${ca}"}
          rules: [{apiGroups: ["${ns}.example.com"], apiVersions: [v1], operations: [CREATE], resources: [gadgets]}]
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      Then within 60 seconds, creating Gadget "bad" would be refused with 400:
        """yaml
        data: {webhook-e2e-test: webhook-disallow}
        """
      And the message contains "the custom resource contains unwanted data"
      And as before, creating Gadget "good" would be accepted

    @id:api.webhook-requests.custom-resource-change
    Scenario Outline: To <change> an object of a custom kind is refused
      Its mark says that it may not become so, or may not go.

      Given a ready CustomResourceDefinition "gadgets.${ns}.example.com":
        """yaml
        spec:
          group: ${ns}.example.com
          scope: Namespaced
          names: {plural: gadgets, singular: gadget, kind: Gadget}
          versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
        """
      And a Gadget "one":
        """yaml
        data: {webhook-e2e-test: <mark>}
        """
      And a ValidatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: custom.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /custom-resource}, caBundle: "${ca}"}
          rules: [{apiGroups: ["${ns}.example.com"], apiVersions: [v1], operations: [UPDATE, DELETE], resources: [gadgets]}]
          sideEffects: None
          admissionReviewVersions: [v1]
        - name: probe.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /always-deny}, caBundle: "${ca}"}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [secrets]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      And within 60 seconds, creating Secret "probe" would be refused with 400
      When I try to <change> Gadget "one":
        """yaml
        <text>
        """
      Then the message contains "denied the request: the custom resource <message>"
      And as before, Gadget "one" matches:
        """yaml
        metadata: {deletionTimestamp: <none>}
        data: {webhook-e2e-test: <mark>}
        """

      Examples:
        | change | mark                 | text                                       | message                |
        | patch  | plain                | data: {webhook-e2e-test: webhook-disallow} | contains unwanted data |
        | delete | webhook-nondeletable | propagationPolicy: Background              | cannot be deleted      |

    @id:api.webhook-requests.definition
    Scenario: A new kind is refused
      So somebody can decide which kinds a cluster has.

      Given an empty Namespace
      When I create ValidatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: kinds.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /crd}, caBundle: "${ca}"}
          rules: [{apiGroups: [apiextensions.k8s.io], apiVersions: [v1], operations: [CREATE], resources: [customresourcedefinitions]}]
          objectSelector: {matchLabels: {example.com/scenario: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      Then within 60 seconds, creating CustomResourceDefinition "gadgets.${ns}.example.com" would be refused with 400:
        """yaml
        metadata: {labels: {example.com/scenario: "${ns}", webhook-e2e-test: webhook-disallow}}
        spec:
          group: ${ns}.example.com
          scope: Namespaced
          names: {plural: gadgets, singular: gadget, kind: Gadget}
          versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
        """
      And the message contains "the crd contains unwanted label"

    @id:api.webhook-requests.attach
    Scenario: An attempt to attach to a container is refused
      Connections to a Pod are requests with the operation CONNECT.

      Given a ready Pod "to-be-attached-pod":
        """yaml
        spec: {containers: [{name: container1}]}
        """
      And a ValidatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: attach.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /pods/attach}, caBundle: "${ca}"}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CONNECT], resources: [pods/attach]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        - name: probe.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /always-deny}, caBundle: "${ca}"}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      And within 60 seconds, creating ConfigMap "probe" would be refused with 400
      When I try to call "kubectl attach to-be-attached-pod -c container1 -i":
        """
        anything
        """
      Then the command fails with exit code 1
      And the output contains "attaching to pod 'to-be-attached-pod' is not allowed"

  Rule: Mutating webhooks come one after the other, and before all checks

    @id:api.webhook-requests.order
    Scenario: A webhook sees what those before it have changed
      The second one adds to objects that the first one has added to.

      Given a MutatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: a.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /mutating-configmaps}, caBundle: "${ca}"}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        - name: b.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /mutating-configmaps}, caBundle: "${ca}"}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        - name: probe.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /always-deny}, caBundle: "${ca}"}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [secrets]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      And within 60 seconds, creating Secret "probe" would be refused with 400
      When I create ConfigMap "settings":
        """yaml
        data: {mutation-start: "yes"}
        """
      Then ConfigMap "settings" matches:
        """yaml
        data: {mutation-start: "yes", mutation-stage-1: "yes", mutation-stage-2: "yes"}
        """

    @id:api.webhook-requests.defaults
    Scenario: What a webhook adds gets its defaults
      Here it adds an init container with nothing but a name and an image.

      Given an empty Namespace
      When I create MutatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: pods.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /mutating-pods}, caBundle: "${ca}"}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      Then within 60 seconds, creating Pod "webhook-to-be-mutated" would make:
        """yaml
        spec: {initContainers: [{name: webhook-added-init-container, terminationMessagePolicy: File, imagePullPolicy: Always}]}
        """

    @id:api.webhook-requests.checked
    Scenario: What a webhook adds is seen by the webhooks that check
      A check is about the object that would be stored.

      Given a MutatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: label.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /add-label}, caBundle: "${ca}"}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      When I create ValidatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: labelled.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /always-deny}, caBundle: "${ca}"}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps, secrets]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          objectSelector: {matchLabels: {added-label: "yes"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      Then within 60 seconds, creating ConfigMap "settings" would be refused with 400
      And as before, creating Secret "password" would be accepted

    @id:api.webhook-requests.except
    Scenario: A match condition leaves an object of a certain name alone
      All others are changed.

      Given an empty Namespace
      When I create MutatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: label.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /add-label}, caBundle: "${ca}"}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          matchConditions: [{name: others, expression: object.metadata.name != 'skip-me'}]
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      Then within 60 seconds, creating ConfigMap "settings" would make:
        """yaml
        metadata: {labels: {added-label: "yes"}}
        """
      And as before, creating ConfigMap "skip-me" would make:
        """yaml
        metadata: {labels: {added-label: <none>}}
        """

    @id:api.webhook-requests.pruned
    Scenario: What a webhook adds to a custom resource must fit its schema
      Fields that the schema does not know are dropped, whoever put them there.

      Given a ready CustomResourceDefinition "gadgets.${ns}.example.com":
        """yaml
        spec:
          group: ${ns}.example.com
          scope: Namespaced
          names: {plural: gadgets, singular: gadget, kind: Gadget}
          versions:
          - name: v1
            served: true
            storage: true
            schema:
              openAPIV3Schema:
                type: object
                properties:
                  data:
                    type: object
                    default: {mutation-start: "yes"}
                    properties: {mutation-start: {type: string}, mutation-stage-1: {type: string}}
        """
      When I create MutatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: a.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /mutating-custom-resource}, caBundle: "${ca}"}
          rules: [{apiGroups: ["${ns}.example.com"], apiVersions: [v1], operations: [CREATE], resources: [gadgets]}]
          sideEffects: None
          admissionReviewVersions: [v1]
        - name: b.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /mutating-custom-resource}, caBundle: "${ca}"}
          rules: [{apiGroups: ["${ns}.example.com"], apiVersions: [v1], operations: [CREATE], resources: [gadgets]}]
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      Then within 60 seconds, creating Gadget "one" would make:
        """yaml
        data: {mutation-start: "yes", mutation-stage-1: "yes", mutation-stage-2: <none>}
        """

    @id:api.webhook-requests.stored-version
    Scenario: An object that was stored in another version is changed
      The webhook gets it in the version that its rule names.

      Given a ready CustomResourceDefinition "gadgets.${ns}.example.com":
        """yaml
        spec:
          group: ${ns}.example.com
          scope: Namespaced
          names: {plural: gadgets, singular: gadget, kind: Gadget}
          versions:
          - {name: v1, served: true, storage: true, schema: &any {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
          - {name: v2, served: true, storage: false, schema: *any}
        """
      And a Gadget "one":
        """yaml
        data: {mutation-start: "no"}
        """
      And I send a JSON patch to CustomResourceDefinition "gadgets.${ns}.example.com":
        """yaml
        - {op: replace, path: /spec/versions/0/storage, value: false}
        - {op: replace, path: /spec/versions/1/storage, value: true}
        """
      And a MutatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: a.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /mutating-custom-resource}, caBundle: "${ca}"}
          rules: [{apiGroups: ["${ns}.example.com"], apiVersions: [v1], operations: [UPDATE], resources: [gadgets]}]
          sideEffects: None
          admissionReviewVersions: [v1]
        - name: probe.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /always-deny}, caBundle: "${ca}"}
          rules: [{apiGroups: ["${ns}.example.com"], apiVersions: [v1], operations: [CREATE], resources: [gadgets]}]
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      And within 60 seconds, creating Gadget "probe" would be refused with 400
      When I patch Gadget "one":
        """yaml
        data: {mutation-start: "yes"}
        """
      Then Gadget "one" matches:
        """yaml
        data: {mutation-start: "yes", mutation-stage-1: "yes"}
        """

  Rule: A webhook has limited time

    @id:api.webhook-requests.timeout
    Scenario: A webhook that is too slow has failed
      It takes this one 5 seconds to answer.

      Given an empty Namespace
      When I create ValidatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: slow.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /always-allow-delay-5s}, caBundle: "${ca}"}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          timeoutSeconds: 1
          failurePolicy: Fail
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      Then within 60 seconds, creating ConfigMap "settings" would be refused with 500 InternalError
      And the message contains "timeout=1s"

    @id:api.webhook-requests.forgiven
    Scenario Outline: A slow webhook is forgiven <when>
      The request goes on as if the webhook had allowed it.

      Given a ValidatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: slow.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /always-allow-delay-5s}, caBundle: "${ca}"}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          timeoutSeconds: 1
          failurePolicy: Fail
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      And within 60 seconds, creating ConfigMap "settings" would be refused with 500 InternalError
      When I send a JSON patch to ValidatingWebhookConfiguration "${ns}.example.com":
        """yaml
        - <change>
        """
      Then within 60 seconds, creating ConfigMap "settings" would be accepted

      Examples:
        | when                          | change                                                         |
        | by the failure policy         | {op: replace, path: /webhooks/0/failurePolicy, value: Ignore}  |
        | when it has enough time       | {op: replace, path: /webhooks/0/timeoutSeconds, value: 10}     |
        | with the time it has by default | {op: remove, path: /webhooks/0/timeoutSeconds}                 |

  Rule: Webhooks follow their configurations

    @id:api.webhook-requests.rules-changed
    Scenario: A validating webhook is asked by its new rules
      A configuration is changed like any object.

      Given a ValidatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: content.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /always-deny}, caBundle: "${ca}"}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      And within 60 seconds, creating ConfigMap "settings" would be refused with 400
      And I send a JSON patch to ValidatingWebhookConfiguration "${ns}.example.com":
        """yaml
        - {op: replace, path: /webhooks/0/rules/0/operations, value: [UPDATE]}
        """
      And within 60 seconds, creating ConfigMap "settings" would be accepted
      When I send a JSON patch to ValidatingWebhookConfiguration "${ns}.example.com":
        """yaml
        - {op: replace, path: /webhooks/0/rules/0/operations, value: [CREATE]}
        """
      Then within 60 seconds, creating ConfigMap "settings" would be refused with 400

    @id:api.webhook-requests.mutating-rules-changed
    Scenario: A mutating webhook is asked by its new rules
      What is created in between is left alone.

      Given a MutatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: label.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /add-label}, caBundle: "${ca}"}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      And within 60 seconds, creating ConfigMap "settings" would make:
        """yaml
        metadata: {labels: {added-label: "yes"}}
        """
      And I send a JSON patch to MutatingWebhookConfiguration "${ns}.example.com":
        """yaml
        - {op: replace, path: /webhooks/0/rules/0/operations, value: [UPDATE]}
        """
      And within 60 seconds, creating ConfigMap "settings" would make:
        """yaml
        metadata: {labels: {added-label: <none>}}
        """
      When I send a JSON patch to MutatingWebhookConfiguration "${ns}.example.com":
        """yaml
        - {op: replace, path: /webhooks/0/rules/0/operations, value: [CREATE]}
        """
      Then within 60 seconds, creating ConfigMap "settings" would make:
        """yaml
        metadata: {labels: {added-label: "yes"}}
        """

    @id:api.webhook-requests.collection
    Scenario: Validating webhooks can be listed and removed by a label
      The request is accepted when the last one is gone.

      Given a ValidatingWebhookConfiguration "${ns}-a.example.com":
        """yaml
        metadata: {labels: {example.com/scenario: "${ns}"}}
        webhooks:
        - name: deny.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /always-deny}, caBundle: "${ca}"}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      And a ValidatingWebhookConfiguration "${ns}-b.example.com":
        """yaml
        metadata: {labels: {example.com/scenario: "${ns}"}}
        """
      And I list ValidatingWebhookConfiguration objects with label "example.com/scenario=${ns}"
      And the answer lists "${ns}-a.example.com" and "${ns}-b.example.com"
      And within 60 seconds, creating ConfigMap "settings" would be refused with 400
      When I send DELETE "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations?labelSelector=example.com/scenario=${ns}"
      Then within 60 seconds, creating ConfigMap "settings" would be accepted

    @id:api.webhook-requests.mutating-collection
    Scenario: Mutating webhooks can be listed and removed by a label
      Objects are left alone when the last one is gone.

      Given a MutatingWebhookConfiguration "${ns}-a.example.com":
        """yaml
        metadata: {labels: {example.com/scenario: "${ns}"}}
        webhooks:
        - name: label.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /add-label}, caBundle: "${ca}"}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      And a MutatingWebhookConfiguration "${ns}-b.example.com":
        """yaml
        metadata: {labels: {example.com/scenario: "${ns}"}}
        """
      And I list MutatingWebhookConfiguration objects with label "example.com/scenario=${ns}"
      And the answer lists "${ns}-a.example.com" and "${ns}-b.example.com"
      And within 60 seconds, creating ConfigMap "settings" would make:
        """yaml
        metadata: {labels: {added-label: "yes"}}
        """
      When I send DELETE "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations?labelSelector=example.com/scenario=${ns}"
      Then within 60 seconds, creating ConfigMap "settings" would make:
        """yaml
        metadata: {labels: {added-label: <none>}}
        """

  Rule: No webhook is asked about webhooks

    @id:api.webhook-requests.not-honoured
    Scenario: A webhook cannot keep a webhook configuration from being deleted
      Otherwise a broken webhook could never be removed.

      Given a ValidatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: deny.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /always-deny}, caBundle: "${ca}"}
          rules: [{apiGroups: [admissionregistration.k8s.io], apiVersions: ["*"], operations: [CREATE, UPDATE, DELETE], resources: ["*"]}]
          objectSelector: {matchLabels: {example.com/scenario: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        - name: probe.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /always-deny}, caBundle: "${ca}"}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      And within 60 seconds, creating ConfigMap "probe" would be refused with 400
      And a ValidatingWebhookConfiguration "${ns}-other.example.com":
        """yaml
        metadata: {labels: {example.com/scenario: "${ns}"}}
        """
      When I delete ValidatingWebhookConfiguration "${ns}-other.example.com"
      Then ValidatingWebhookConfiguration "${ns}-other.example.com" is gone

    @id:api.webhook-requests.not-changed
    Scenario: A webhook does not change a webhook configuration
      The configuration is stored as it was sent.

      Given a MutatingWebhookConfiguration "${ns}.example.com":
        """yaml
        webhooks:
        - name: all.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /add-label}, caBundle: "${ca}"}
          rules: [{apiGroups: [admissionregistration.k8s.io, ""], apiVersions: ["*"], operations: [CREATE], resources: ["*"]}]
          objectSelector: {matchLabels: {example.com/scenario: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        - name: probe.example.com
          clientConfig: {service: {namespace: "${ns}", name: hook, path: /always-deny}, caBundle: "${ca}"}
          rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "${ns}"}}
          sideEffects: None
          admissionReviewVersions: [v1]
        """
      And within 60 seconds, creating ConfigMap "probe" would be refused with 400
      When I create MutatingWebhookConfiguration "${ns}-other.example.com":
        """yaml
        metadata: {labels: {example.com/scenario: "${ns}"}}
        """
      Then MutatingWebhookConfiguration "${ns}-other.example.com" matches:
        """yaml
        metadata: {labels: {example.com/scenario: "${ns}", added-label: <none>}}
        """
