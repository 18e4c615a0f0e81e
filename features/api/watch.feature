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
      Then within 10 seconds, the watch has seen nothing but:
        | ADDED    | settings |
        | MODIFIED | settings |
        | DELETED  | settings |

    @id:api.watch.others
    Scenario: A watcher of one label hears nothing of objects with another
      What happens to them costs it nothing.

      Given I watch ConfigMap objects with label "colour=red"
      And a ConfigMap "sky":
        """yaml
        metadata: {labels: {colour: blue}}
        """
      And a ConfigMap "rose":
        """yaml
        metadata: {labels: {colour: red}}
        """
      And I patch ConfigMap "sky":
        """yaml
        data: {size: large}
        """
      And I delete ConfigMap "sky"
      When I delete ConfigMap "rose"
      Then within 10 seconds, the watch has seen nothing but:
        | ADDED   | rose |
        | DELETED | rose |

    @id:api.watch.several
    Scenario: A watcher of several labels hears of all of them
      In the order in which it happens, whichever the label.

      Given I watch ConfigMap objects with label "colour in (red, blue)"
      And a ConfigMap "sky":
        """yaml
        metadata: {labels: {colour: blue}}
        """
      And a ConfigMap "rose":
        """yaml
        metadata: {labels: {colour: red}}
        """
      And a ConfigMap "leaf":
        """yaml
        metadata: {labels: {colour: green}}
        """
      And I delete ConfigMap "rose"
      When I delete ConfigMap "sky"
      Then within 10 seconds, the watch has seen nothing but:
        | ADDED   | sky  |
        | ADDED   | rose |
        | DELETED | rose |
        | DELETED | sky  |

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
      Then within 10 seconds, the watch has seen nothing but:
        | ADDED   | settings |
        | DELETED | settings |
      And as before, ConfigMap "settings" exists

    @id:api.watch.back
    Scenario: An object that begins to match is reported as added
      For the watcher of a selection it is new.

      Given I watch ConfigMap objects with label "watched=yes"
      And a ConfigMap "settings":
        """yaml
        metadata: {labels: {watched: "no"}}
        """
      When I patch ConfigMap "settings":
        """yaml
        metadata: {labels: {watched: "yes"}}
        """
      Then within 10 seconds, the watch has seen nothing but:
        | ADDED | settings |

  Rule: A watch can begin in the past

    @id:api.watch.from-version
    Scenario: A watch from an old version delivers what came after it
      So a client that was cut off misses nothing: it goes on from the last version that it saw.

      Given a ConfigMap "settings"
      And metadata.resourceVersion of ConfigMap "settings" is noted as "version"
      And I patch ConfigMap "settings":
        """yaml
        data: {colour: red}
        """
      And I delete ConfigMap "settings"
      And I watch ConfigMap objects from version "${version}"
      When I create ConfigMap "others"
      Then within 10 seconds, the watch has seen:
        | MODIFIED | settings |
        | DELETED  | settings |
        | ADDED    | others   |

    @id:api.watch.same-order
    Scenario: All watches tell the same story
      Whenever they began, and however many there are.

      Given a ConfigMap "first"
      And metadata.resourceVersion of ConfigMap "first" is noted as "version"
      And I watch ConfigMap objects from version "${version}"
      And a ConfigMap "second"
      And I watch ConfigMap objects from version "${version}"
      And I delete ConfigMap "first"
      When I create ConfigMap "third"
      Then within 10 seconds, every watch has seen:
        | ADDED   | second |
        | DELETED | first  |
        | ADDED   | third  |
