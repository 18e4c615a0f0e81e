Feature: Settings are objects that the API server checks

  ConfigMaps and Secrets are data and nothing else. The API server looks after their keys and their size, and keeps those unchanged that are
  to stay as they are.

  Documentation: https://kubernetes.io/docs/concepts/configuration/configmap/

  Rule: A key is a name

    @id:configuration.objects.empty-key
    Scenario Outline: A <kind> with the key "<key>" is refused
      A key becomes the name of a file or of a variable.

      Given an empty Namespace
      When I try to create <kind> "settings":
        """yaml
        data: {"<key>": Ymx1ZQ==}
        """
      Then it is refused with 422 Invalid
      And the message contains "data"
      And as before, <kind> "settings" does not exist

      Examples:
        | case             | kind      | key |
        | configmap-empty  | ConfigMap |     |
        | configmap-spaces | ConfigMap | a b |
        | secret-empty     | Secret    |     |
        | secret-spaces    | Secret    | a b |

  Rule: What is immutable stays

    @id:configuration.objects.immutable
    Scenario Outline: An immutable <kind> cannot <what>
      Make a new object and use that instead. Only the metadata may still change.

      Given I create <kind> "settings":
        """yaml
        data: {colour: Ymx1ZQ==}
        """
      And I patch <kind> "settings":
        """yaml
        data: {colour: cmVk}
        immutable: true
        """
      When I try to patch <kind> "settings":
        """yaml
        <change>
        """
      Then it is refused with 422 Invalid
      And the message contains "field is immutable when `immutable` is set"
      And as before, data.colour of <kind> "settings" is "cmVk"

      Examples:
        | case              | kind      | what                       | change                   |
        | configmap-data    | ConfigMap | get other data             | data: {colour: Ymx1ZQ==} |
        | configmap-mutable | ConfigMap | be made mutable again      | immutable: false         |
        | secret-data       | Secret    | get other data             | data: {colour: Ymx1ZQ==} |
        | secret-mutable    | Secret    | be made mutable again      | immutable: false         |
