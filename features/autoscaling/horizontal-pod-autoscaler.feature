Feature: A HorizontalPodAutoscaler sets the number of replicas

  The autoscaler compares measured values with what is wanted and scales a workload, always within the bounds that it is given.

  Documentation: https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/

  Rule: The bounds hold whatever is measured

    @id:autoscaling.hpa.minimum
    Scenario: A workload below the minimum is scaled up
      No metric is needed for that.

      Given a Deployment "web":
        """yaml
        spec: {replicas: 1, template: {spec: {schedulingGates: [{name: example.com/wait}]}}}
        """
      When I create HorizontalPodAutoscaler "web":
        """yaml
        spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 2, maxReplicas: 4}
        """
      Then within 60 seconds, spec.replicas of Deployment "web" is "2"
      And within 60 seconds, status.desiredReplicas of HorizontalPodAutoscaler "web" is "2"

    @id:autoscaling.hpa.maximum
    Scenario: A workload above the maximum is scaled down
      The bound counts at once.

      Given a Deployment "web":
        """yaml
        spec: {replicas: 5, template: {spec: {schedulingGates: [{name: example.com/wait}]}}}
        """
      When I create HorizontalPodAutoscaler "web":
        """yaml
        spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 1, maxReplicas: 3}
        """
      Then within 60 seconds, spec.replicas of Deployment "web" is "3"

    @id:autoscaling.hpa.disabled
    Scenario: A workload without replicas is left alone
      Scaling to 0 by hand turns the autoscaler off.

      Given a Deployment "web":
        """yaml
        spec: {replicas: 0}
        """
      When I create HorizontalPodAutoscaler "web":
        """yaml
        spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 2, maxReplicas: 4}
        """
      Then within 60 seconds, HorizontalPodAutoscaler "web" matches:
        """yaml
        status: {conditions: [{type: ScalingActive, status: "False", reason: ScalingDisabled}]}
        """
      And as before, spec.replicas of Deployment "web" is "0"

    @id:autoscaling.hpa.no-target
    Scenario: An autoscaler without a target says so
      The condition AbleToScale tells why.

      Given an empty Namespace
      When I create HorizontalPodAutoscaler "web":
        """yaml
        spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: nothing}, minReplicas: 1, maxReplicas: 4}
        """
      Then within 60 seconds, HorizontalPodAutoscaler "web" matches:
        """yaml
        status: {conditions: [{type: AbleToScale, status: "False", reason: FailedGetScale}]}
        """

  Rule: What is not said has a default

    @id:autoscaling.hpa.defaults
    Scenario: At least one replica, and 80 percent of the requested CPU
      Another metric takes the place of the default.

      Given an empty Namespace
      When I create HorizontalPodAutoscaler "web":
        """yaml
        spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 4}
        """
      Then HorizontalPodAutoscaler "web" matches:
        """yaml
        spec: {minReplicas: 1, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]}
        """

    @id:autoscaling.hpa.versions
    Scenario: The old version of the API shows the same autoscaler
      It has a field for the CPU only.

      Given a HorizontalPodAutoscaler "web":
        """yaml
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
          maxReplicas: 4
          metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
        """
      When I send GET "/apis/autoscaling/v1/namespaces/${ns}/horizontalpodautoscalers/web"
      Then the answer matches:
        """yaml
        apiVersion: autoscaling/v1
        spec: {minReplicas: 1, maxReplicas: 4, targetCPUUtilizationPercentage: 50}
        """

    @id:autoscaling.hpa.invalid
    Scenario: Bounds that contradict each other are refused
      The minimum may not be above the maximum.

      Given an empty Namespace
      When I try to create HorizontalPodAutoscaler "web":
        """yaml
        spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 5, maxReplicas: 4}
        """
      Then it is refused with 422 Invalid
      And the message contains "spec.maxReplicas"
