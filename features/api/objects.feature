Feature: Objects are stored, read, changed and removed

  Every kind of Kubernetes is used in the same way: you send an object with a kind, a name and a spec, and the API server keeps it until
  you change or delete it. It tells you with a status code and a reason how each request went.

  Documentation: https://kubernetes.io/docs/concepts/overview/working-with-objects/

  Rule: A name belongs to one object of a kind in a namespace

    @id:api.objects.create
    Scenario: A created object gets an identity
      The API server fills in the uid, the creation time and the resource version. If this fails, look at the answer to the request.

      Given a Namespace "${ns}-other"
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
      And ConfigMap "settings" matches:
        """yaml
        data: {colour: blue}
        """

    @id:api.objects.name-is-taken
    Scenario: A second object of the same name is refused
      Names are unique for a kind in a namespace. The first object stays as it is.

      Given a ConfigMap "settings":
        """yaml
        data: {colour: blue}
        """
      When I try to create ConfigMap "settings":
        """yaml
        data: {colour: red}
        """
      Then it is refused with 409 AlreadyExists
      And data.colour of ConfigMap "settings" is "blue"
