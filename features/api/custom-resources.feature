@needs:cluster-scope
Feature: A cluster can be taught new kinds

  A CustomResourceDefinition adds a kind to the API. Its objects are stored, validated, watched and protected like those of any other
  kind.

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
          subresources: {status: {}}
          schema:
            openAPIV3Schema:
              type: object
              properties:
                spec:
                  type: object
                  required: [size]
                  properties:
                    size: {type: integer, minimum: 1, maximum: 10}
                    colour: {type: string, default: blue}
                  x-kubernetes-validations:
                  - {rule: "self.colour != 'red' || self.size < 5", message: red widgets are smaller than 5}
                status:
                  type: object
                  properties: {ready: {type: boolean}}
      """

  Rule: Objects of the new kind follow its schema

    @id:api.custom-resources.default
    Scenario: Fields that are left out get their defaults
      The default is stored with the object.

      Given an empty Namespace
      When I create Widget "one":
        """yaml
        spec: {size: 3}
        """
      Then spec.colour of Widget "one" is "blue"

    @id:api.custom-resources.invalid
    Scenario: A value outside of the schema is refused
      The message names the field and the bound.

      Given an empty Namespace
      When I try to create Widget "one":
        """yaml
        spec: {size: 11}
        """
      Then it is refused with 422 Invalid
      And the message contains "spec.size"
      And as before, Widget "one" does not exist

    @id:api.custom-resources.rule
    Scenario: A rule that several fields are part of is enforced
      The rule is an expression of the Common Expression Language.

      Given an empty Namespace
      When I try to create Widget "one":
        """yaml
        spec: {size: 7, colour: red}
        """
      Then it is refused with 422 Invalid
      And the message contains "red widgets are smaller than 5"

    @id:api.custom-resources.pruned
    Scenario: Fields that the schema does not know are dropped
      Without strict field validation the request is accepted all the same.

      Given an empty Namespace
      When I send POST "/apis/${ns}.example.com/v1/namespaces/${ns}/widgets?fieldValidation=Ignore":
        """yaml
        apiVersion: ${ns}.example.com/v1
        kind: Widget
        metadata: {name: one}
        spec: {size: 3, taste: sweet}
        """
      Then Widget "one" matches:
        """yaml
        spec: {size: 3, taste: <none>}
        """

  Rule: The status has a door of its own

    @id:api.custom-resources.status
    Scenario: The status is changed through its subresource only
      A write to the object itself leaves the status alone.

      Given a Widget "one":
        """yaml
        spec: {size: 3}
        status: {ready: false}
        """
      When I patch the "status" of Widget "one":
        """yaml
        spec: {size: 4}
        status: {ready: true}
        """
      Then Widget "one" matches:
        """yaml
        metadata: {generation: 1}
        spec: {size: 3}
        status: {ready: true}
        """

    @id:api.custom-resources.status-forbidden
    Scenario: Who may change an object may not change its status
      The subresource needs a right of its own.

      Given a Widget "one":
        """yaml
        spec: {size: 3}
        """
      And I call "kubectl create role editor --resource widgets.${ns}.example.com --verb get,patch"
      And I call "kubectl create rolebinding editors --role editor --user jane-${ns}"
      And within 10 seconds, user "jane-${ns}" may patch widgets.${ns}.example.com
      And I act as user "jane-${ns}"
      When I try to patch the "status" of Widget "one":
        """yaml
        status: {ready: true}
        """
      Then it is refused with 403 Forbidden

  Rule: A definition takes its objects with it

    @id:api.custom-resources.removed
    Scenario: The kind is gone when its definition is deleted
      Its objects are deleted first.

      Given a Widget "one":
        """yaml
        spec: {size: 3}
        """
      When I delete CustomResourceDefinition "widgets.${ns}.example.com"
      Then within 60 seconds, CustomResourceDefinition "widgets.${ns}.example.com" is gone
