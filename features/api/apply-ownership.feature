Feature: Field managers own what they set

  Every writer is a field manager, whether it applies, patches or replaces. Lists whose items have a key are owned item by item, other lists
  as a whole.

  Documentation: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management

  Rule: Everybody who writes manages what he wrote

    @id:api.ownership.update
    Scenario: A patch makes its sender a manager, too
      The operation tells it from an apply.

      Given I apply ConfigMap "settings" as "painter":
        """yaml
        data: {colour: blue}
        """
      When I send PATCH "/api/v1/namespaces/${ns}/configmaps/settings?fieldManager=editor":
        """yaml
        data: {size: small}
        """
      Then ConfigMap "settings" matches:
        """yaml
        metadata:
          managedFields:
          - {manager: painter, operation: Apply, fieldsV1: {"f:data": {"f:colour": {}}}}
          - {manager: editor, operation: Update, fieldsV1: {"f:data": {"f:size": {}}}}
        """

    @id:api.ownership.taken
    Scenario: A patch takes a field over without asking
      Only applying is careful. The former manager hears of it when it applies again.

      Given I apply ConfigMap "settings" as "painter":
        """yaml
        data: {colour: blue}
        """
      And I send PATCH "/api/v1/namespaces/${ns}/configmaps/settings?fieldManager=editor":
        """yaml
        data: {colour: red}
        """
      When I try to apply ConfigMap "settings" as "painter":
        """yaml
        data: {colour: blue}
        """
      Then it is refused with 409 Conflict
      And the message contains "editor"

    @id:api.ownership.subresource
    Scenario: The status is managed apart from the rest
      The entry names the subresource.

      Given a Service "web":
        """yaml
        spec: {type: LoadBalancer, ports: [{port: 80}]}
        """
      When I send PATCH "/api/v1/namespaces/${ns}/services/web/status?fieldManager=balancer":
        """yaml
        status: {loadBalancer: {ingress: [{hostname: balancer.example.com}]}}
        """
      Then the answer matches:
        """yaml
        metadata: {managedFields: [{manager: balancer, operation: Update, subresource: status}]}
        """

    @id:api.ownership.cleared
    Scenario: Managed fields can be cleared
      A list with one empty entry forgets all managers.

      Given I apply ConfigMap "settings" as "painter":
        """yaml
        data: {colour: blue}
        """
      When I patch ConfigMap "settings":
        """yaml
        metadata: {managedFields: [{}]}
        """
      Then metadata.managedFields of ConfigMap "settings" is "<none>"

  Rule: Lists with keys are shared item by item

    @id:api.ownership.containers
    Scenario: Two managers have a container each
      Containers are told apart by their names.

      Given I apply Deployment "web" as "author":
        """yaml
        spec:
          replicas: 0
          selector: {matchLabels: {app: web}}
          template: {metadata: {labels: {app: web}}, spec: {containers: [{name: main, image: "${agnhost}"}]}}
        """
      When I apply Deployment "web" as "injector":
        """yaml
        spec: {template: {spec: {containers: [{name: side, image: "${busybox}"}]}}}
        """
      Then Deployment "web" matches:
        """yaml
        spec: {template: {spec: {containers: [{name: main, image: "${agnhost}"}, {name: side, image: "${busybox}"}]}}}
        """

    @id:api.ownership.item-removed
    Scenario: A manager that leaves its item out removes it
      The items of others stay.

      Given I apply Service "web" as "author":
        """yaml
        spec: {ports: [{name: http, port: 80}]}
        """
      And I apply Service "web" as "helper":
        """yaml
        spec: {ports: [{name: https, port: 443}]}
        """
      When I apply Service "web" as "helper":
        """yaml
        metadata: {labels: {tier: front}}
        """
      Then Service "web" matches:
        """yaml
        metadata: {labels: {tier: front}}
        spec: {ports: [{name: http, port: 80}]}
        """
      And there are exactly 0 Service objects:
        """yaml
        spec: {ports: [{port: 443}]}
        """

    @id:api.ownership.atomic
    Scenario: A list without keys has one manager
      Who changes it owns all of it.

      Given I apply Pod "web" as "author":
        """yaml
        spec: {schedulingGates: [{name: example.com/wait}], containers: [{name: main, image: "${agnhost}", args: [pause]}]}
        """
      When I try to apply Pod "web" as "helper":
        """yaml
        spec: {containers: [{name: main, args: [other]}]}
        """
      Then it is refused with 409 Conflict
      And the message contains ".args"

    @id:api.ownership.custom @needs:cluster-scope
    Scenario: The schema of a custom kind says which lists have keys
      The type of the list is map, and its keys are named.

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
            schema:
              openAPIV3Schema:
                type: object
                properties:
                  parts:
                    type: array
                    x-kubernetes-list-type: map
                    x-kubernetes-list-map-keys: [name]
                    items: {type: object, required: [name], properties: {name: {type: string}, size: {type: integer}}}
        """
      And I apply Gadget "one" as "author":
        """yaml
        parts: [{name: a, size: 1}]
        """
      When I apply Gadget "one" as "helper":
        """yaml
        parts: [{name: b, size: 2}]
        """
      Then Gadget "one" matches:
        """yaml
        parts: [{name: a, size: 1}, {name: b, size: 2}]
        """

  Rule: An apply that is not one is refused

    @id:api.ownership.nameless
    Scenario: Who applies says who he is
      Without a field manager nobody would own the fields.

      Given a ConfigMap "settings"
      When I try to call "kubectl apply --server-side --field-manager= -f -":
        """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: settings}}
        """
      Then the command fails with exit code 1
      And the output contains "fieldManager"

    @id:api.ownership.own-list
    Scenario: Managed fields are not applied
      The API server keeps them.

      Given an empty Namespace
      When I try to apply ConfigMap "settings" as "painter":
        """yaml
        metadata: {managedFields: [{manager: painter, operation: Apply, apiVersion: v1, fieldsType: FieldsV1, fieldsV1: {}}]}
        data: {colour: blue}
        """
      Then it is refused with 400 BadRequest
      And the message contains "managedFields must be nil"

    @id:api.ownership.stale
    Scenario: An apply can be bound to a version
      With a resource version it is refused when the object has changed since.

      Given I apply ConfigMap "settings" as "painter":
        """yaml
        data: {colour: blue}
        """
      And metadata.resourceVersion of ConfigMap "settings" is noted as "old"
      And I patch ConfigMap "settings":
        """yaml
        data: {size: small}
        """
      When I try to apply ConfigMap "settings" as "painter":
        """yaml
        metadata: {resourceVersion: "${old}"}
        data: {colour: red}
        """
      Then it is refused with 409 Conflict
      And as before, data.colour of ConfigMap "settings" is "blue"
