@needs:cluster-scope
Feature: The schemas of custom kinds are published

  The API server describes custom kinds as it describes its own, in OpenAPI. Editors, clients and kubectl learn from there what fields they
  have.

  Documentation: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#publish-validation-schema-in-openapi

  Background:
    Given a ready CustomResourceDefinition "widgets.${ns}.example.com":
      """yaml
      spec:
        group: ${ns}.example.com
        scope: Namespaced
        names: {plural: widgets, kind: Widget}
        versions:
        - name: v1
          served: true
          storage: true
          schema: &schema
            openAPIV3Schema:
              type: object
              properties: {spec: {type: object, description: What is wanted of it, properties: {size: {type: integer, minimum: 1}}}}
        - {name: v2, served: true, storage: false, schema: *schema}
      """

  Rule: Every version of every custom kind is published

    @id:api.custom-resource-schemas.versions
    Scenario: All served versions of a kind are published
      Each version has a document of its own.

      Given within 30 seconds, GET "/openapi/v3/apis/${ns}.example.com/v1" is answered with:
        """yaml
        components: {schemas: {com.example.${ns}.v1.Widget: {properties: {spec: {properties: {size: {type: integer}}}}}}}
        """
      When I send GET "/openapi/v3/apis/${ns}.example.com/v2"
      Then the answer matches:
        """yaml
        components: {schemas: {com.example.${ns}.v2.Widget: {properties: {spec: {description: What is wanted of it}}}}}
        """

    @id:api.custom-resource-schemas.old-form
    Scenario: The older form of OpenAPI has custom kinds as well
      All of it is one document, with the kinds of the API server.

      Given an empty Namespace
      When I create CustomResourceDefinition "gadgets.tools.${ns}.example.com":
        """yaml
        spec:
          group: tools.${ns}.example.com
          scope: Cluster
          names: {plural: gadgets, kind: Gadget}
          versions: [{name: v1beta1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {power: {type: integer}}}}}]
        """
      Then within 60 seconds, GET "/openapi/v2" is answered with:
        """yaml
        definitions:
          com.example.${ns}.tools.v1beta1.Gadget: {properties: {power: {type: integer}}}
          com.example.${ns}.v1.Widget: {properties: {spec: {properties: {size: {type: integer}}}}}
          com.example.${ns}.v2.Widget: {properties: {spec: {properties: {size: {type: integer}}}}}
        """

    @id:api.custom-resource-schemas.beside
    Scenario Outline: <what> is published beside the first one
      The documents that are there stay.

      Given within 30 seconds, GET "/openapi/v3/apis/${ns}.example.com/v1" is answered with:
        """yaml
        components: {schemas: {com.example.${ns}.v1.Widget: {properties: {spec: {properties: {size: {type: integer}}}}}}}
        """
      When I create CustomResourceDefinition "gadgets.<group>":
        """yaml
        spec:
          group: <group>
          scope: Cluster
          names: {plural: gadgets, kind: Gadget}
          versions: [{name: <version>, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {power: {type: integer}}}}}]
        """
      Then within 30 seconds, GET "/openapi/v3/apis/<group>/<version>" is answered with:
        """yaml
        components: {schemas: {<name>: {properties: {power: {type: integer}}}}}
        """
      And as before, GET "/openapi/v3/apis/${ns}.example.com/v1" is answered with:
        """yaml
        components: {schemas: {com.example.${ns}.v1.Widget: {properties: {spec: {properties: {size: {type: integer}}}}}}}
        """

      Examples:
        | what                         | group                   | version | name                                  |
        | a kind of another group      | tools.${ns}.example.com | v1      | com.example.${ns}.tools.v1.Gadget     |
        | a kind of another version    | ${ns}.example.com       | v3      | com.example.${ns}.v3.Gadget           |
        | a kind of the same version   | ${ns}.example.com       | v1      | com.example.${ns}.v1.Gadget           |

  Rule: What is published follows the definition

    @id:api.custom-resource-schemas.renamed
    Scenario: A version that gets another name is published under that
      The old name is gone, the other versions stay.

      Given within 60 seconds, GET "/openapi/v2" is answered with:
        """yaml
        definitions: {com.example.${ns}.v1.Widget: <any>, com.example.${ns}.v2.Widget: <any>}
        """
      When I send a JSON patch to CustomResourceDefinition "widgets.${ns}.example.com":
        """yaml
        - {op: test, path: /spec/versions/1/name, value: v2}
        - {op: replace, path: /spec/versions/1/name, value: v3}
        """
      Then within 60 seconds, GET "/openapi/v2" is answered with:
        """yaml
        definitions:
          com.example.${ns}.v1.Widget: {properties: {spec: {properties: {size: {type: integer}}}}}
          com.example.${ns}.v2.Widget: <none>
          com.example.${ns}.v3.Widget: {properties: {spec: {properties: {size: {type: integer}}}}}
        """

    @id:api.custom-resource-schemas.not-served
    Scenario: A version that is no longer served is no longer published
      The other version stays.

      Given within 60 seconds, GET "/openapi/v2" is answered with:
        """yaml
        definitions: {com.example.${ns}.v1.Widget: <any>, com.example.${ns}.v2.Widget: <any>}
        """
      When I send a JSON patch to CustomResourceDefinition "widgets.${ns}.example.com":
        """yaml
        - {op: replace, path: /spec/versions/1/served, value: false}
        """
      Then within 60 seconds, GET "/openapi/v2" is answered with:
        """yaml
        definitions: {com.example.${ns}.v1.Widget: {properties: {spec: {properties: {size: {type: integer}}}}}, com.example.${ns}.v2.Widget: <none>}
        """
