Feature: Several writers can change one object

  An object can be replaced as a whole or patched in parts. The resource version tells the versions of an object apart, so that nobody
  overwrites what he has not seen.

  Documentation: https://kubernetes.io/docs/reference/using-api/api-concepts/

  Rule: A replacement must be made from the newest version

    @id:api.updates.stale-replace
    Scenario: A replacement of an old version is refused
      Read the object again, make the change again, and send it again.

      Given a ConfigMap "settings":
        """yaml
        data: {colour: blue}
        """
      And metadata.resourceVersion of ConfigMap "settings" is noted as "old"
      And I patch ConfigMap "settings":
        """yaml
        data: {colour: green}
        """
      When I try to replace ConfigMap "settings":
        """yaml
        metadata: {resourceVersion: "${old}"}
        data: {colour: red}
        """
      Then it is refused with 409 Conflict
      And as before, data.colour of ConfigMap "settings" is "green"

    @id:api.updates.replace
    Scenario: A replacement takes away what it does not mention
      A replacement is the whole object, unlike a patch.

      Given a ConfigMap "settings":
        """yaml
        data: {colour: blue, size: small}
        """
      When I replace ConfigMap "settings":
        """yaml
        data: {colour: red}
        """
      Then ConfigMap "settings" matches:
        """yaml
        data: {colour: red, size: <none>}
        """

  Rule: A patch changes parts of an object

    @id:api.updates.merge-patch
    Scenario: A merge patch sets fields and removes those that are null
      Fields that the patch does not mention stay.

      Given a ConfigMap "settings":
        """yaml
        data: {colour: blue, size: small, shape: round}
        """
      When I send a merge patch to ConfigMap "settings":
        """yaml
        data: {colour: red, size: null}
        """
      Then ConfigMap "settings" matches:
        """yaml
        data: {colour: red, size: <none>, shape: round}
        """

    @id:api.updates.json-patch
    Scenario: A JSON patch is a list of operations
      The operation "test" makes the patch depend on the present value.

      Given a ConfigMap "settings":
        """yaml
        data: {colour: blue, size: small}
        """
      When I send a JSON patch to ConfigMap "settings":
        """yaml
        - {op: test, path: /data/colour, value: blue}
        - {op: replace, path: /data/colour, value: red}
        - {op: remove, path: /data/size}
        """
      Then ConfigMap "settings" matches:
        """yaml
        data: {colour: red, size: <none>}
        """

    @id:api.updates.json-patch-test
    Scenario: A JSON patch whose test fails changes nothing
      The request is refused as a whole.

      Given a ConfigMap "settings":
        """yaml
        data: {colour: blue}
        """
      When I try to send a JSON patch to ConfigMap "settings":
        """yaml
        - {op: replace, path: /data/colour, value: red}
        - {op: test, path: /data/colour, value: blue}
        """
      Then it is refused with 422 Invalid
      And as before, data.colour of ConfigMap "settings" is "blue"

    @id:api.updates.strategic-merge-patch
    Scenario: A strategic merge patch merges lists by their keys
      Containers are told apart by their name, so that one can be changed without repeating the others.

      Given a Deployment "web":
        """yaml
        spec:
          replicas: 0
          template: {spec: {containers: [{name: main}, {name: side}]}}
        """
      When I send a strategic merge patch to Deployment "web":
        """yaml
        spec: {template: {spec: {containers: [{name: side, image: other}]}}}
        """
      Then Deployment "web" matches:
        """yaml
        spec: {template: {spec: {containers: [{name: main, image: "${agnhost}"}, {name: side, image: other}]}}}
        """

  Rule: The generation counts the changes of what is wanted

    @id:api.updates.generation
    Scenario: A change of the spec raises the generation
      Controllers report in status.observedGeneration which generation they have seen.

      Given a ReplicaSet "web":
        """yaml
        spec: {replicas: 0}
        """
      When I patch ReplicaSet "web":
        """yaml
        spec: {minReadySeconds: 7}
        """
      Then metadata.generation of ReplicaSet "web" is "2"
      And within 30 seconds, status.observedGeneration of ReplicaSet "web" is "2"

    @id:api.updates.generation-labels
    Scenario: A change of labels does not raise the generation
      Labels describe an object; they are not what is wanted of it.

      Given a ReplicaSet "web":
        """yaml
        spec: {replicas: 0}
        """
      When I patch ReplicaSet "web":
        """yaml
        metadata: {labels: {tier: front}}
        """
      Then ReplicaSet "web" matches:
        """yaml
        metadata: {generation: 1, labels: {tier: front}}
        """
