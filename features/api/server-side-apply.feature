Feature: Server-side apply lets several managers share an object

  You send the fields that you have an opinion about, together with your name as the field manager. The API server remembers who manages
  which field, and does not let one manager overwrite another one by accident.

  Documentation: https://kubernetes.io/docs/reference/using-api/server-side-apply/

  Rule: Applying creates what is not there and changes what is

    @id:api.apply.creates
    Scenario: Applying an object that does not exist creates it
      The field manager is kept in metadata.managedFields.

      Given an empty Namespace
      When I apply ConfigMap "settings" as "painter":
        """yaml
        data: {colour: blue}
        """
      Then ConfigMap "settings" matches:
        """yaml
        metadata: {managedFields: [{manager: painter, operation: Apply, fieldsV1: {"f:data": {"f:colour": {}}}}]}
        data: {colour: blue}
        """

    @id:api.apply.removes
    Scenario: A field that its only manager leaves out is removed
      To apply is to say everything that you want to be there.

      Given an empty Namespace
      And I apply ConfigMap "settings" as "painter":
        """yaml
        data: {colour: blue, size: small}
        """
      When I apply ConfigMap "settings" as "painter":
        """yaml
        data: {colour: blue}
        """
      Then ConfigMap "settings" matches:
        """yaml
        data: {colour: blue, size: <none>}
        """

  Rule: A field of another manager is not overwritten by accident

    @id:api.apply.conflict
    Scenario: Applying another value to a field of another manager is refused
      The message names the manager and the field.

      Given I apply ConfigMap "settings" as "painter":
        """yaml
        data: {colour: blue}
        """
      When I try to apply ConfigMap "settings" as "decorator":
        """yaml
        data: {colour: red}
        """
      Then it is refused with 409 Conflict
      And the message contains "painter"
      And the message contains ".data.colour"
      And as before, data.colour of ConfigMap "settings" is "blue"

    @id:api.apply.force
    Scenario: Applying by force takes the field over
      The former manager loses the field and keeps the others.

      Given I apply ConfigMap "settings" as "painter":
        """yaml
        data: {colour: blue, size: small}
        """
      When I force-apply ConfigMap "settings" as "decorator":
        """yaml
        data: {colour: red}
        """
      Then ConfigMap "settings" matches:
        """yaml
        metadata:
          managedFields:
          - {manager: painter, fieldsV1: {"f:data": {"f:colour": <none>, "f:size": {}}}}
          - {manager: decorator, fieldsV1: {"f:data": {"f:colour": {}}}}
        data: {colour: red, size: small}
        """

    @id:api.apply.shared
    Scenario: Two managers may share a field when they agree on its value
      The field stays when one of them leaves it out.

      Given I apply ConfigMap "settings" as "painter":
        """yaml
        data: {colour: blue, size: small}
        """
      And I apply ConfigMap "settings" as "decorator":
        """yaml
        data: {colour: blue}
        """
      When I apply ConfigMap "settings" as "painter":
        """yaml
        data: {size: large}
        """
      Then ConfigMap "settings" matches:
        """yaml
        data: {colour: blue, size: large}
        """
