Feature: Fields that do not exist are told

  A field that is spelt wrongly has no effect, which is hard to see. A client can ask the API server to refuse such a request, to warn of it,
  or to let it pass, by the query parameter fieldValidation. kubectl asks for a refusal.

  Documentation: https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation

  Rule: In strict mode unknown and duplicate fields are refused

    @id:api.field-validation.both
    Scenario: One answer tells of unknown and of duplicate fields
      All of them are told, in the order of the request.

      Given an empty Namespace
      When I try to send POST "/apis/apps/v1/namespaces/${ns}/deployments?fieldValidation=Strict":
        """json
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
         "spec": {"colour": "blue", "replicas": 2, "replicas": 3, "selector": {"matchLabels": {"app": "web"}},
                  "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "main", "image": "web"}]}}}}
        """
      Then it is refused with 400 BadRequest
      And the answer matches:
        """yaml
        kind: Status
        message: '</.*strict decoding error: unknown field "spec.colour", duplicate field "spec.replicas"/>'
        """
      And as before, Deployment "web" does not exist

    @id:api.field-validation.metadata
    Scenario: The metadata is checked as well
      Its fields are the same for all kinds.

      Given an empty Namespace
      When I try to send POST "/api/v1/namespaces/${ns}/configmaps?fieldValidation=Strict":
        """yaml
        metadata: {name: settings, colour: blue}
        """
      Then it is refused with 400 BadRequest
      And the message contains "metadata.colour"

    @id:api.field-validation.warn
    Scenario: Duplicate fields may be warned of
      The last value counts.

      Given an empty Namespace
      When I send POST "/api/v1/namespaces/${ns}/configmaps?fieldValidation=Warn":
        """json
        {"metadata": {"name": "settings"}, "data": {"colour": "blue"}, "data": {"colour": "red"}}
        """
      Then the answer warns of "duplicate field"
      And data.colour of ConfigMap "settings" is "red"

  Rule: Custom objects are checked by their schema

    @id:api.field-validation.custom @needs:cluster-scope
    Scenario Outline: A custom object with <what> is <outcome> where the schema is <schema>
      The mode is strict.

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
                x-kubernetes-preserve-unknown-fields: <open>
                properties:
                  spec:
                    type: object
                    x-kubernetes-preserve-unknown-fields: <open>
                    properties:
                      size: {type: integer}
                      template: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}
        """
      When I try to send POST "/apis/${ns}.example.com/v1/namespaces/${ns}/widgets?fieldValidation=Strict":
        """json
        {"apiVersion": "${ns}.example.com/v1", "kind": "Widget", <fields>}
        """
      Then the answer matches:
        """yaml
        {<answer>}
        """

      Examples: What fits
        | what                | outcome  | schema | open  | fields                                                                | answer         |
        | only known fields   | accepted | closed | null  | "metadata": {"name": "one"}, "spec": {"size": 1}                        | spec: {size: 1} |
        | fields nobody knows | accepted | open   | true  | "metadata": {"name": "one"}, "spec": {"taste": "sweet"}, "a": {"b": [1]} | a: {b: [1]}    |

      Examples: What does not fit
        | what                          | outcome | schema | open  | fields                                                        | answer                                                                         |
        | a field nobody knows          | refused | closed | null  | "metadata": {"name": "one"}, "spec": {"taste": "sweet"}       | kind: Status, code: 400, message: '</.*unknown field "spec.taste".*/>'         |
        | unknown metadata              | refused | open   | true  | "metadata": {"name": "one", "colour": "red"}                  | kind: Status, code: 400, message: '</.*unknown field "metadata.colour".*/>'    |
        | unknown metadata deep inside  | refused | open   | true  | "metadata": {"name": "one"}, "spec": {"template": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "colour": "red"}}} | kind: Status, code: 400, message: '</.*unknown field "spec.template.metadata.colour".*/>' |
        | a field twice                 | refused | open   | true  | "metadata": {"name": "one"}, "spec": {"size": 1, "size": 2}   | kind: Status, code: 400, message: '</.*duplicate field "spec.size".*/>'        |

    @id:api.field-validation.applied @needs:cluster-scope
    Scenario Outline: Applying <what> to a custom object is <outcome> in strict mode
      kubectl asks for that mode by itself.

      Given a ready CustomResourceDefinition "widgets.${ns}.example.com":
        """yaml
        spec:
          group: ${ns}.example.com
          scope: Namespaced
          names: {plural: widgets, singular: widget, kind: Widget}
          versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}}]
        """
      When I try to call "kubectl apply --server-side --validate=strict -f -":
        """yaml
        apiVersion: ${ns}.example.com/v1
        kind: Widget
        metadata: {name: one}
        spec: {<field>: 1}
        """
      Then the output contains "<output>"

      Examples:
        | what             | outcome  | field | output                       |
        | a known field    | accepted | size  | serverside-applied           |
        | an unknown field | refused  | taste | field not declared in schema |
