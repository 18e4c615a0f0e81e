Feature: Objects are stored, read and removed

  Every kind of Kubernetes is used in the same way: you send an object with a kind, a name and a spec, and the API server keeps it until
  you change or delete it. A status code and a reason tell how each request went.

  Documentation: https://kubernetes.io/docs/concepts/overview/working-with-objects/

  Rule: The API server gives every object an identity

    @id:api.objects.create
    Scenario: A created object gets a uid, a time and a version
      The answer to the request already holds what the API server filled in.

      Given an empty Namespace
      When I create ConfigMap "settings":
        """yaml
        data: {colour: blue}
        """
      Then the answer matches:
        """yaml
        metadata:
          uid: </[0-9a-f]{8}-[0-9a-f-]{27}/>
          creationTimestamp: <any>
          resourceVersion: </[0-9]+/>
        """
      And data.colour of ConfigMap "settings" is "blue"

    @id:api.objects.generate-name
    Scenario: An object without a name gets one with the wanted beginning
      The API server adds random characters to metadata.generateName.

      Given an empty Namespace
      When I send POST "/api/v1/namespaces/${ns}/configmaps":
        """yaml
        metadata: {generateName: settings-}
        """
      Then the answer matches:
        """yaml
        metadata: {name: "</settings-[a-z0-9]{5}/>"}
        """
      And there are exactly 1 ConfigMap objects:
        """yaml
        metadata: {generateName: settings-}
        """

  Rule: A name belongs to one object of a kind in a namespace

    @id:api.objects.name-is-taken
    Scenario: A second object of the same name is refused
      The first object stays as it is.

      Given a ConfigMap "settings":
        """yaml
        data: {colour: blue}
        """
      When I try to create ConfigMap "settings":
        """yaml
        data: {colour: red}
        """
      Then it is refused with 409 AlreadyExists
      And as before, data.colour of ConfigMap "settings" is "blue"

    @id:api.objects.same-name-elsewhere @needs:cluster-scope
    Scenario: Another namespace may have an object of the same name
      The two objects have nothing to do with each other.

      Given a ConfigMap "settings":
        """yaml
        data: {colour: blue}
        """
      And a ready Namespace "${ns}-other"
      When I create ConfigMap "${ns}-other/settings":
        """yaml
        data: {colour: red}
        """
      Then data.colour of ConfigMap "${ns}-other/settings" is "red"
      And as before, data.colour of ConfigMap "settings" is "blue"

  Rule: What is not there cannot be used

    @id:api.objects.missing
    Scenario: Reading an object that does not exist
      The message names the object that was looked for.

      Given a ConfigMap "settings"
      When I try to get ConfigMap "nothing"
      Then it is refused with 404 NotFound
      And the message contains "not found"

    @id:api.objects.deleted
    Scenario: A deleted object is gone
      An object without finalizers that nothing has to be stopped for goes at once.

      Given a ConfigMap "settings"
      And metadata.uid of ConfigMap "settings" is noted as "uid"
      When I delete ConfigMap "settings"
      Then the answer matches:
        """yaml
        kind: Status
        status: Success
        details: {name: settings, uid: "${uid}"}
        """
      And ConfigMap "settings" is gone
