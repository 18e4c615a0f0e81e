@needs:nodes
Feature: A Deployment rolls out new versions

  A Deployment describes the Pods of an application. When the description changes, it replaces the Pods step by step, keeps enough of them
  available on the way, and remembers the versions before.

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
        metadata: {generation: 1, annotations: {deployment.kubernetes.io/revision: "1"}}
        status: {observedGeneration: 1, readyReplicas: 2, availableReplicas: 2, conditions: [{type: Available, status: "True"}]}
        """
      And there are exactly 1 ReplicaSet objects with label "app=web":
        """yaml
        metadata: {labels: {pod-template-hash: <any>}, ownerReferences: [{kind: Deployment, name: web}]}
        """

    @id:workloads.deployment.scale
    Scenario: Scaling does not make a new version
      The ReplicaSet stays the same; only its number changes.

      Given a ready Deployment "web":
        """yaml
        spec: {replicas: 1}
        """
      When I scale Deployment "web" to 3 replicas
      Then within 60 seconds, status.availableReplicas of Deployment "web" is "3"
      And as before, there are exactly 1 ReplicaSet objects with label "app=web"

  Rule: A change of the template replaces the Pods step by step

    @id:workloads.deployment.rolling-update
    Scenario: A rolling update replaces every Pod
      The former ReplicaSet is kept without Pods, to go back to it.

      Given a ready Deployment "web":
        """yaml
        spec: {replicas: 2, template: {metadata: {labels: {version: one}}}}
        """
      When I patch Deployment "web":
        """yaml
        spec: {template: {metadata: {labels: {version: two}}}}
        """
      Then within 90 seconds, there are exactly 1 ReplicaSet objects with label "app=web,version=one":
        """yaml
        spec: {replicas: 0}
        """
      And within 60 seconds, there are exactly 0 Pod objects with label "app=web,version=one"
      And within 60 seconds, Deployment "web" matches:
        """yaml
        metadata: {annotations: {deployment.kubernetes.io/revision: "2"}}
        status: {updatedReplicas: 2, availableReplicas: 2, replicas: 2}
        """

    @id:workloads.deployment.keeps-available
    Scenario: An update that does not get ready leaves the old Pods running
      With maxUnavailable 0 no old Pod goes before a new one is ready.

      Given a ready Deployment "web":
        """yaml
        spec:
          replicas: 2
          strategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}
          template: {metadata: {labels: {version: one}}}
        """
      When I patch Deployment "web":
        """yaml
        spec: {template: {metadata: {labels: {version: two}}, spec: {nodeSelector: {example.com/nowhere: "yes"}}}}
        """
      Then within 30 seconds, status.replicas of Deployment "web" is "3"
      And for 5 seconds, status.availableReplicas of Deployment "web" is "2"
      And there are exactly 1 Pod objects with label "app=web,version=two":
        """yaml
        status: {phase: Pending}
        """

    @id:workloads.deployment.recreate
    Scenario: The strategy Recreate stops all Pods first
      No new Pod is there before the last old one has gone.

      Given a ready Deployment "web":
        """yaml
        spec: {replicas: 2, strategy: {type: Recreate}, template: {metadata: {labels: {version: one}}}}
        """
      When I patch Deployment "web":
        """yaml
        spec: {template: {metadata: {labels: {version: two}}}}
        """
      Then within 90 seconds, there are exactly 2 Pod objects with label "version=two":
        """yaml
        status: {phase: Running}
        """
      And there are exactly 0 Pod objects with label "version=one"

    @id:workloads.deployment.paused
    Scenario: A paused Deployment does not roll out
      Several changes can be made before one roll-out.

      Given a ready Deployment "web":
        """yaml
        spec: {replicas: 1}
        """
      And I patch Deployment "web":
        """yaml
        spec: {paused: true}
        """
      When I patch Deployment "web":
        """yaml
        spec: {template: {metadata: {labels: {version: two}}}}
        """
      Then within 30 seconds, status.observedGeneration of Deployment "web" is "3"
      And for 3 seconds, there are exactly 1 ReplicaSet objects with label "app=web"

  Rule: One can go back to a former version

    @id:workloads.deployment.rollback
    Scenario: Undoing a roll-out brings the former template back
      The former ReplicaSet is used again, as a new revision.

      Given a ready Deployment "web":
        """yaml
        spec: {replicas: 1, template: {metadata: {labels: {version: one}}}}
        """
      And I patch Deployment "web":
        """yaml
        spec: {template: {metadata: {labels: {version: two}}}}
        """
      And within 90 seconds, Deployment "web" matches:
        """yaml
        metadata: {annotations: {deployment.kubernetes.io/revision: "2"}}
        """
      When I call "kubectl rollout undo deployment web"
      Then within 90 seconds, Deployment "web" matches:
        """yaml
        metadata: {annotations: {deployment.kubernetes.io/revision: "3"}}
        spec: {template: {metadata: {labels: {version: one}}}}
        status: {updatedReplicas: 1, availableReplicas: 1}
        """
      And as before, there are exactly 2 ReplicaSet objects with label "app=web"

    @id:workloads.deployment.history
    Scenario: Only so many former versions are kept as asked for
      Old ReplicaSets beyond revisionHistoryLimit are removed.

      Given a ready Deployment "web":
        """yaml
        spec: {replicas: 1, revisionHistoryLimit: 0}
        """
      When I patch Deployment "web":
        """yaml
        spec: {template: {metadata: {labels: {version: two}}}}
        """
      Then within 90 seconds, Deployment "web" matches:
        """yaml
        metadata: {annotations: {deployment.kubernetes.io/revision: "2"}}
        status: {updatedReplicas: 1, availableReplicas: 1, replicas: 1}
        """
      And within 60 seconds, there are exactly 1 ReplicaSet objects with label "app=web":
        """yaml
        metadata: {labels: {version: two}}
        """

  Rule: A Deployment reports that it makes no progress

    @id:workloads.deployment.progress-deadline
    Scenario: A roll-out that is stuck is reported
      The condition Progressing turns False after progressDeadlineSeconds; nothing is undone.

      Given an empty Namespace
      When I create Deployment "web":
        """yaml
        spec: {replicas: 1, progressDeadlineSeconds: 3, template: {spec: {nodeSelector: {example.com/nowhere: "yes"}}}}
        """
      Then within 60 seconds, Deployment "web" matches:
        """yaml
        status: {conditions: [{type: Progressing, status: "False", reason: ProgressDeadlineExceeded}]}
        """
