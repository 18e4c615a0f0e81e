@needs:nodes
Feature: A ReplicaSet keeps a fixed number of Pods

  You ask for a number of Pods. The ReplicaSet sees to it that so many exist, no more and no fewer, until you change the number or delete
  the ReplicaSet.

  Documentation: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/

  Rule: Missing Pods are replaced and surplus Pods are removed

    @id:workloads.replicaset.replaces-deleted-pod
    Scenario: A deleted Pod is replaced
      The ReplicaSet notices that it is one Pod short. If this fails, look at the events of the ReplicaSet: a quota or an admission policy
      may forbid new Pods.

      Given a Pod "old":
        """yaml
        metadata: {labels: {app: web}}
        """
      And a ready ReplicaSet "web":
        """yaml
        spec: {replicas: 1}
        """
      When I delete Pod "old"
      Then within 60 seconds, Pod "old" is gone
      And within 60 seconds, there are exactly 1 Pod objects with label "app=web":
        """yaml
        metadata: {name: <not old>, ownerReferences: [{kind: ReplicaSet, name: web, controller: true}]}
        status: {conditions: [{type: Ready, status: "True"}]}
        """
      And for 2 seconds, there are exactly 1 Pod objects with label "app=web"

    @id:workloads.replicaset.scale-up
    Scenario: More replicas are made
      The number is changed through the scale subresource, as an autoscaler does.

      Given a ready ReplicaSet "web":
        """yaml
        spec: {replicas: 1}
        """
      When I scale ReplicaSet "web" to 3 replicas
      Then within 60 seconds, status.readyReplicas of ReplicaSet "web" is "3"
      And there are exactly 3 Pod objects with label "app=web"

    @id:workloads.replicaset.scale-down
    Scenario: Surplus Pods are removed
      Pods that are not ready go first.

      Given a ready ReplicaSet "web":
        """yaml
        spec: {replicas: 3}
        """
      When I scale ReplicaSet "web" to 1 replicas
      Then within 60 seconds, there are exactly 1 Pod objects with label "app=web"
      And for 3 seconds, there are exactly 1 Pod objects with label "app=web"

  Rule: The selector decides which Pods belong to the ReplicaSet

    @id:workloads.replicaset.adopts
    Scenario: A Pod that nobody owns is adopted
      A Pod with matching labels and no owner counts as a replica.

      Given a ready Pod "stray":
        """yaml
        metadata: {labels: {app: web}}
        """
      When I create ReplicaSet "web":
        """yaml
        spec: {replicas: 1}
        """
      Then within 30 seconds, Pod "stray" matches:
        """yaml
        metadata: {ownerReferences: [{kind: ReplicaSet, name: web, controller: true}]}
        """
      And for 3 seconds, there are exactly 1 Pod objects with label "app=web"

    @id:workloads.replicaset.releases
    Scenario: A Pod whose labels no longer match is released and replaced
      So a Pod can be taken out of service and looked at.

      Given a Pod "stray":
        """yaml
        metadata: {labels: {app: web}}
        """
      And a ready ReplicaSet "web":
        """yaml
        spec: {replicas: 1}
        """
      When I patch Pod "stray":
        """yaml
        metadata: {labels: {app: nothing}}
        """
      Then within 30 seconds, metadata.ownerReferences of Pod "stray" is "<none>"
      And within 60 seconds, there are exactly 1 Pod objects with label "app=web":
        """yaml
        metadata: {name: <not stray>}
        """

  Rule: Pods go with their ReplicaSet

    @id:workloads.replicaset.deletes-pods
    Scenario: The Pods of a deleted ReplicaSet are removed
      The garbage collector follows the owner references.

      Given a ready ReplicaSet "web":
        """yaml
        spec: {replicas: 2}
        """
      When I delete ReplicaSet "web"
      Then within 60 seconds, there are exactly 0 Pod objects with label "app=web"

    @id:workloads.replicaset.orphans-pods
    Scenario: The Pods can be kept
      They run on without an owner.

      Given a ready ReplicaSet "web":
        """yaml
        spec: {replicas: 2}
        """
      When I delete ReplicaSet "web":
        """yaml
        propagationPolicy: Orphan
        """
      Then within 60 seconds, ReplicaSet "web" is gone
      And for 3 seconds, there are exactly 2 Pod objects with label "app=web":
        """yaml
        metadata: {ownerReferences: <none>, deletionTimestamp: <none>}
        """
