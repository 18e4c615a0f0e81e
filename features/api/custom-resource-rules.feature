@needs:cluster-scope
Feature: The schema of a custom kind can say what must hold

  Beyond types and bounds, a schema has rules in the Common Expression Language, lists with keys and values that stay. A rule that is made
  stricter leaves old objects alone.

  Documentation: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules

  Background:
    Given a ready CustomResourceDefinition "gadgets.${ns}.example.com":
      """yaml
      spec:
        group: ${ns}.example.com
        scope: Namespaced
        names: {plural: gadgets, singular: gadget, kind: Gadget, shortNames: ["gdg"], categories: ["${ns}"]}
        versions:
        - name: v1
          served: true
          storage: true
          subresources: {status: {}}
          additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .size}, {name: Secret, type: string, jsonPath: .colour, priority: 1}]
          schema:
            openAPIV3Schema:
              type: object
              properties:
                size: {type: integer}
                colour: {type: string}
                either: {x-kubernetes-int-or-string: true}
                parts:
                  type: array
                  maxItems: 10
                  x-kubernetes-list-type: map
                  x-kubernetes-list-map-keys: [name]
                  items: {type: object, required: [name], properties: {name: {type: string}}}
                tags: {type: array, maxItems: 10, x-kubernetes-list-type: set, items: {type: string, maxLength: 20}}
                low: {type: integer}
                high:
                  type: integer
                  x-kubernetes-validations: [{rule: self >= oldSelf, message: high only grows}]
                status: {type: object, properties: {ready: {type: boolean}}}
              x-kubernetes-validations:
              - {rule: "!has(self.low) || !has(self.high) || self.low <= self.high", messageExpression: "self.high < 0 ? 'high is less than nothing' : 'low is above high'", fieldPath: .low, reason: FieldValueForbidden}
      """

  Rule: Rules are about several fields, or about before and after

    @id:api.custom-rules.message
    Scenario: A rule can compute its message and name the field
      Clients read the reason and the field, people the message.

      Given an empty Namespace
      When I try to create Gadget "one":
        """yaml
        low: 5
        high: 3
        """
      Then it is refused with 422 Invalid
      And the answer matches:
        """yaml
        kind: Status
        details: {causes: [{field: low, reason: FieldValueForbidden, message: "</.*low is above high.*/>"}]}
        """

    @id:api.custom-rules.grows
    Scenario: A value may be allowed to change in one direction only
      The rule compares with the former value.

      Given a Gadget "one":
        """yaml
        high: 3
        """
      When I try to patch Gadget "one":
        """yaml
        high: 2
        """
      Then it is refused with 422 Invalid
      And the message contains "high only grows"
      And as before, high of Gadget "one" is "3"

  Rule: Lists can have keys or be sets

    @id:api.custom-rules.duplicates
    Scenario Outline: Two items of one list that are the same are refused: <what>
      Otherwise nobody could tell them apart.

      Given an empty Namespace
      When I try to create Gadget "one":
        """yaml
        <list>
        """
      Then it is refused with 422 Invalid
      And the answer matches:
        """yaml
        kind: Status
        details: {causes: [{reason: FieldValueDuplicate, field: "<field>"}]}
        """

      Examples:
        | what     | list                            | field    |
        | by key   | parts: [{name: a}, {name: a}]   | parts[1] |
        | by value | tags: [red, red]                | tags[1]  |

    @id:api.custom-rules.either
    Scenario Outline: A field can be a number or a text: <value>
      As ports are.

      Given an empty Namespace
      When I create Gadget "one":
        """yaml
        either: <value>
        """
      Then either of Gadget "one" is "<text>"

      Examples:
        | value  | text |
        | 80     | 80   |
        | "50%"  | 50%  |

  Rule: A schema that gets stricter leaves old objects alone

    @id:api.custom-rules.ratchet
    Scenario: A value that is not allowed any more may stay
      Other fields can be changed meanwhile.

      Given a Gadget "one":
        """yaml
        size: 50
        """
      And I send a JSON patch to CustomResourceDefinition "gadgets.${ns}.example.com":
        """yaml
        - {op: add, path: /spec/versions/0/schema/openAPIV3Schema/properties/size/maximum, value: 10}
        """
      And within 30 seconds, creating Gadget "probe" would be refused with 422 Invalid:
        """yaml
        size: 50
        """
      When I patch Gadget "one":
        """yaml
        colour: blue
        """
      Then Gadget "one" matches:
        """yaml
        size: 50
        colour: blue
        """

    @id:api.custom-rules.ratchet-changed
    Scenario: A value that is changed must be allowed
      Only what stays as it is is forgiven.

      Given a Gadget "one":
        """yaml
        size: 50
        """
      And I send a JSON patch to CustomResourceDefinition "gadgets.${ns}.example.com":
        """yaml
        - {op: add, path: /spec/versions/0/schema/openAPIV3Schema/properties/size/maximum, value: 10}
        """
      And within 30 seconds, creating Gadget "probe" would be refused with 422 Invalid:
        """yaml
        size: 50
        """
      When I try to patch Gadget "one":
        """yaml
        size: 51
        """
      Then it is refused with 422 Invalid
      And the message contains "51"
      And as before, size of Gadget "one" is "50"

  Rule: People have names for kinds, too

    @id:api.custom-rules.short
    Scenario: A kind can be called by a short name
      Its table has the columns of the definition; those of a lower priority are shown on demand.

      Given a Gadget "one":
        """yaml
        size: 7
        colour: blue
        """
      When I call "kubectl get gdg.v1.${ns}.example.com -o wide"
      Then the output contains "SIZE"
      And the output contains "SECRET"
      And the output contains "blue"

    @id:api.custom-rules.category
    Scenario: A category names several kinds at once
      As all does for the kinds of workloads.

      Given a Gadget "one"
      When I call "kubectl get ${ns}"
      Then the output contains "one"

  Rule: A definition must make sense

    @id:api.custom-rules.definition
    Scenario Outline: A definition that cannot work is refused: <what>
      The message names the place in the schema.

      Given an empty Namespace
      When I try to patch CustomResourceDefinition "gadgets.${ns}.example.com":
        """yaml
        spec: {versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {bad: {<schema>}}}}}]}
        """
      Then it is refused with 422 Invalid
      And the message contains "<field>"

      Examples:
        | what                             | schema                                                              | field                    |
        | a rule that cannot be read       | type: string, x-kubernetes-validations: [{rule: self +}]            | x-kubernetes-validations |
        | a rule that is no condition      | type: string, x-kubernetes-validations: [{rule: self}]              | must evaluate to a bool  |
        | a part without a type            | description: nothing                                                | properties[bad].type     |
        | a default of another type        | type: integer, default: many                                        | default                  |
        | a list by keys that are not      | type: array, x-kubernetes-list-type: map, items: {type: object}     | x-kubernetes-list-map-keys |

    @id:api.custom-rules.taken
    Scenario: A second definition of the same kind is not served
      The names of a group belong to whoever came first.

      Given an empty Namespace
      When I create CustomResourceDefinition "things.${ns}.example.com":
        """yaml
        spec:
          group: ${ns}.example.com
          scope: Namespaced
          names: {plural: things, singular: thing, kind: Gadget}
          versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
        """
      Then within 30 seconds, CustomResourceDefinition "things.${ns}.example.com" matches:
        """yaml
        status: {conditions: [{type: NamesAccepted, status: "False", reason: "</.*KindConflict/>"}]}
        """

    @id:api.custom-rules.versions
    Scenario: A definition remembers in which versions objects may be stored
      A version is not taken away before its objects are rewritten.

      Given an empty Namespace
      When I send a JSON patch to CustomResourceDefinition "gadgets.${ns}.example.com":
        """yaml
        - {op: replace, path: /spec/versions/0/storage, value: false}
        - {op: add, path: /spec/versions/-, value: {name: v2, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}}
        """
      Then within 10 seconds, status.storedVersions[1] of CustomResourceDefinition "gadgets.${ns}.example.com" is "v2"
