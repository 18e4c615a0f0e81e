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

  Rule: The newer group has all that the older one has

    @id:api.events.newer @life-cycle
    Scenario: The life of an Event of the group events.k8s.io
      The fields of the newer group name who acts, on what and why.

      Given I watch Event objects
      And I send POST "/apis/events.k8s.io/v1/namespaces/${ns}/events":
        """yaml
        metadata: {name: arrival}
        eventTime: "2026-01-01T00:00:00.000000Z"
        reportingController: example.com/porter
        reportingInstance: porter-1
        action: Open
        reason: Arrived
        regarding: {kind: Pod, name: web, namespace: "${ns}"}
        note: it is here
        type: Normal
        """
      When I send PATCH "/apis/events.k8s.io/v1/namespaces/${ns}/events/arrival":
        """yaml
        series: {count: 2, lastObservedTime: "2026-01-01T00:00:01.000000Z"}
        """
      Then GET "/apis/events.k8s.io/v1/namespaces/${ns}/events/arrival" is answered with:
        """yaml
        reportingController: example.com/porter
        note: it is here
        series: {count: 2}
        """
      When I send DELETE "/apis/events.k8s.io/v1/namespaces/${ns}/events/arrival"
      Then within 10 seconds, the watch has seen:
        | ADDED    | arrival |
        | MODIFIED | arrival |
        | DELETED  | arrival |

    @id:api.events.newer-replaced
    Scenario: An Event of the group events.k8s.io is replaced
      What is repeated is counted in a series.

      Given I send POST "/apis/events.k8s.io/v1/namespaces/${ns}/events":
        """yaml
        metadata: {name: arrival}
        eventTime: "2026-01-01T00:00:00.000000Z"
        reportingController: example.com/porter
        reportingInstance: porter-1
        action: Open
        reason: Arrived
        regarding: {kind: Pod, name: web, namespace: "${ns}"}
        type: Normal
        """
      And metadata.resourceVersion of the answer is noted as "version"
      When I send PUT "/apis/events.k8s.io/v1/namespaces/${ns}/events/arrival":
        """yaml
        metadata: {name: arrival, resourceVersion: "${version}"}
        eventTime: "2026-01-01T00:00:00.000000Z"
        reportingController: example.com/porter
        reportingInstance: porter-1
        action: Open
        reason: Arrived
        regarding: {kind: Pod, name: web, namespace: "${ns}"}
        type: Normal
        series: {count: 100, lastObservedTime: "2026-01-01T00:00:05.000000Z"}
        """
      Then Event "arrival" matches:
        """yaml
        reportingComponent: example.com/porter
        series: {count: 100, lastObservedTime: "2026-01-01T00:00:05.000000Z"}
        """

    @id:api.events.reporter
    Scenario: Events of all namespaces are picked by their reporter
      The field has another name in each group.

      Given an Event "arrival":
        """yaml
        involvedObject: {kind: Pod, name: web, namespace: "${ns}"}
        reportingComponent: example.com/porter-${ns}
        """
      And an Event "other":
        """yaml
        involvedObject: {kind: Pod, name: web, namespace: "${ns}"}
        reportingComponent: example.com/nobody-${ns}
        """
      When I send GET "/apis/events.k8s.io/v1/events?fieldSelector=reportingController=example.com/porter-${ns}"
      Then the answer lists "arrival"

    @id:api.events.newer-collection
    Scenario: Events of the group events.k8s.io are deleted by their label
      The others stay.

      Given an Event "arrival":
        """yaml
        metadata: {labels: {colour: red}}
        involvedObject: {kind: Pod, name: web, namespace: "${ns}"}
        """
      And an Event "departure":
        """yaml
        involvedObject: {kind: Pod, name: web, namespace: "${ns}"}
        """
      When I send DELETE "/apis/events.k8s.io/v1/namespaces/${ns}/events?labelSelector=colour=red"
      Then within 10 seconds, Event "arrival" is gone
      And as before, Event "departure" exists

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
