@needs:nodes
Feature: A PodDisruptionBudget keeps enough Pods running

  Draining a node evicts its Pods. A budget says how many Pods of an application have to stay up meanwhile; evictions that would break it are
  refused and can be tried again.

  Documentation: https://kubernetes.io/docs/concepts/workloads/pods/disruptions/

  Rule: The budget knows how many Pods may go

    @id:policy.disruption-budgets.status
    Scenario: The status counts the Pods that are well
      Two are there and one has to stay, so one may go.

      Given a ready Deployment "web":
        """yaml
        spec: {replicas: 2}
        """
      When I create PodDisruptionBudget "web":
        """yaml
        spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
        """
      Then within 30 seconds, PodDisruptionBudget "web" matches:
        """yaml
        status: {expectedPods: 2, currentHealthy: 2, desiredHealthy: 1, disruptionsAllowed: 1, conditions: [{type: DisruptionAllowed, status: "True"}]}
        """

    @id:policy.disruption-budgets.percent
    Scenario: A share of the Pods is rounded up
      Of three Pods half may be unavailable: two.

      Given a ready Deployment "web":
        """yaml
        spec: {replicas: 3}
        """
      When I create PodDisruptionBudget "web":
        """yaml
        spec: {maxUnavailable: 50%, selector: {matchLabels: {app: web}}}
        """
      Then within 30 seconds, PodDisruptionBudget "web" matches:
        """yaml
        status: {expectedPods: 3, desiredHealthy: 1, disruptionsAllowed: 2}
        """

  Rule: An eviction that breaks the budget is refused

    @id:policy.disruption-budgets.refused
    Scenario: The last Pod that has to stay is not evicted
      The answer is 429, which means: try again later.

      Given a ready Pod "web":
        """yaml
        metadata: {labels: {app: web}}
        """
      And a PodDisruptionBudget "web":
        """yaml
        spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
        """
      And within 30 seconds, status.currentHealthy of PodDisruptionBudget "web" is "1"
      When I try to evict Pod "web"
      Then it is refused with 429 TooManyRequests
      And the message contains "disruption budget"
      And as before, metadata.deletionTimestamp of Pod "web" is "<none>"

    @id:policy.disruption-budgets.allowed
    Scenario: A Pod that may go is evicted
      Afterwards the budget allows no more.

      Given a ready Pod "one":
        """yaml
        metadata: {labels: {app: web}}
        """
      And a ready Pod "two":
        """yaml
        metadata: {labels: {app: web}}
        """
      And a PodDisruptionBudget "web":
        """yaml
        spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
        """
      And within 30 seconds, status.disruptionsAllowed of PodDisruptionBudget "web" is "1"
      When I evict Pod "one"
      Then within 60 seconds, Pod "one" is gone
      And within 30 seconds, status.disruptionsAllowed of PodDisruptionBudget "web" is "0"

    @id:policy.disruption-budgets.deleted
    Scenario: A budget does not forbid to delete
      Only evictions ask for it.

      Given a ready Pod "web":
        """yaml
        metadata: {labels: {app: web}}
        """
      And a PodDisruptionBudget "web":
        """yaml
        spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
        """
      And within 30 seconds, status.currentHealthy of PodDisruptionBudget "web" is "1"
      When I delete Pod "web"
      Then within 60 seconds, Pod "web" is gone

    @id:policy.disruption-budgets.unhealthy
    Scenario: A Pod that is not well may be evicted when the budget says so
      With the policy AlwaysAllow broken applications do not keep a node from being drained.

      Given a Pod "web":
        """yaml
        metadata: {labels: {app: web}}
        spec: {containers: [{readinessProbe: {exec: {command: ["false"]}}}]}
        """
      And within 60 seconds, status.phase of Pod "web" is "Running"
      And a PodDisruptionBudget "web":
        """yaml
        spec: {minAvailable: 1, unhealthyPodEvictionPolicy: AlwaysAllow, selector: {matchLabels: {app: web}}}
        """
      And within 30 seconds, status.expectedPods of PodDisruptionBudget "web" is "1"
      When I evict Pod "web"
      Then within 60 seconds, Pod "web" is gone

  Rule: An evicted Pod says why it goes

    @id:policy.disruption-budgets.condition
    Scenario: The condition DisruptionTarget tells of the eviction
      A Job can tell such an end from a failure of its own.

      Given a ready Pod "web":
        """yaml
        metadata: {finalizers: [example.com/keep]}
        """
      When I evict Pod "web"
      Then within 30 seconds, Pod "web" matches:
        """yaml
        metadata: {deletionTimestamp: <any>}
        status: {conditions: [{type: DisruptionTarget, status: "True", reason: EvictionByEvictionAPI}]}
        """
