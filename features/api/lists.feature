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
