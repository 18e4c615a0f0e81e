Feature: Events tell what has happened

  An Event is a short report about another object. Components write them for people; they are kept for a while only.

  Documentation: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/

  Rule: There is one store with two views

    @id:api.events.two-groups
    Scenario: An Event of the core group is seen in the group events.k8s.io
      Some fields have other names there.

      Given an Event "arrival":
        """yaml
        involvedObject: {kind: Pod, name: web, namespace: "${ns}"}
        reason: Arrived
        message: it is here
        type: Normal
        """
      When I send GET "/apis/events.k8s.io/v1/namespaces/${ns}/events/arrival"
      Then the answer matches:
        """yaml
        regarding: {kind: Pod, name: web}
        reason: Arrived
        note: it is here
        """

    @id:api.events.fields
    Scenario: Events can be picked by what they are about
      Field selectors know the object, the reason and the type.

      Given an Event "arrival":
        """yaml
        involvedObject: {kind: Pod, name: web, namespace: "${ns}"}
        reason: Arrived
        type: Normal
        """
      And an Event "departure":
        """yaml
        involvedObject: {kind: Pod, name: web, namespace: "${ns}"}
        reason: Left
        type: Warning
        """
      When I list Event objects with field "involvedObject.name=web,type=Warning"
      Then the answer lists "departure"

    @id:api.events.elsewhere
    Scenario: An Event lives beside the object it is about
      The namespaces must agree.

      Given an empty Namespace
      When I try to create Event "arrival":
        """yaml
        involvedObject: {kind: Pod, name: web, namespace: default}
        reason: Arrived
        type: Normal
        """
      Then it is refused with 422 Invalid
      And the message contains "involvedObject.namespace"

  Rule: Controllers tell what they do

    @id:api.events.reported
    Scenario: A ReplicaSet tells of the Pods it makes
      kubectl describe shows these Events.

      Given an empty Namespace
      When I create ReplicaSet "web":
        """yaml
        spec: {replicas: 1, template: {spec: {schedulingGates: [{name: example.com/wait}]}}}
        """
      Then within 30 seconds, there are at least 1 Event objects:
        """yaml
        involvedObject: {kind: ReplicaSet, name: web}
        type: Normal
        reason: SuccessfulCreate
        """
