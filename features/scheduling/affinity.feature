@needs:cluster-scope
Feature: Pods are placed together or apart

  The scheduler can be told to place Pods near others, away from others, or evenly over zones and nodes.

  Documentation: https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/

  Background:
    Given a simulated Node "${ns}-a":
      """yaml
      metadata: {labels: {topology.kubernetes.io/zone: "${ns}-a"}}
      """
    And a simulated Node "${ns}-b":
      """yaml
      metadata: {labels: {topology.kubernetes.io/zone: "${ns}-b"}}
      """

  Rule: Affinity brings Pods together

    @id:scheduling.affinity.together
    Scenario: A Pod goes where its companion is
      The other node has more room.

      Given a Pod "db":
        """yaml
        metadata: {labels: {app: db}}
        spec: {nodeSelector: {kubernetes.io/hostname: "${ns}-a"}, containers: [{resources: {requests: {cpu: "2"}}}]}
        """
      And within 30 seconds, spec.nodeName of Pod "db" is "${ns}-a"
      When I create Pod "web":
        """yaml
        spec:
          affinity:
            podAffinity:
              requiredDuringSchedulingIgnoredDuringExecution:
              - {labelSelector: {matchLabels: {app: db}}, topologyKey: topology.kubernetes.io/zone}
        """
      Then within 30 seconds, spec.nodeName of Pod "web" is "${ns}-a"

    @id:scheduling.affinity.alone
    Scenario: A Pod waits for a companion that is not there
      No node has one.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec:
          affinity:
            podAffinity:
              requiredDuringSchedulingIgnoredDuringExecution:
              - {labelSelector: {matchLabels: {app: db}}, topologyKey: topology.kubernetes.io/zone}
        """
      Then within 30 seconds, Pod "web" matches:
        """yaml
        status: {conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: "</.*pod affinity.*/>"}]}
        """

  Rule: Anti-affinity keeps Pods apart

    @id:scheduling.anti-affinity.apart
    Scenario: A Pod keeps away from its like
      The other node has less room.

      Given a Pod "first":
        """yaml
        metadata: {labels: {app: web}}
        spec: {nodeSelector: {kubernetes.io/hostname: "${ns}-a"}}
        """
      And a Pod "large":
        """yaml
        spec: {nodeSelector: {kubernetes.io/hostname: "${ns}-b"}, containers: [{resources: {requests: {cpu: "3"}}}]}
        """
      And within 30 seconds, spec.nodeName of Pod "first" is "<any>"
      And within 30 seconds, spec.nodeName of Pod "large" is "<any>"
      When I create Pod "second":
        """yaml
        spec:
          affinity:
            podAntiAffinity:
              requiredDuringSchedulingIgnoredDuringExecution:
              - {labelSelector: {matchLabels: {app: web}}, topologyKey: kubernetes.io/hostname}
        """
      Then within 30 seconds, spec.nodeName of Pod "second" is "${ns}-b"

    @id:scheduling.anti-affinity.symmetric
    Scenario: A Pod that wants to be alone keeps others away
      The newcomer says nothing; the Pod that is there does.

      Given a Pod "loner":
        """yaml
        spec:
          nodeSelector: {kubernetes.io/hostname: "${ns}-a"}
          affinity:
            podAntiAffinity:
              requiredDuringSchedulingIgnoredDuringExecution:
              - {labelSelector: {matchLabels: {app: web}}, topologyKey: kubernetes.io/hostname}
        """
      And within 30 seconds, spec.nodeName of Pod "loner" is "${ns}-a"
      When I create Pod "web":
        """yaml
        metadata: {labels: {app: web}}
        spec: {nodeSelector: {kubernetes.io/hostname: "${ns}-a"}}
        """
      Then within 30 seconds, Pod "web" matches:
        """yaml
        spec: {nodeName: <none>}
        status: {conditions: [{type: PodScheduled, status: "False", message: "</.*anti-affinity.*/>"}]}
        """

  Rule: Pods can be spread evenly

    @id:scheduling.spreading.even
    Scenario: The next Pod goes to the zone with the fewest
      That zone has less room left.

      Given a Pod "first":
        """yaml
        metadata: {labels: {app: web}}
        spec: {nodeSelector: {kubernetes.io/hostname: "${ns}-a"}}
        """
      And a Pod "large":
        """yaml
        spec: {nodeSelector: {kubernetes.io/hostname: "${ns}-b"}, containers: [{resources: {requests: {cpu: "3"}}}]}
        """
      And within 30 seconds, spec.nodeName of Pod "first" is "<any>"
      And within 30 seconds, spec.nodeName of Pod "large" is "<any>"
      When I create Pod "second":
        """yaml
        metadata: {labels: {app: web}}
        spec:
          topologySpreadConstraints:
          - {maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}
        """
      Then within 30 seconds, spec.nodeName of Pod "second" is "${ns}-b"

    @id:scheduling.spreading.waits
    Scenario: A Pod that would make it uneven waits
      The other zone is closed, and one Pod more here would be a difference of two.

      Given a Pod "first":
        """yaml
        metadata: {labels: {app: web}}
        spec: {nodeSelector: {kubernetes.io/hostname: "${ns}-a"}}
        """
      And within 30 seconds, spec.nodeName of Pod "first" is "${ns}-a"
      And I patch Node "${ns}-b":
        """yaml
        spec: {unschedulable: true}
        """
      When I create Pod "second":
        """yaml
        metadata: {labels: {app: web}}
        spec:
          topologySpreadConstraints:
          - {maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}
        """
      Then within 30 seconds, Pod "second" matches:
        """yaml
        spec: {nodeName: <none>}
        status: {conditions: [{type: PodScheduled, status: "False", message: "</.*topology spread constraints.*/>"}]}
        """

    @id:scheduling.spreading.anyway
    Scenario: A Pod that may be placed anyway does not wait
      Spreading is a wish then.

      Given a Pod "first":
        """yaml
        metadata: {labels: {app: web}}
        spec: {nodeSelector: {kubernetes.io/hostname: "${ns}-a"}}
        """
      And within 30 seconds, spec.nodeName of Pod "first" is "${ns}-a"
      And I patch Node "${ns}-b":
        """yaml
        spec: {unschedulable: true}
        """
      When I create Pod "second":
        """yaml
        metadata: {labels: {app: web}}
        spec:
          topologySpreadConstraints:
          - {maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: web}}}
        """
      Then within 30 seconds, spec.nodeName of Pod "second" is "${ns}-a"
