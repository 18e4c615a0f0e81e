Feature: Every change can be rehearsed

  A dry run goes through all checks and answers as the change would, and stores nothing.

  Documentation: https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run

  Rule: A dry run changes nothing

    @id:api.dry-run.patch
    Scenario: The answer to a patch shows what would be
      The object stays as it is.

      Given a ConfigMap "settings":
        """yaml
        data: {colour: blue}
        """
      When I send PATCH "/api/v1/namespaces/${ns}/configmaps/settings?dryRun=All":
        """yaml
        data: {colour: red}
        """
      Then the answer matches:
        """yaml
        data: {colour: red}
        """
      And as before, data.colour of ConfigMap "settings" is "blue"

    @id:api.dry-run.delete
    Scenario: A deletion can be rehearsed
      The answer tells that it would succeed.

      Given a ConfigMap "settings"
      When I send DELETE "/api/v1/namespaces/${ns}/configmaps/settings?dryRun=All"
      Then the answer matches:
        """yaml
        kind: Status
        status: Success
        """
      And as before, ConfigMap "settings" exists

    @id:api.dry-run.options
    Scenario: The options of a deletion can ask for it as well
      The query and the body say the same.

      Given a ConfigMap "settings"
      When I delete ConfigMap "settings":
        """yaml
        dryRun: [All]
        """
      Then the answer matches:
        """yaml
        status: Success
        """
      And as before, ConfigMap "settings" exists

    @id:api.dry-run.collection
    Scenario: The deletion of a collection can be rehearsed
      The answer lists what would go.

      Given a ConfigMap "a":
        """yaml
        metadata: {labels: {colour: red}}
        """
      And a ConfigMap "b":
        """yaml
        metadata: {labels: {colour: red}}
        """
      When I send DELETE "/api/v1/namespaces/${ns}/configmaps?labelSelector=colour=red&dryRun=All"
      Then the answer lists "a" and "b"
      And as before, ConfigMap "a" exists

    @id:api.dry-run.subresource
    Scenario: A change of the scale can be rehearsed
      Subresources are no exception.

      Given a ReplicaSet "web":
        """yaml
        spec: {replicas: 0}
        """
      When I send PATCH "/apis/apps/v1/namespaces/${ns}/replicasets/web/scale?dryRun=All":
        """yaml
        spec: {replicas: 3}
        """
      Then the answer matches:
        """yaml
        kind: Scale
        spec: {replicas: 3}
        """
      And as before, spec.replicas of ReplicaSet "web" is "0"

  Rule: A dry run is refused like the change

    @id:api.dry-run.refused
    Scenario: What is taken is taken
      A rehearsal finds out before it matters.

      Given a ConfigMap "settings"
      When I try to send POST "/api/v1/namespaces/${ns}/configmaps?dryRun=All":
        """yaml
        metadata: {name: settings}
        """
      Then it is refused with 409 AlreadyExists

    @id:api.dry-run.stages
    Scenario: There is one stage, All
      Other words are refused, so that nobody changes by mistake what he meant to rehearse.

      Given an empty Namespace
      When I try to send POST "/api/v1/namespaces/${ns}/configmaps?dryRun=Some":
        """yaml
        metadata: {name: settings}
        """
      Then it is refused with 422 Invalid
      And the message contains "dryRun"
      And as before, ConfigMap "settings" does not exist
