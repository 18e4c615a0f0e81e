Feature: Changes can be watched

  A client that needs to know what changes does not ask again and again. It lists once and then watches from the version of that list, and
  the API server sends every change that came after it, in order.

  Documentation: https://kubernetes.io/docs/reference/using-api/api-concepts/

  Rule: A watch delivers every change in order

    @id:api.watch.order
    Scenario: A life from creation to deletion
      No change is left out and none comes twice.

      Given I watch ConfigMap objects with label "watched=yes"
      And a ConfigMap "settings":
        """yaml
        metadata: {labels: {watched: "yes"}}
        """
      And I patch ConfigMap "settings":
        """yaml
        data: {colour: red}
        """
      When I delete ConfigMap "settings"
      Then within 10 seconds, the watch has seen:
        | ADDED    | settings |
        | MODIFIED | settings |
        | DELETED  | settings |

    @id:api.watch.selector
    Scenario: An object that stops to match is reported as deleted
      The watcher of a selection sees the selection, not the objects.

      Given I watch ConfigMap objects with label "watched=yes"
      And a ConfigMap "settings":
        """yaml
        metadata: {labels: {watched: "yes"}}
        """
      When I patch ConfigMap "settings":
        """yaml
        metadata: {labels: {watched: "no"}}
        """
      Then within 10 seconds, the watch has seen:
        | ADDED   | settings |
        | DELETED | settings |
      And as before, ConfigMap "settings" exists
