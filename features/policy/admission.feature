Feature: The API server completes and checks what is sent

  Between validation and the store stand the admission plugins. Some fill in what depends on the cluster, others refuse what the cluster
  does not allow.

  Documentation: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/

  Rule: A Pod is completed

    @id:policy.admission.tolerations
    Scenario: A Pod stays for five minutes on a Node that does not answer
      So a short interruption moves nothing.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec: {schedulingGates: [{name: example.com/wait}]}
        """
      Then Pod "web" matches:
        """yaml
        spec:
          tolerations:
          - {key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 300}
          - {key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 300}
        """

    @id:policy.admission.own-tolerations
    Scenario: What a Pod tolerates itself stays
      Only what it does not mention is filled in.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec:
          schedulingGates: [{name: example.com/wait}]
          tolerations: [{key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 5}]
        """
      Then Pod "web" matches:
        """yaml
        spec:
          tolerations:
          - {key: node.kubernetes.io/not-ready, tolerationSeconds: 5}
          - {key: node.kubernetes.io/unreachable, tolerationSeconds: 300}
        """

    @id:policy.admission.pull-secrets
    Scenario: A Pod gets the pull secrets of its account
      So they need not stand in every Pod.

      Given a ServiceAccount "robot":
        """yaml
        imagePullSecrets: [{name: registry}]
        """
      When I create Pod "web":
        """yaml
        spec: {serviceAccountName: robot, schedulingGates: [{name: example.com/wait}]}
        """
      Then spec.imagePullSecrets[0].name of Pod "web" is "registry"

    @id:policy.admission.token-volume
    Scenario: A Pod gets a volume with the token of its account
      It holds the certificate of the API server and the namespace as well.

      Given a ServiceAccount "robot"
      When I create Pod "web":
        """yaml
        spec: {serviceAccountName: robot, schedulingGates: [{name: example.com/wait}]}
        """
      Then Pod "web" matches:
        """yaml
        spec:
          volumes: [{projected: {sources: [{serviceAccountToken: {path: token, expirationSeconds: 3607}}, {configMap: {name: kube-root-ca.crt}}, {downwardAPI: <any>}]}}]
          containers: [{volumeMounts: [{mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}]}]
        """

    @id:policy.admission.no-token-volume
    Scenario: An account can say that its Pods need no token
      A Pod may say otherwise.

      Given a ServiceAccount "robot":
        """yaml
        automountServiceAccountToken: false
        """
      And a Pod "other":
        """yaml
        spec: {serviceAccountName: robot, automountServiceAccountToken: true, schedulingGates: [{name: example.com/wait}]}
        """
      When I create Pod "web":
        """yaml
        spec: {serviceAccountName: robot, schedulingGates: [{name: example.com/wait}]}
        """
      Then spec.volumes of Pod "web" is "<none>"
      And as before, spec.volumes[0].projected of Pod "other" is "<any>"

  Rule: Objects get the default class of the cluster

    @id:policy.admission.ingress-class @needs:cluster-scope @exclusive:cluster
    Scenario: An Ingress without a class gets the default class
      The class bears an annotation that makes it the default.

      Given an IngressClass "${ns}":
        """yaml
        metadata: {annotations: {ingressclass.kubernetes.io/is-default-class: "true"}}
        spec: {controller: example.com/nobody}
        """
      When I create Ingress "web":
        """yaml
        spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
        """
      Then spec.ingressClassName of Ingress "web" is "<any>"

    @id:policy.admission.storage-class @needs:cluster-scope @exclusive:cluster
    Scenario: A claim without a class gets the newest default class
      More than one class may bear the annotation for a while.

      Given a StorageClass "${ns}":
        """yaml
        metadata: {annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
        provisioner: example.com/nobody
        """
      When I create PersistentVolumeClaim "data":
        """yaml
        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """
      Then within 10 seconds, spec.storageClassName of PersistentVolumeClaim "data" is "${ns}"

    @id:policy.admission.no-class
    Scenario: A claim can ask for no class
      The empty name is not the same as none.

      Given an empty Namespace
      When I create PersistentVolumeClaim "data":
        """yaml
        spec: {storageClassName: "", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """
      Then PersistentVolumeClaim "data" matches:
        """yaml
        metadata: {finalizers: [kubernetes.io/pvc-protection]}
        spec: {storageClassName: ""}
        """

    @id:policy.admission.volume-protected @needs:cluster-scope
    Scenario: A volume is protected from the beginning
      The finalizer keeps it as long as a claim is bound to it.

      Given an empty Namespace
      When I create PersistentVolume "${ns}":
        """yaml
        spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], persistentVolumeReclaimPolicy: Retain, hostPath: {path: /nothing}, storageClassName: "${ns}"}
        """
      Then metadata.finalizers[0] of PersistentVolume "${ns}" is "kubernetes.io/pv-protection"

  Rule: A class decides on the priority and on the overhead

    @id:policy.admission.overhead
    Scenario: Nobody but the class says what the overhead is
      A Pod that names one itself is refused.

      Given an empty Namespace
      When I try to create Pod "web":
        """yaml
        spec: {overhead: {cpu: 100m}}
        """
      Then it is refused with 403 Forbidden

    @id:policy.admission.priority @needs:cluster-scope
    Scenario: Nobody but the class says what the priority is
      A Pod that names another number than its class is refused.

      Given a PriorityClass "${ns}":
        """yaml
        value: 10
        """
      When I try to create Pod "web":
        """yaml
        spec: {priorityClassName: "${ns}", priority: 11}
        """
      Then it is refused with 403 Forbidden
      And the message contains "the integer value of priority"

    @id:policy.admission.second-default @needs:cluster-scope @exclusive:cluster
    Scenario: There is one default PriorityClass
      A second one is refused.

      Given a PriorityClass "${ns}":
        """yaml
        value: 0
        globalDefault: true
        """
      When I try to create PriorityClass "${ns}-other":
        """yaml
        value: 1
        globalDefault: true
        """
      Then it is refused with 403 Forbidden
      And the message contains "is already marked as default"

  Rule: Objects are in a Namespace that is there

    @id:policy.admission.namespace-missing @needs:cluster-scope
    Scenario: Nothing is made in a Namespace that does not exist
      It is not made in passing.

      Given an empty Namespace
      When I try to create ConfigMap "${ns}-nowhere/settings"
      Then it is refused with 404 NotFound
      And the message contains "namespaces"

  Rule: Certificates do not make administrators

    @id:policy.admission.masters @needs:cluster-scope
    Scenario: A certificate for the group of the administrators is not asked for
      Nobody could take it back.

      Given a certificate request of user "jane-${ns}" in group "system:masters" is noted as "request"
      When I try to create CertificateSigningRequest "${ns}-jane":
        """yaml
        spec: {request: "${request}", signerName: kubernetes.io/kube-apiserver-client, usages: [client auth]}
        """
      Then it is refused with 403 Forbidden
      And the message contains "system:masters"

  Rule: The level of security can be tied to a version

    @id:policy.admission.level-unknown @needs:cluster-scope
    Scenario Outline: A label that names no <what> is refused
      A mistake must not open the namespace.

      Given an empty Namespace
      When I try to create Namespace "${ns}-safe":
        """yaml
        metadata: {labels: {<label>: <value>}}
        """
      Then it is refused with 422 Invalid
      And the message contains "<label>"

      Examples:
        | what    | label                                      | value  |
        | level   | pod-security.kubernetes.io/enforce         | strict |
        | version | pod-security.kubernetes.io/enforce-version | newest |

    @id:policy.admission.level-tightened @needs:cluster-scope
    Scenario: A Pod that runs is left alone when it is changed in its labels
      Only what the level is about is checked again.

      Given a Pod "web":
        """yaml
        spec: {hostNetwork: true, schedulingGates: [{name: example.com/wait}]}
        """
      And I patch Namespace "${ns}":
        """yaml
        metadata: {labels: {pod-security.kubernetes.io/enforce: baseline}}
        """
      When I patch Pod "web":
        """yaml
        metadata: {labels: {tier: front}}
        """
      Then metadata.labels.tier of Pod "web" is "front"
