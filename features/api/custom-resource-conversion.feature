@needs:cluster-scope
Feature: A webhook can convert custom resources

  The versions of a custom kind may differ in more than their names. A webhook then makes an object of one version into one of the other,
  whenever a client asks for another version than the one that is stored.

  Documentation: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#webhook-conversion

  Rule: An object is had in every version, whichever it was written in

    @id:api.conversion.other @needs:nodes @exclusive:stable.example.com
    Scenario: An object that was written in one version is read in another
      Here the first version has one field for what are two in the second.

      Given a ready Service "converter" of the program "crd-conversion-webhook" whose authority is noted as "ca"
      And a ready CustomResourceDefinition "gates-${ns}.stable.example.com":
        """yaml
        spec:
          group: stable.example.com
          scope: Namespaced
          names: {plural: "gates-${ns}", singular: gate, kind: Gate}
          conversion:
            strategy: Webhook
            webhook:
              clientConfig: {service: {namespace: "${ns}", name: converter, path: /crdconvert}, caBundle: "${ca}"}
              conversionReviewVersions: [v1]
          versions:
          - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {hostPort: {type: string}}}}}
          - {name: v2, served: true, storage: false, schema: {openAPIV3Schema: {type: object, properties: {host: {type: string}, port: {type: string}}}}}
        """
      And a Gate "one":
        """yaml
        hostPort: example.com:8080
        """
      When I send GET "/apis/stable.example.com/v2/namespaces/${ns}/gates-${ns}/one"
      Then the answer matches:
        """yaml
        apiVersion: stable.example.com/v2
        hostPort: <none>
        host: example.com
        port: "8080"
        """

    @id:api.conversion.mixed @needs:nodes @exclusive:stable.example.com
    Scenario Outline: A list in the version <version> holds what was stored in several
      Objects stay stored as they are when the version to store is changed, until they are written again.

      Given a ready Service "converter" of the program "crd-conversion-webhook" whose authority is noted as "ca"
      And a ready CustomResourceDefinition "gates-${ns}.stable.example.com":
        """yaml
        spec:
          group: stable.example.com
          scope: Namespaced
          names: {plural: "gates-${ns}", singular: gate, kind: Gate}
          conversion:
            strategy: Webhook
            webhook:
              clientConfig: {service: {namespace: "${ns}", name: converter, path: /crdconvert}, caBundle: "${ca}"}
              conversionReviewVersions: [v1]
          versions:
          - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {hostPort: {type: string}}}}}
          - {name: v2, served: true, storage: false, schema: {openAPIV3Schema: {type: object, properties: {host: {type: string}, port: {type: string}}}}}
        """
      And a Gate "one":
        """yaml
        hostPort: one:80
        """
      And I send a JSON patch to CustomResourceDefinition "gates-${ns}.stable.example.com":
        """yaml
        - {op: replace, path: /spec/versions/0/storage, value: false}
        - {op: replace, path: /spec/versions/1/storage, value: true}
        """
      And I send POST "/apis/stable.example.com/v2/namespaces/${ns}/gates-${ns}":
        """yaml
        apiVersion: stable.example.com/v2
        kind: Gate
        metadata: {name: two}
        host: two
        port: "81"
        """
      And within 20 seconds, Gate "two" exists
      When I send GET "/apis/stable.example.com/<version>/namespaces/${ns}/gates-${ns}"
      Then the answer matches:
        """yaml
        items: <items>
        """

      Examples:
        | version | items                                                                                    |
        | v1      | [{metadata: {name: one}, hostPort: "one:80"}, {metadata: {name: two}, hostPort: "two:81"}] |
        | v2      | [{metadata: {name: one}, host: one, port: "80"}, {metadata: {name: two}, host: two, port: "81"}] |

  Rule: Every version has fields of its own to pick by

    @id:api.conversion.fields @needs:nodes @exclusive:stable.example.com
    Scenario Outline: A list in the version <version> is picked by <selector>
      Fields are looked at in the version that is asked for.

      Given a ready Service "converter" of the program "crd-conversion-webhook" whose authority is noted as "ca"
      And a ready CustomResourceDefinition "gates-${ns}.stable.example.com":
        """yaml
        spec:
          group: stable.example.com
          scope: Namespaced
          names: {plural: "gates-${ns}", singular: gate, kind: Gate}
          conversion:
            strategy: Webhook
            webhook:
              clientConfig: {service: {namespace: "${ns}", name: converter, path: /crdconvert}, caBundle: "${ca}"}
              conversionReviewVersions: [v1]
          versions:
          - name: v1
            served: true
            storage: true
            schema: {openAPIV3Schema: {type: object, properties: {hostPort: {type: string}}}}
            selectableFields: [{jsonPath: .hostPort}]
          - name: v2
            served: true
            storage: false
            schema: {openAPIV3Schema: {type: object, properties: {host: {type: string}, port: {type: string}}}}
            selectableFields: [{jsonPath: .host}, {jsonPath: .port}]
        """
      And a Gate "one":
        """yaml
        hostPort: host1:80
        """
      And a Gate "two":
        """yaml
        hostPort: host1:8080
        """
      And a Gate "three":
        """yaml
        hostPort: host2:80
        """
      When I send GET "/apis/stable.example.com/<version>/namespaces/${ns}/gates-${ns}?fieldSelector=<selector>"
      Then the answer lists <names>

      Examples:
        | case       | version | selector           | names           |
        | one of v1  | v1      | hostPort=host1:80  | "one"           |
        | one of v2  | v2      | host=host1         | "one" and "two" |
        | both of v2 | v2      | host=host1,port=80 | "one"           |

  Rule: Without its webhook a version cannot be had

    @id:api.conversion.unreachable
    Scenario: A version that must be converted to is an error when the webhook is not there
      The version that is stored can be had all the same.

      Given a ready CustomResourceDefinition "gates.${ns}.example.com":
        """yaml
        spec:
          group: ${ns}.example.com
          scope: Namespaced
          names: {plural: gates, singular: gate, kind: Gate}
          conversion:
            strategy: Webhook
            webhook: {clientConfig: {service: {namespace: "${ns}", name: nothing}}, conversionReviewVersions: [v1]}
          versions:
          - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {hostPort: {type: string}}}}}
          - {name: v2, served: true, storage: false, schema: {openAPIV3Schema: {type: object, properties: {host: {type: string}}}}}
        """
      And a Gate "one"
      When I try to send GET "/apis/${ns}.example.com/v2/namespaces/${ns}/gates/one"
      Then it is refused with 500
      And the message contains "conversion webhook"
      And as before, Gate "one" exists
