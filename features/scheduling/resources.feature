@needs:cluster-scope
Feature: A node takes only as many Pods as it has room for

  Pods ask for CPU, memory and other resources. The scheduler adds up what the Pods of a node ask for and keeps it within what the node can
  give, however little they really use.

  Documentation: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/

  Rule: The requests of the Pods must fit the node

    @id:scheduling.resources.fits
    Scenario: A Pod goes where there is room for it
      The small node has too little memory.

      Given a simulated Node "${ns}-small":
        """yaml
        status: {allocatable: {memory: 1Gi}}
        """
      And a simulated Node "${ns}-large"
      When I create Pod "web":
        """yaml
        spec: {containers: [{resources: {requests: {memory: 2Gi}}}]}
        """
      Then within 30 seconds, spec.nodeName of Pod "web" is "${ns}-large"

    @id:scheduling.resources.too-much
    Scenario: A Pod that asks for more than any node has waits
      The message names the resource that is short.

      Given a simulated Node "${ns}-only":
        """yaml
        status: {allocatable: {cpu: "2"}}
        """
      When I create Pod "web":
        """yaml
        spec: {containers: [{name: a, resources: {requests: {cpu: 1500m}}}, {name: b, resources: {requests: {cpu: 1}}}]}
        """
      Then within 30 seconds, Pod "web" matches:
        """yaml
        status: {conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: "</.*Insufficient cpu.*/>"}]}
        """

    @id:scheduling.resources.freed
    Scenario: A waiting Pod gets the room that a deleted Pod leaves
      The scheduler tries again when something changes for the better.

      Given a simulated Node "${ns}-only":
        """yaml
        status: {allocatable: {cpu: "2"}}
        """
      And a Pod "first":
        """yaml
        spec: {containers: [{resources: {requests: {cpu: 1500m}}}]}
        """
      And within 30 seconds, spec.nodeName of Pod "first" is "${ns}-only"
      And a Pod "second":
        """yaml
        spec: {containers: [{resources: {requests: {cpu: 1500m}}}]}
        """
      And within 30 seconds, status.conditions[type=PodScheduled].reason of Pod "second" is "Unschedulable"
      When I delete Pod "first":
        """yaml
        gracePeriodSeconds: 0
        """
      Then within 60 seconds, spec.nodeName of Pod "second" is "${ns}-only"

    @id:scheduling.resources.extended
    Scenario: A node can offer resources of other kinds
      They are counted in whole numbers.

      Given a simulated Node "${ns}-plain"
      And a simulated Node "${ns}-special":
        """yaml
        status: {allocatable: {example.com/widgets: "3"}}
        """
      When I create Pod "web":
        """yaml
        spec: {containers: [{resources: {limits: {example.com/widgets: 2}}}]}
        """
      Then within 30 seconds, spec.nodeName of Pod "web" is "${ns}-special"
      And spec.containers[0].resources.requests['example.com/widgets'] of Pod "web" is "2"

    @id:scheduling.resources.pods
    Scenario: The number of Pods is limited as well
      Pods without any requests count.

      Given a simulated Node "${ns}-only":
        """yaml
        status: {allocatable: {pods: "1"}}
        """
      And a Pod "first"
      And within 30 seconds, spec.nodeName of Pod "first" is "${ns}-only"
      When I create Pod "second"
      Then within 30 seconds, Pod "second" matches:
        """yaml
        status: {conditions: [{type: PodScheduled, status: "False", message: "</.*Too many pods.*/>"}]}
        """

  Rule: A port of the node belongs to one Pod

    @id:scheduling.host-port.conflict
    Scenario: Two Pods with the same host port go to different nodes
      The protocol and the address of the port count, too.

      Given a simulated Node "${ns}-one"
      And a Pod "first":
        """yaml
        spec: {containers: [{ports: [{containerPort: 80, hostPort: 8080}]}]}
        """
      And within 30 seconds, spec.nodeName of Pod "first" is "${ns}-one"
      When I create Pod "second":
        """yaml
        spec: {containers: [{ports: [{containerPort: 80, hostPort: 8080}]}]}
        """
      Then within 30 seconds, Pod "second" matches:
        """yaml
        spec: {nodeName: <none>}
        status: {conditions: [{type: PodScheduled, status: "False", message: "</.*free ports.*/>"}]}
        """

    @id:scheduling.host-port.protocol
    Scenario: The same host port with another protocol is no conflict
      TCP and UDP ports have nothing to do with each other.

      Given a simulated Node "${ns}-one"
      And a Pod "first":
        """yaml
        spec: {containers: [{ports: [{containerPort: 80, hostPort: 8080}]}]}
        """
      And within 30 seconds, spec.nodeName of Pod "first" is "${ns}-one"
      When I create Pod "second":
        """yaml
        spec: {containers: [{ports: [{containerPort: 80, hostPort: 8080, protocol: UDP}]}]}
        """
      Then within 30 seconds, spec.nodeName of Pod "second" is "${ns}-one"
