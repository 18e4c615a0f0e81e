@needs:cluster-scope
Feature: New kinds can do what built-in kinds can

  A custom kind can have several versions, a scale, columns for people, and rules for changes.

  Documentation: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/

  Background:
    Given a ready CustomResourceDefinition "gadgets.${ns}.example.com":
      """yaml
      spec:
        group: ${ns}.example.com
        scope: Namespaced
        names: {plural: gadgets, singular: gadget, kind: Gadget}
        versions:
        - name: v1
          served: true
          storage: true
          subresources: {scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}}
          selectableFields: [{jsonPath: .spec.colour}, {jsonPath: .spec.size}]
          additionalPrinterColumns: [{name: Colour, type: string, jsonPath: .spec.colour}]
          schema:
            openAPIV3Schema:
              type: object
              properties:
                spec:
                  type: object
                  properties:
                    replicas: {type: integer}
                    size: {type: string}
                    colour: {type: string, enum: [red, blue], x-kubernetes-validations: [{rule: self == oldSelf, message: the colour stays}]}
                    serial: {type: string, pattern: "^[A-Z]{2}[0-9]+$", maxLength: 8}
                    free: {type: object, x-kubernetes-preserve-unknown-fields: true}
                status: {type: object, properties: {replicas: {type: integer}}}
        - {name: v2, served: true, storage: false, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
        - {name: v3, served: false, storage: false, schema: {openAPIV3Schema: {type: object}}}
      """

  Rule: An object can be had in every version that is served

    @id:api.custom-resource-versions.other
    Scenario: An object that was written in one version is read in another
      Without a conversion only the version in the object differs.

      Given a Gadget "one":
        """yaml
        spec: {colour: blue}
        """
      When I send GET "/apis/${ns}.example.com/v2/namespaces/${ns}/gadgets/one"
      Then the answer matches:
        """yaml
        apiVersion: ${ns}.example.com/v2
        spec: {colour: blue}
        """

    @id:api.custom-resource-versions.not-served
    Scenario: A version that is not served does not exist
      It may have been served once.

      Given a Gadget "one"
      When I try to send GET "/apis/${ns}.example.com/v3/namespaces/${ns}/gadgets/one"
      Then it is refused with 404

  Rule: A custom kind can be scaled and shown

    @id:api.custom-resource-versions.scale
    Scenario: The scale is a subresource
      Autoscalers and kubectl scale need no more than this.

      Given a Gadget "one":
        """yaml
        spec: {replicas: 1}
        """
      When I call "kubectl scale gadgets.v1.${ns}.example.com/one --replicas 3"
      Then spec.replicas of Gadget "one" is "3"

    @id:api.custom-resource-versions.columns
    Scenario: The table has the columns of the definition
      The first one is the name.

      Given a Gadget "one":
        """yaml
        spec: {colour: blue}
        """
      When I call "kubectl get gadgets.v1.${ns}.example.com"
      Then the output contains "COLOUR"
      And the output contains "one    blue"

    @id:api.custom-resource-versions.fields
    Scenario: Objects can be picked by the fields that the definition allows
      Other fields cannot be selected by.

      Given a Gadget "one":
        """yaml
        spec: {colour: blue}
        """
      And a Gadget "two":
        """yaml
        spec: {colour: red}
        """
      When I list Gadget objects with field "spec.colour=red"
      Then the answer lists "two"

    @id:api.custom-resource-versions.watched-fields
    Scenario: A watch can be picked by fields, too
      An object that stops to match is reported as deleted.

      Given a Gadget "one":
        """yaml
        spec: {size: small}
        """
      And a Gadget "two":
        """yaml
        spec: {size: large}
        """
      And I watch Gadget objects with field "spec.size=small"
      And I patch Gadget "two":
        """yaml
        spec: {size: small}
        """
      When I patch Gadget "one":
        """yaml
        spec: {size: large}
        """
      Then within 10 seconds, the watch has seen:
        | ADDED   | two |
        | DELETED | one |

  Rule: The schema can say a lot about values

    @id:api.custom-resource-versions.values
    Scenario Outline: A value that breaks the <rule> is refused
      The message names the field.

      Given an empty Namespace
      When I try to create Gadget "one":
        """yaml
        spec: {<value>}
        """
      Then it is refused with 422 Invalid
      And the message contains "<field>"

      Examples:
        | rule      | value              | field         |
        | type      | replicas: many     | spec.replicas |
        | list      | colour: green      | spec.colour   |
        | pattern   | serial: a1         | spec.serial   |
        | length    | serial: AB12345678 | spec.serial   |

    @id:api.custom-resource-versions.transition
    Scenario: A rule can compare with the former value
      So a field can be made to stay.

      Given a Gadget "one":
        """yaml
        spec: {colour: blue}
        """
      When I try to patch Gadget "one":
        """yaml
        spec: {colour: red}
        """
      Then it is refused with 422 Invalid
      And the message contains "the colour stays"

    @id:api.custom-resource-versions.preserved
    Scenario: A part without a schema keeps everything
      Elsewhere unknown fields are dropped.

      Given an empty Namespace
      When I create Gadget "one":
        """yaml
        spec: {free: {anything: {goes: here}}}
        """
      Then spec.free.anything.goes of Gadget "one" is "here"
