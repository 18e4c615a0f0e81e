Feature: Objects can be had in several forms

  A client says in the header Accept which form of an answer it wants: JSON, YAML, a table, or the metadata alone.

  Documentation: https://kubernetes.io/docs/reference/using-api/api-concepts/

  Rule: The client chooses the form

    @id:api.content.yaml
    Scenario: An object in YAML
      The same as in JSON, in another notation.

      Given a ConfigMap "settings":
        """yaml
        data: {colour: blue}
        """
      When I send GET "/api/v1/namespaces/${ns}/configmaps/settings" accepting "application/yaml"
      Then the answer contains "colour: blue"

    @id:api.content.metadata
    Scenario: The metadata alone
      What watches many objects for their labels and owners need not carry the rest.

      Given a ConfigMap "settings":
        """yaml
        data: {colour: blue}
        """
      When I send GET "/api/v1/namespaces/${ns}/configmaps/settings" accepting "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
      Then the answer matches:
        """yaml
        kind: PartialObjectMetadata
        apiVersion: meta.k8s.io/v1
        metadata: {name: settings, uid: <any>}
        data: <none>
        """

    @id:api.content.not-acceptable
    Scenario: A form that the API server does not know
      The answer is 406 when the client accepts no other.

      Given a ConfigMap "settings"
      When I try to send GET "/api/v1/namespaces/${ns}/configmaps/settings" accepting "application/pdf"
      Then it is refused with 406 NotAcceptable

    @id:api.content.discovery
    Scenario: The whole discovery in one answer
      So a client learns all kinds with two requests instead of one for each group and version.

      Given an empty Namespace
      When I send GET "/apis" accepting "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
      Then the answer matches:
        """yaml
        kind: APIGroupDiscoveryList
        items: [{metadata: {name: apps}, versions: [{version: v1, resources: [{resource: deployments, scope: Namespaced, subresources: [{subresource: scale}, {subresource: status}]}]}]}]
        """

  Rule: Warnings come with the answer

    @id:api.content.unknown-field-warning
    Scenario: An unknown field may be warned of
      With the field validation Warn the object is stored without the field.

      Given an empty Namespace
      When I send POST "/api/v1/namespaces/${ns}/configmaps?fieldValidation=Warn":
        """yaml
        metadata: {name: settings}
        date: {colour: blue}
        """
      Then the answer warns of "unknown field"
      And data of ConfigMap "settings" is "<none>"

    @id:api.content.deprecation
    Scenario: A deprecated kind comes with a warning
      The warning says what to use instead.

      Given a Service "web":
        """yaml
        spec: {ports: [{port: 80}]}
        """
      When I send GET "/api/v1/namespaces/${ns}/endpoints"
      Then the answer warns of "v1 Endpoints is deprecated"
