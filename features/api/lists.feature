Feature: Lists are picked by labels and fields

  Labels are for people and controllers to group objects as they like. A list can be narrowed by labels, by a few fields of each kind, and
  can be read in pieces.

  Documentation: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/

  Rule: A label selector picks by equality or by sets

    @id:api.lists.labels
    Scenario Outline: The selector "<selector>"
      Labels that an object does not have differ from every value.

      Given a ConfigMap "red":
        """yaml
        metadata: {labels: {colour: red, size: small}}
        """
      And a ConfigMap "blue":
        """yaml
        metadata: {labels: {colour: blue}}
        """
      And a ConfigMap "plain":
        """yaml
        metadata: {labels: {size: large}}
        """
      When I list ConfigMap objects with label "<selector>"
      Then the answer lists <names>

      Examples:
        | case          | selector                                   | names             |
        | equals        | colour=red                                 | "red"             |
        | double equals | colour==blue                               | "blue"            |
        | not equals    | colour!=red,!kubernetes.io/x,size          | "plain"           |
        | in            | colour in (red, blue)                      | "red" and "blue"  |
        | notin         | size notin (small),seatrial.dev/run        | "blue" and "plain" |
        | exists        | colour                                     | "red" and "blue"  |
        | not exists    | !colour,seatrial.dev/run                   | "plain"           |
        | and           | colour,size                                | "red"             |

  Rule: A field selector picks by a few fields

    @id:api.lists.field-name
    Scenario: Every kind can be picked by its name
      The fields metadata.name and metadata.namespace are selectable for all kinds.

      Given a ConfigMap "red"
      And a ConfigMap "blue"
      When I list ConfigMap objects with field "metadata.name=red"
      Then the answer lists "red"

    @id:api.lists.field-phase
    Scenario: Pods can be picked by their phase and their node
      A Pod whose scheduling is held back has neither a node nor another phase than Pending.

      Given a Pod "held":
        """yaml
        spec: {schedulingGates: [{name: example.com/wait}]}
        """
      And a Pod "placed":
        """yaml
        spec: {nodeName: "${ns}-nowhere"}
        """
      When I list Pod objects with field "spec.nodeName=,status.phase=Pending"
      Then the answer lists "held"

    @id:api.lists.field-unknown
    Scenario: A field that cannot be selected by is refused
      It is not taken for a selector that picks nothing.

      Given a ConfigMap "red"
      When I try to send GET "/api/v1/namespaces/${ns}/configmaps?fieldSelector=data.colour=red"
      Then it is refused with 400 BadRequest
      And the message contains "data.colour"

  Rule: A long list can be read in pieces

    @id:api.lists.limit
    Scenario: A limited list tells how to go on
      The number of the items that remain is given when it is known.

      Given a ConfigMap "a"
      And a ConfigMap "b"
      And a ConfigMap "c"
      When I send GET "/api/v1/namespaces/${ns}/configmaps?limit=2&labelSelector=seatrial.dev/run"
      Then the answer lists "a" and "b"
      And the answer matches:
        """yaml
        metadata: {continue: <any>}
        """

    @id:api.lists.continue
    Scenario: The continue token leads to the rest
      The pieces together are one consistent list.

      Given a ConfigMap "a"
      And a ConfigMap "b"
      And a ConfigMap "c"
      And I send GET "/api/v1/namespaces/${ns}/configmaps?limit=2&labelSelector=seatrial.dev/run"
      And metadata.continue of the answer is noted as "token"
      When I send GET "/api/v1/namespaces/${ns}/configmaps?limit=2&labelSelector=seatrial.dev/run&continue=${token}"
      Then the answer lists "c"

    @id:api.lists.remaining
    Scenario: The pieces of a list tell how much is left
      They all show the same version. The number is not known when a selector picks.

      Given a PodTemplate "a":
        """yaml
        template: {spec: {containers: [{name: main, image: web}]}}
        """
      And a PodTemplate "b":
        """yaml
        template: {spec: {containers: [{name: main, image: web}]}}
        """
      And I send GET "/api/v1/namespaces/${ns}/podtemplates?limit=1"
      And metadata.continue of the answer is noted as "token"
      And metadata.resourceVersion of the answer is noted as "version"
      When I send GET "/api/v1/namespaces/${ns}/podtemplates?limit=1&continue=${token}"
      Then the answer lists "b"
      And the answer matches:
        """yaml
        metadata: {resourceVersion: "${version}", remainingItemCount: <none>, continue: <none>}
        """

    @id:api.lists.number-left
    Scenario: The first piece tells how many objects follow
      People can be told how far a long list is.

      Given a PodTemplate "a":
        """yaml
        template: {spec: {containers: [{name: main, image: web}]}}
        """
      And a PodTemplate "b":
        """yaml
        template: {spec: {containers: [{name: main, image: web}]}}
        """
      When I send GET "/api/v1/namespaces/${ns}/podtemplates?limit=1"
      Then the answer lists "a"
      And the answer matches:
        """yaml
        metadata: {remainingItemCount: 1, continue: <any>}
        """

    @id:api.lists.expired @needs:compacted-history
    Scenario: A token of a version that is forgotten is refused with another token
      The new token leads on from the same place, in a list of now. The token here is one of the first version of the cluster.

      Given a ConfigMap "a"
      And a ConfigMap "b"
      And a ConfigMap "c"
      And I try to send GET "/api/v1/namespaces/${ns}/configmaps?limit=1&labelSelector=seatrial.dev/run&continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiJhXHUwMDAwIn0"
      And it is refused with 410 Expired
      And metadata.continue of the answer is noted as "token"
      When I send GET "/api/v1/namespaces/${ns}/configmaps?limit=1&labelSelector=seatrial.dev/run&continue=${token}"
      Then the answer lists "b"

  Rule: A list can reach across namespaces

    @id:api.lists.everywhere @needs:cluster-scope
    Scenario Outline: The <kind> objects of all namespaces are listed together
      The path without a namespace takes the right to read in all of them.

      Given a ready Namespace "${ns}-other"
      And I create <kind> "one":
        """yaml
        metadata: {labels: {life: "${ns}"}}
        <fields>
        """
      And I create <kind> "${ns}-other/two":
        """yaml
        metadata: {labels: {life: "${ns}"}}
        <fields>
        """
      When I send GET "<path>?labelSelector=life=${ns}"
      Then the answer lists "one" and "two"

      Examples:
        | kind                  | path                           | fields                                                                                                 |
        | ConfigMap             | /api/v1/configmaps             | data: {colour: red}                                                                                    |
        | Secret                | /api/v1/secrets                | type: Opaque                                                                                           |
        | Endpoints             | /api/v1/endpoints              | subsets: [{addresses: [{ip: 192.0.2.1}]}]                                                              |
        | LimitRange            | /api/v1/limitranges            | spec: {limits: [{type: Container, max: {cpu: "2"}}]}                                                   |
        | PersistentVolumeClaim | /api/v1/persistentvolumeclaims | spec: {storageClassName: "${ns}", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}} |
        | CronJob               | /apis/batch/v1/cronjobs        | spec: {schedule: 0 0 31 2 *}                                                                           |

  Rule: A list can be had as a table for people

    @id:api.lists.table
    Scenario: A table of Pods has the columns that kubectl shows
      The API server decides on the columns, so that every client shows the same.

      Given a Pod "held":
        """yaml
        spec: {schedulingGates: [{name: example.com/wait}]}
        """
      When I send GET "/api/v1/namespaces/${ns}/pods" accepting "application/json;as=Table;v=v1;g=meta.k8s.io"
      Then the answer matches:
        """yaml
        kind: Table
        columnDefinitions: [{name: Name}, {name: Ready}, {name: Status}, {name: Restarts}, {name: Age}]
        rows: [{cells: [held, 0/1, SchedulingGated, <any>, <any>, <any>, <any>, <any>, <any>]}]
        """

    @id:api.lists.no-table
    Scenario: What has no table cannot be had as one
      A review is made to be answered, not to be looked at in columns.

      Given an empty Namespace
      When I try to send POST "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" accepting "application/json;as=Table;v=v1;g=meta.k8s.io":
        """yaml
        kind: SelfSubjectAccessReview
        apiVersion: authorization.k8s.io/v1
        spec: {nonResourceAttributes: {path: /, verb: get}}
        """
      Then it is refused with 406 NotAcceptable
