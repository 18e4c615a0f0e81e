Feature: A RuntimeClass chooses how containers are run

  Some containers need more isolation than others. A RuntimeClass names a handler of the nodes, what it costs, and where it is to be found.

  Documentation: https://kubernetes.io/docs/concepts/containers/runtime-class/

  Rule: A Pod takes over what its class says

    @id:node.runtime-classes.overhead @needs:cluster-scope
    Scenario: The overhead and the node selector are filled in
      They are added to what the Pod says itself.

      Given a RuntimeClass "${ns}":
        """yaml
        handler: runc
        overhead: {podFixed: {cpu: 250m, memory: 64Mi}}
        scheduling: {nodeSelector: {example.com/runtime: heavy}, tolerations: [{key: example.com/heavy, operator: Exists}]}
        """
      When I create Pod "web":
        """yaml
        spec: {runtimeClassName: "${ns}", schedulingGates: [{name: example.com/wait}], nodeSelector: {example.com/disk: ssd}}
        """
      Then Pod "web" matches:
        """yaml
        spec:
          overhead: {cpu: 250m, memory: 64Mi}
          nodeSelector: {example.com/runtime: heavy, example.com/disk: ssd}
          tolerations: [{key: example.com/heavy, operator: Exists}]
        """

    @id:node.runtime-classes.counts @needs:cluster-scope
    Scenario: The overhead counts when a node is looked for
      Without it the Pod would fit.

      Given a RuntimeClass "${ns}":
        """yaml
        handler: runc
        overhead: {podFixed: {cpu: 300m}}
        """
      And a simulated Node "${ns}-only":
        """yaml
        status: {allocatable: {cpu: "1"}}
        """
      When I create Pod "web":
        """yaml
        spec: {runtimeClassName: "${ns}", containers: [{resources: {requests: {cpu: 800m}}}]}
        """
      Then within 30 seconds, Pod "web" matches:
        """yaml
        status: {conditions: [{type: PodScheduled, status: "False", message: "</.*Insufficient cpu.*/>"}]}
        """

    @id:node.runtime-classes.missing
    Scenario: A class that does not exist is refused
      The Pod is not made.

      Given an empty Namespace
      When I try to create Pod "web":
        """yaml
        spec: {runtimeClassName: "${ns}-nothing"}
        """
      Then it is refused with 403 Forbidden
      And the message contains "RuntimeClass"

    @id:node.runtime-classes.immutable @needs:cluster-scope
    Scenario: The handler of a class does not change
      Pods run by it already.

      Given a RuntimeClass "${ns}":
        """yaml
        handler: runc
        """
      When I try to patch RuntimeClass "${ns}":
        """yaml
        handler: other
        """
      Then it is refused with 422 Invalid
      And the message contains "handler"

    @id:node.runtime-classes.deleted @needs:cluster-scope
    Scenario: A class that was deleted is refused
      Pods that run already are not touched.

      Given a RuntimeClass "${ns}":
        """yaml
        handler: runc
        """
      And creating Pod "web" would be accepted:
        """yaml
        spec: {runtimeClassName: "${ns}"}
        """
      When I delete RuntimeClass "${ns}"
      Then within 30 seconds, creating Pod "web" would be refused with 403 Forbidden:
        """yaml
        spec: {runtimeClassName: "${ns}"}
        """
      And the message contains "RuntimeClass"
