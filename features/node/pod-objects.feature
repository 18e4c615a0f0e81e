Feature: The API server checks a Pod before any node sees it

  A Pod that makes no sense is refused at once, not when it is to be started. What follows from its fields is filled in at once as well.

  Documentation: https://kubernetes.io/docs/concepts/workloads/pods/

  Rule: A kernel parameter has a name of parts

    @id:node.pod-objects.sysctls
    Scenario: Names that cannot be those of kernel parameters are refused
      Every wrong one is told. Whether a parameter may be set is up to the node.

      Given an empty Namespace
      When I try to create Pod "web":
        """yaml
        spec:
          securityContext:
            sysctls: [{name: foo-, value: bar}, {name: kernel.shmmax, value: "100000000"}, {name: safe-and-unsafe, value: "1"}, {name: bar.., value: "42"}]
        """
      Then it is refused with 422 Invalid
      And the message contains "[spec.securityContext.sysctls[0].name: Invalid value"
      And the message contains ", spec.securityContext.sysctls[3].name: Invalid value"

  Rule: The class of a Pod follows from its requests

    @id:node.pod-objects.qos
    Scenario Outline: Requests <requests> and limits <limits> make the class <class>
      It is known before the Pod has a node, and says which Pods go first when a node runs out of memory.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec: {schedulingGates: [{name: example.com/wait}], containers: [{resources: {requests: <requests>, limits: <limits>}}]}
        """
      Then status.qosClass of Pod "web" is "<class>"

      Examples:
        | case       | requests                   | limits                     | class      |
        | equal      | {cpu: 100m, memory: 100Mi} | {cpu: 100m, memory: 100Mi} | Guaranteed |
        | limits     | {}                         | {cpu: 100m, memory: 100Mi} | Guaranteed |
        | smaller    | {cpu: 50m, memory: 50Mi}   | {cpu: 100m, memory: 100Mi} | Burstable  |
        | one        | {cpu: 50m}                 | {}                         | Burstable  |
        | nothing    | {}                         | {}                         | BestEffort |

  Rule: A volume of a driver can be written into the Pod

    @id:node.pod-objects.inline-volume @life-cycle
    Scenario: The life of a Pod with an inline volume of a CSI driver
      The driver need not be there yet.

      Given a Pod "web":
        """yaml
        metadata: {labels: {life: "${ns}"}}
        spec: {schedulingGates: [{name: example.com/wait}], volumes: [{name: data, csi: {driver: csi.example.com, volumeAttributes: {size: small}}}]}
        """
      And there are exactly 1 Pod objects with label "life=${ns}":
        """yaml
        spec: {volumes: [{name: data, csi: {driver: csi.example.com, readOnly: <none>}}]}
        """
      When I patch Pod "web":
        """yaml
        metadata: {annotations: {example.com/note: patched}}
        """
      Then metadata.annotations['example.com/note'] of Pod "web" is "patched"
      When I delete Pod "web"
      Then within 10 seconds, Pod "web" is gone
