@needs:nodes
Feature: A Deployment rolls out new versions

  A Deployment describes the Pods of an application. When the description changes, it replaces the Pods step by step.

  Documentation: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/

  Rule: A Deployment runs its Pods through a ReplicaSet

    @id:workloads.deployment.creates
    Scenario: A new Deployment gets its Pods running
      The Deployment makes a ReplicaSet, and that makes the Pods.

      Given an empty Namespace
      When I create Deployment "web":
        """yaml
        spec: {replicas: 2}
        """
      Then within 60 seconds, Deployment "web" matches:
        """yaml
        status: {readyReplicas: 2, conditions: [{type: Available, status: "True"}]}
        """

    @id:workloads.deployment.scale
    Scenario: Scaling does not make a new version
      Given a ready Deployment "web"
      When I scale Deployment "web" to 3 replicas
      Then within 60 seconds, status.availableReplicas of Deployment "web" is "3"

  Rule: One can go back to a former version

    @id:workloads.deployment.rollback @slow
    Scenario: Undoing a roll-out brings the former template back
      The former ReplicaSet is used again, as a new revision.

      Given a ready Deployment "web"
      When I call "kubectl rollout undo deployment web"
      Then within 90 seconds, Deployment "web" matches:
        """yaml
        metadata: {annotations: {deployment.kubernetes.io/revision: "3"}}
        """

    @id:workloads.deployment.history
    Scenario: Only so many former versions are kept as asked for
      Given a ready Deployment "web":
        """yaml
        spec: {replicas: 1, revisionHistoryLimit: 0}
        """
      When I patch Deployment "web":
        """yaml
        spec: {progressDeadlineSeconds: 3}
        """
      Then within 60 seconds, there are exactly 1 ReplicaSet objects with label "app=web"
