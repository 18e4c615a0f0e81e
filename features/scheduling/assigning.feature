@needs:cluster-scope
Feature: The scheduler finds a node for every Pod

  A new Pod has no node. The scheduler drops the nodes that cannot run it, prefers among the others, and writes its choice into the Pod.
  The nodes of these examples are simulated: there is no machine behind them.

  Documentation: https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/

  Rule: A node selector demands labels of the node

    @id:scheduling.node-selector.matches
    Scenario: A Pod goes to the node with the label
      All labels of the selector must be there.

      Given a simulated Node "${ns}-plain"
      And a simulated Node "${ns}-fast":
        """yaml
        metadata: {labels: {disk: ssd}}
        """
      When I create Pod "web":
        """yaml
        spec: {nodeSelector: {disk: ssd}}
        """
      Then within 30 seconds, spec.nodeName of Pod "web" is "${ns}-fast"

    @id:scheduling.node-selector.waits
    Scenario: A Pod that no node suits waits until one does
      Its condition PodScheduled says why it waits.

      Given a simulated Node "${ns}-plain"
      And a Pod "web":
        """yaml
        spec: {nodeSelector: {disk: ssd}}
        """
      And within 30 seconds, Pod "web" matches:
        """yaml
        spec: {nodeName: <none>}
        status: {phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: Unschedulable}]}
        """
      When I patch Node "${ns}-plain":
        """yaml
        metadata: {labels: {disk: ssd}}
        """
      Then within 60 seconds, spec.nodeName of Pod "web" is "${ns}-plain"

  Rule: Node affinity says more than a selector can

    @id:scheduling.node-affinity.required
    Scenario Outline: A required expression with the operator <operator>
      The terms are alternatives; the expressions of one term must all hold.

      Given a simulated Node "${ns}-small":
        """yaml
        metadata: {labels: {cores: "4", zone: a}}
        """
      And a simulated Node "${ns}-large":
        """yaml
        metadata: {labels: {cores: "16"}}
        """
      When I create Pod "web":
        """yaml
        spec:
          affinity:
            nodeAffinity:
              requiredDuringSchedulingIgnoredDuringExecution:
                nodeSelectorTerms: [{matchExpressions: [{key: <key>, operator: <operator>, values: <values>}]}]
        """
      Then within 30 seconds, spec.nodeName of Pod "web" is "${ns}-<node>"

      Examples:
        | operator     | key   | values  | node  |
        | In           | zone  | [a, b]  | small |
        | NotIn        | zone  | [a, b]  | large |
        | Exists       | zone  | []      | small |
        | DoesNotExist | zone  | []      | large |
        | Gt           | cores | ["8"]   | large |
        | Lt           | cores | ["8"]   | small |

    @id:scheduling.node-affinity.preferred
    Scenario: A preference decides among the nodes that suit
      The heavier one of two preferences wins.

      Given a simulated Node "${ns}-one":
        """yaml
        metadata: {labels: {zone: a}}
        """
      And a simulated Node "${ns}-two":
        """yaml
        metadata: {labels: {zone: b}}
        """
      When I create Pod "web":
        """yaml
        spec:
          affinity:
            nodeAffinity:
              preferredDuringSchedulingIgnoredDuringExecution:
              - {weight: 5, preference: {matchExpressions: [{key: zone, operator: In, values: [a]}]}}
              - {weight: 100, preference: {matchExpressions: [{key: zone, operator: In, values: [b]}]}}
        """
      Then within 30 seconds, spec.nodeName of Pod "web" is "${ns}-two"

  Rule: A Pod that names its node is not scheduled

    @id:scheduling.node-name.bypasses
    Scenario: The scheduler leaves a Pod alone that has a node
      Not even the taints of the node are looked at.

      Given a simulated Node "${ns}-only":
        """yaml
        spec: {taints: [{key: example.com/closed, effect: NoSchedule}]}
        """
      When I create Pod "web":
        """yaml
        spec: {nodeName: "${ns}-only", schedulerName: nobody}
        """
      Then Pod "web" matches:
        """yaml
        spec: {nodeName: "${ns}-only"}
        """

    @id:scheduling.scheduler-name.other
    Scenario: A Pod of another scheduler is left to it
      The default scheduler takes only Pods that name it, or none.

      Given a simulated Node "${ns}-only"
      When I create Pod "web":
        """yaml
        spec: {schedulerName: example.com/another}
        """
      Then spec.schedulerName of Pod "web" is "example.com/another"
      And for 3 seconds, spec.nodeName of Pod "web" is "<none>"

  Rule: Scheduling can be held back

    @id:scheduling.gates.hold
    Scenario: A Pod with scheduling gates waits until they are all removed
      Whoever put a gate there removes it.

      Given a simulated Node "${ns}-only"
      And a Pod "web":
        """yaml
        spec: {schedulingGates: [{name: example.com/quota}]}
        """
      And for 2 seconds, spec.nodeName of Pod "web" is "<none>"
      When I patch Pod "web":
        """yaml
        spec: {schedulingGates: null}
        """
      Then within 30 seconds, spec.nodeName of Pod "web" is "${ns}-only"

  Rule: Closed nodes take no new Pods

    @id:scheduling.unschedulable.closed
    Scenario: A node that is cordoned is passed over
      The Pods that are there already stay.

      Given a simulated Node "${ns}-open"
      And a simulated Node "${ns}-closed":
        """yaml
        metadata: {labels: {favourite: "yes"}}
        spec: {unschedulable: true}
        """
      When I create Pod "web":
        """yaml
        spec:
          affinity:
            nodeAffinity:
              preferredDuringSchedulingIgnoredDuringExecution: [{weight: 100, preference: {matchExpressions: [{key: favourite, operator: Exists}]}}]
        """
      Then within 30 seconds, spec.nodeName of Pod "web" is "${ns}-open"
