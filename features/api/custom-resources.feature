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

    @id:api.custom-resources.default-added
    Scenario: A default that is added later counts for the objects that are there
      It is filled in when they are read, and stored when they are next written.

      Given a Widget "one":
        """yaml
        spec: {size: 3}
        """
      When I send a JSON patch to CustomResourceDefinition "widgets.${ns}.example.com":
        """yaml
        - {op: add, path: /spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/shape, value: {type: string, default: round}}
        """
      Then within 30 seconds, GET "/apis/${ns}.example.com/v1/namespaces/${ns}/widgets/one" is answered with:
        """yaml
        spec: {size: 3, shape: round}
        """

  Rule: Objects of the new kind can be watched and deleted like all others

    @id:api.custom-resources.watch
    Scenario: The life of two custom objects is watched
      The API server keeps every change apart.

      Given I watch Widget objects
      And a Widget "one":
        """yaml
        spec: {size: 1}
        """
      And a Widget "two":
        """yaml
        spec: {size: 2}
        """
      And I patch Widget "one":
        """yaml
        spec: {size: 5}
        """
      And I delete Widget "one"
      When I delete Widget "two"
      Then within 10 seconds, the watch has seen:
        | ADDED    | one |
        | ADDED    | two |
        | MODIFIED | one |
        | DELETED  | one |
        | DELETED  | two |

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

    @id:api.custom-resources.served
    Scenario: The kind is served a moment after its definition was made
      The conditions of the definition tell when its names are accepted and its objects can be used.

      Given an empty Namespace
      When I create CustomResourceDefinition "gadgets.${ns}.example.com":
        """yaml
        spec:
          group: ${ns}.example.com
          scope: Cluster
          names: {plural: gadgets, kind: Gadget}
          versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
        """
      Then within 30 seconds, CustomResourceDefinition "gadgets.${ns}.example.com" matches:
        """yaml
        spec: {names: {singular: gadget, listKind: GadgetList}}
        status: {conditions: [{type: NamesAccepted, status: "True"}, {type: Established, status: "True"}], storedVersions: [v1]}
        """
      And within 30 seconds, GET "/apis/${ns}.example.com/v1/gadgets" is answered with:
        """yaml
        kind: GadgetList
        items: []
        """

    @id:api.custom-resources.collection
    Scenario: Definitions are found and deleted by their label
      The definitions without the label stay.

      Given I patch CustomResourceDefinition "widgets.${ns}.example.com":
        """yaml
        metadata: {labels: {life: "${ns}", colour: red}}
        """
      And a CustomResourceDefinition "gadgets.${ns}.example.com":
        """yaml
        metadata: {labels: {life: "${ns}"}}
        spec:
          group: ${ns}.example.com
          scope: Cluster
          names: {plural: gadgets, kind: Gadget}
          versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
        """
      And there are exactly 2 CustomResourceDefinition objects with label "life=${ns}"
      When I delete all CustomResourceDefinition objects with label "life=${ns},colour=red"
      Then within 30 seconds, there are exactly 1 CustomResourceDefinition objects with label "life=${ns}"
      And as before, CustomResourceDefinition "gadgets.${ns}.example.com" exists

  Rule: A definition has a status like other objects

    @id:api.custom-resources.definition-status
    Scenario: The status of a definition is patched through its subresource
      The condition of another controller stays beside those of the API server.

      Given an empty Namespace
      When I send a JSON patch to the "status" of CustomResourceDefinition "widgets.${ns}.example.com":
        """yaml
        - {op: add, path: /status/conditions/-, value: {type: Checked, status: "True", reason: Tried}}
        """
      Then CustomResourceDefinition "widgets.${ns}.example.com" matches:
        """yaml
        status: {conditions: [{type: Established, status: "True"}, {type: Checked, status: "True", reason: Tried}]}
        """

    @id:api.custom-resources.definition-status-replaced
    Scenario: The status of a definition is read and replaced through its subresource
      The subresource is the whole object, of which only the status is written.

      Given metadata.uid of CustomResourceDefinition "widgets.${ns}.example.com" is noted as "uid"
      And I send GET "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${ns}.example.com/status"
      And metadata.resourceVersion of the answer is noted as "version"
      When I send PUT "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${ns}.example.com/status":
        """yaml
        metadata: {name: "widgets.${ns}.example.com", resourceVersion: "${version}"}
        spec: {group: other.example.com, scope: Cluster, names: {plural: widgets, kind: Widget}, versions: []}
        status:
          acceptedNames: {plural: widgets, kind: Widget}
          storedVersions: [v1]
          conditions: [{type: Checked, status: "True", reason: Tried}]
        """
      Then the answer matches:
        """yaml
        metadata: {uid: "${uid}"}
        spec: {scope: Namespaced}
        status: {conditions: [{type: Checked, status: "True", reason: Tried}]}
        """
