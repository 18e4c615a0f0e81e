@needs:cluster-scope
Feature: Taints keep Pods away from nodes

  A taint on a node repels all Pods that do not tolerate it. Nodes with special hardware and nodes in trouble are kept free in this way.

  Documentation: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/

  Rule: A Pod needs a toleration for every taint

    @id:scheduling.taints.repel
    Scenario: A node with a taint is passed over
      The Pod waits when all nodes repel it.

      Given a simulated Node "${ns}-special":
        """yaml
        spec: {taints: [{key: example.com/gpu, value: "true", effect: NoSchedule}]}
        """
      When I create Pod "web"
      Then within 30 seconds, Pod "web" matches:
        """yaml
        status: {conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: "</.*untolerated taint.*/>"}]}
        """
      And for 2 seconds, spec.nodeName of Pod "web" is "<none>"

    @id:scheduling.taints.tolerate
    Scenario Outline: A toleration with the operator <operator> lets the Pod in
      A toleration allows the node; it does not ask for it.

      Given a simulated Node "${ns}-special":
        """yaml
        spec: {taints: [{key: example.com/gpu, value: "true", effect: NoSchedule}]}
        """
      When I create Pod "web":
        """yaml
        spec: {tolerations: [<toleration>]}
        """
      Then within 30 seconds, spec.nodeName of Pod "web" is "${ns}-special"

      Examples:
        | operator | toleration                                                                    |
        | Equal    | {key: example.com/gpu, operator: Equal, value: "true", effect: NoSchedule}    |
        | Exists   | {key: example.com/gpu, operator: Exists}                                      |

    @id:scheduling.taints.prefer
    Scenario: PreferNoSchedule is a wish
      The node is used only when no other one suits.

      Given a simulated Node "${ns}-avoided":
        """yaml
        spec: {taints: [{key: example.com/busy, effect: PreferNoSchedule}]}
        """
      And a simulated Node "${ns}-free"
      When I create Pod "web"
      Then within 30 seconds, spec.nodeName of Pod "web" is "${ns}-free"

    @id:scheduling.taints.prefer-alone
    Scenario: A node with PreferNoSchedule takes the Pod when it is the only one
      Nothing else is there.

      Given a simulated Node "${ns}-avoided":
        """yaml
        spec: {taints: [{key: example.com/busy, effect: PreferNoSchedule}]}
        """
      When I create Pod "web"
      Then within 30 seconds, spec.nodeName of Pod "web" is "${ns}-avoided"

  Rule: NoExecute drives Pods away

    @id:scheduling.taints.evict
    Scenario: A Pod that does not tolerate NoExecute is deleted
      The taint acts on Pods that run already.

      Given a simulated Node "${ns}-only"
      And a Pod "stays":
        """yaml
        spec: {tolerations: [{key: example.com/repair, operator: Exists}]}
        """
      And a Pod "leaves"
      And within 30 seconds, spec.nodeName of Pod "leaves" is "${ns}-only"
      When I send a strategic merge patch to Node "${ns}-only":
        """yaml
        spec: {taints: [{key: example.com/repair, effect: NoExecute}]}
        """
      Then within 60 seconds, metadata.deletionTimestamp of Pod "leaves" is "<any>"
      And for 3 seconds, metadata.deletionTimestamp of Pod "stays" is "<none>"
