@needs:cluster-scope
Feature: kubectl knows custom kinds

  kubectl asks the cluster for the schemas of its kinds. So it checks and explains custom kinds as well as those of Kubernetes.

  Documentation: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/

  Background:
    Given a ready CustomResourceDefinition "widgets.${ns}.example.com":
      """yaml
      spec:
        group: ${ns}.example.com
        scope: Namespaced
        names: {plural: widgets, singular: widget, kind: Widget}
        versions:
        - name: v1
          served: true
          storage: true
          schema:
            openAPIV3Schema:
              type: object
              description: A thing that somebody may want
              properties:
                spec:
                  type: object
                  description: What is wanted of it
                  properties:
                    parts:
                      type: array
                      description: What it is made of
                      items: {type: object, required: [name], properties: {name: {type: string, description: What the part is called}, mood: {type: string, enum: [Good, Bad]}}}
      """

  Rule: A custom object is checked by its schema

    @id:cli.kubectl-custom.valid
    Scenario Outline: What fits the schema is accepted by kubectl <command>
      Nothing is left out.

      Given an empty Namespace
      When I call "kubectl <command> -f -":
        """yaml
        apiVersion: ${ns}.example.com/v1
        kind: Widget
        metadata: {name: one}
        spec: {parts: [{name: wheel, mood: Good}]}
        """
      Then the output contains "widget.${ns}.example.com/one created"
      And Widget "one" matches:
        """yaml
        spec: {parts: [{name: wheel, mood: Good}]}
        """

      Examples:
        | command |
        | create  |
        | apply   |

    @id:cli.kubectl-custom.invalid
    Scenario Outline: kubectl <command> refuses <what>
      The message names the field.

      Given an empty Namespace
      When I try to call "kubectl <command> -f -":
        """yaml
        apiVersion: ${ns}.example.com/v1
        kind: Widget
        metadata: {name: one}
        spec: <spec>
        """
      Then the command fails with exit code 1
      And the output contains "<message>"
      And as before, Widget "one" does not exist

      Examples:
        | case             | command | what                               | spec                                   | message                             |
        | create-unknown   | create  | an unknown field                   | {colour: blue}                         | spec.colour                        |
        | apply-unknown    | apply   | an unknown field                   | {colour: blue}                         | spec.colour                        |
        | create-missing   | create  | an object without a required field | {parts: [{mood: Good}]}                | spec.parts[0].name: Required value  |
        | apply-missing    | apply   | an object without a required field | {parts: [{mood: Good}]}                | spec.parts[0].name: Required value  |
        | create-no-choice | create  | a value that is no choice          | {parts: [{name: wheel, mood: Strange}]} | Unsupported value                  |

  Rule: A custom kind is explained by its schema

    @id:cli.kubectl-custom.explain
    Scenario Outline: <path> is explained
      The text is that of the definition.

      Given within 30 seconds, GET "/openapi/v3" is answered with:
        """yaml
        paths: {apis/${ns}.example.com/v1: <any>}
        """
      When I call "kubectl explain <path> --api-version=${ns}.example.com/v1"
      Then the output contains "<description>"
      And the output contains "<field>"

      Examples:
        | case     | path                    | description                    | field            |
        | kind     | widgets                 | A thing that somebody may want | spec             |
        | metadata | widgets.metadata        | Standard object's metadata     | creationTimestamp |
        | spec     | widgets.spec            | What is wanted of it           | parts            |
        | list     | widgets.spec.parts      | What it is made of             | mood             |
        | field    | widgets.spec.parts.name | What the part is called        | <string>         |

    @id:cli.kubectl-custom.explain-nothing
    Scenario: A field that does not exist is not explained
      The message names it.

      Given within 30 seconds, GET "/openapi/v3" is answered with:
        """yaml
        paths: {apis/${ns}.example.com/v1: <any>}
        """
      When I try to call "kubectl explain widgets.spec.wheels --api-version=${ns}.example.com/v1"
      Then the command fails with exit code 1
      And the output contains "does not exist"

  Rule: A schema may leave things open

    @id:cli.kubectl-custom.open
    Scenario Outline: Unknown fields are accepted by kubectl <command> where the schema is open <where>
      They are kept as they are.

      Given a ready CustomResourceDefinition "gadgets.${ns}.example.com":
        """yaml
        spec:
          group: ${ns}.example.com
          scope: Namespaced
          names: {plural: gadgets, singular: gadget, kind: Gadget}
          versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: <schema>}}]
        """
      When I call "kubectl <command> -f -":
        """yaml
        apiVersion: ${ns}.example.com/v1
        kind: Gadget
        metadata: {name: one}
        <fields>
        """
      Then the output contains "gadget.${ns}.example.com/one created"
      And Gadget "one" matches:
        """yaml
        <fields>
        """

      Examples:
        | case          | command | where         | schema                                                                                                          | fields                     |
        | create-root   | create  | at its root   | {type: object, x-kubernetes-preserve-unknown-fields: true}                                                      | a: {b: [{c: d}]}           |
        | apply-root    | apply   | at its root   | {type: object, x-kubernetes-preserve-unknown-fields: true}                                                      | a: {b: [{c: d}]}           |
        | create-nested | create  | in the spec   | {type: object, properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields: true}}}                   | spec: {a: {b: [{c: d}]}}   |
        | apply-nested  | apply   | in the spec   | {type: object, properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields: true}}}                   | spec: {a: {b: [{c: d}]}}   |

    @id:cli.kubectl-custom.explain-open
    Scenario Outline: A kind whose schema is open <where> is explained as far as it is known
      What is not described is shown as empty.

      Given a ready CustomResourceDefinition "gadgets.${ns}.example.com":
        """yaml
        spec:
          group: ${ns}.example.com
          scope: Namespaced
          names: {plural: gadgets, kind: Gadget}
          versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: <schema>}}]
        """
      And within 30 seconds, GET "/openapi/v3/apis/${ns}.example.com/v1" is answered with:
        """yaml
        components: {schemas: {com.example.${ns}.v1.Gadget: <any>}}
        """
      When I call "kubectl explain gadgets<path> --api-version=${ns}.example.com/v1"
      Then the output contains "KIND:       Gadget"
      And the output contains "<text>"

      Examples:
        | where       | schema                                                                                                           | path  | text     |
        | at its root | {type: object, x-kubernetes-preserve-unknown-fields: true}                                                       |       | <empty>  |
        | in the spec | {type: object, properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields: true, description: open}}} | .spec | open     |
