Feature: Important Pods go first

  A PriorityClass gives Pods a number. When there is no room for a Pod, the scheduler may remove Pods with a lower number.

  Documentation: https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/

  Rule: The class of a Pod gives it its priority

    @id:scheduling.priority.number @needs:cluster-scope
    Scenario: The number of the class is filled in
      The Pod keeps it when the class changes or goes.

      Given a PriorityClass "${ns}-high":
        """yaml
        value: 1000
        preemptionPolicy: Never
        """
      And within 10 seconds, creating Pod "web" would be accepted:
        """yaml
        spec: {priorityClassName: "${ns}-high"}
        """
      When I create Pod "web":
        """yaml
        spec: {priorityClassName: "${ns}-high", schedulingGates: [{name: example.com/wait}]}
        """
      Then Pod "web" matches:
        """yaml
        spec: {priority: 1000, preemptionPolicy: Never}
        """

    @id:scheduling.priority.none
    Scenario: A Pod without a class has the priority 0
      Unless some class of the cluster is the default.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec: {schedulingGates: [{name: example.com/wait}]}
        """
      Then Pod "web" matches:
        """yaml
        spec: {priority: <any>, preemptionPolicy: <any>}
        """

    @id:scheduling.priority.unknown
    Scenario: A class that does not exist is refused
      The Pod is not made.

      Given an empty Namespace
      When I try to create Pod "web":
        """yaml
        spec: {priorityClassName: "${ns}-nothing"}
        """
      Then it is refused with 403 Forbidden
      And the message contains "no PriorityClass with name ${ns}-nothing was found"

    @id:scheduling.priority.reserved @needs:cluster-scope
    Scenario Outline: A class that reaches into the system's range is refused: <what>
      The highest numbers and the names that begin with system- belong to the system.

      Given an empty Namespace
      When I try to create PriorityClass "<name>":
        """yaml
        value: <value>
        """
      Then it is refused with 422 Invalid
      And the message contains "<message>"

      Examples:
        | what           | name          | value      | message         |
        | the name       | system-mine   | 1000       | metadata.name   |
        | the value      | ${ns}-highest | 1000000001 | 1000000000      |

    @id:scheduling.priority.immutable @needs:cluster-scope
    Scenario: The number of a class cannot be changed
      A new class takes its place.

      Given a PriorityClass "${ns}-high":
        """yaml
        value: 1000
        """
      When I try to patch PriorityClass "${ns}-high":
        """yaml
        value: 2000
        """
      Then it is refused with 422 Invalid
      And the message contains "value"

    @id:scheduling.priority.system
    Scenario: The system has classes of its own
      They are for what a cluster cannot do without.

      Given an empty Namespace
      When I get PriorityClass "system-node-critical"
      Then the answer matches:
        """yaml
        value: 2000001000
        globalDefault: <none>
        """

  Rule: A Pod may take the place of less important ones

    @id:scheduling.priority.preempts @needs:cluster-scope
    Scenario: A less important Pod has to make room
      The important Pod is nominated for the node until the other one has gone.

      Given a PriorityClass "${ns}-high":
        """yaml
        value: 1000
        """
      And a simulated Node "${ns}-only":
        """yaml
        status: {allocatable: {cpu: "1"}}
        """
      And a Pod "low":
        """yaml
        spec: {containers: [{resources: {requests: {cpu: 800m}}}]}
        """
      And within 30 seconds, spec.nodeName of Pod "low" is "${ns}-only"
      And within 10 seconds, creating Pod "high" would be accepted:
        """yaml
        spec: {priorityClassName: "${ns}-high"}
        """
      When I create Pod "high":
        """yaml
        spec: {priorityClassName: "${ns}-high", containers: [{resources: {requests: {cpu: 800m}}}]}
        """
      Then within 30 seconds, Pod "low" matches:
        """yaml
        metadata: {deletionTimestamp: <any>}
        status: {conditions: [{type: DisruptionTarget, status: "True", reason: PreemptionByScheduler}]}
        """
      And within 30 seconds, status.nominatedNodeName of Pod "high" is "${ns}-only"

    @id:scheduling.priority.waits @needs:cluster-scope
    Scenario: A Pod may be important and patient
      With the preemption policy Never it goes first among those that wait, and removes nobody.

      Given a PriorityClass "${ns}-patient":
        """yaml
        value: 1000
        preemptionPolicy: Never
        """
      And a simulated Node "${ns}-only":
        """yaml
        status: {allocatable: {cpu: "1"}}
        """
      And a Pod "low":
        """yaml
        spec: {containers: [{resources: {requests: {cpu: 800m}}}]}
        """
      And within 30 seconds, spec.nodeName of Pod "low" is "${ns}-only"
      And within 10 seconds, creating Pod "high" would be accepted:
        """yaml
        spec: {priorityClassName: "${ns}-patient"}
        """
      When I create Pod "high":
        """yaml
        spec: {priorityClassName: "${ns}-patient", containers: [{resources: {requests: {cpu: 800m}}}]}
        """
      Then within 30 seconds, status.conditions[type=PodScheduled].reason of Pod "high" is "Unschedulable"
      And for 3 seconds, metadata.deletionTimestamp of Pod "low" is "<none>"
