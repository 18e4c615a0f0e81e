Feature: A ReplicationController keeps a fixed number of Pods

  The forerunner of the ReplicaSet. It does the same with a selector of plain labels.

  Documentation: https://kubernetes.io/docs/concepts/workloads/controllers/replicationcontroller/

  Rule: There are as many Pods as asked for

    @id:workloads.replication-controller.creates
    Scenario: Missing Pods are made
      The selector is that of the labels of the template when none is given.

      Given an empty Namespace
      When I create ReplicationController "web":
        """yaml
        spec: {replicas: 2, template: {spec: {schedulingGates: [{name: example.com/wait}]}}}
        """
      Then spec.selector.app of ReplicationController "web" is "web"
      And within 30 seconds, there are exactly 2 Pod objects with label "app=web":
        """yaml
        metadata: {ownerReferences: [{kind: ReplicationController, name: web, controller: true}]}
        """
      And within 30 seconds, status.replicas of ReplicationController "web" is "2"

    @id:workloads.replication-controller.scale
    Scenario: Surplus Pods are removed
      The number is changed through the scale subresource.

      Given a ReplicationController "web":
        """yaml
        spec: {replicas: 3, template: {spec: {schedulingGates: [{name: example.com/wait}]}}}
        """
      And within 30 seconds, there are exactly 3 Pod objects with label "app=web"
      When I scale ReplicationController "web" to 1 replicas
      Then within 30 seconds, there are exactly 1 Pod objects with label "app=web"
      And within 30 seconds, status.replicas of ReplicationController "web" is "1"

    @id:workloads.replication-controller.failure
    Scenario: A ReplicationController that cannot make Pods says why
      A quota is one reason; the condition carries its message.

      Given a ResourceQuota "none":
        """yaml
        spec: {hard: {pods: "0"}}
        """
      And within 60 seconds, creating Pod "web" would be refused with 403 Forbidden
      When I create ReplicationController "web"
      Then within 30 seconds, ReplicationController "web" matches:
        """yaml
        status: {conditions: [{type: ReplicaFailure, status: "True", message: "</.*exceeded quota: none.*/>"}]}
        """
