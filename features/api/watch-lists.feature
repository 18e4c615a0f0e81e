Feature: A client says how fresh its answers must be

  A list is as new as the newest write, unless the client asks for less. A watch can begin with what is there, and can tell from time to
  time how far it has come.

  Documentation: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions

  Rule: A list can be asked for at a version

    @id:api.freshness.exact
    Scenario: A list of exactly one version
      It shows what was there then.

      Given a ConfigMap "old"
      And metadata.resourceVersion of ConfigMap "old" is noted as "version"
      And a ConfigMap "new"
      When I send GET "/api/v1/namespaces/${ns}/configmaps?labelSelector=seatrial.dev/run&resourceVersionMatch=Exact&resourceVersion=${version}"
      Then the answer lists "old"
      And the answer matches:
        """yaml
        metadata: {resourceVersion: "${version}"}
        """

    @id:api.freshness.not-older
    Scenario: A list that is not older than a version
      A newer one will do.

      Given a ConfigMap "settings"
      And metadata.resourceVersion of ConfigMap "settings" is noted as "version"
      When I send GET "/api/v1/namespaces/${ns}/configmaps?labelSelector=seatrial.dev/run&resourceVersionMatch=NotOlderThan&resourceVersion=${version}"
      Then the answer lists "settings"

    @id:api.freshness.invalid
    Scenario Outline: A question that makes no sense is refused: <what>
      The answer tells which part does not fit.

      Given an empty Namespace
      When I try to send GET "/api/v1/namespaces/${ns}/configmaps?<query>"
      Then it is refused with 422 Invalid
      And the message contains "<field>"

      Examples:
        | what                         | query                                         | field                |
        | a match without a version    | resourceVersionMatch=Exact                    | resourceVersionMatch |
        | exactly any version          | resourceVersionMatch=Exact&resourceVersion=0  | resourceVersionMatch |
        | a match that there is not    | resourceVersionMatch=Newer&resourceVersion=1  | resourceVersionMatch |
        | initial events without watch | sendInitialEvents=true                        | sendInitialEvents    |

    @id:api.freshness.future
    Scenario: A version that has not come yet is waited for, but not for long
      The answer says that it is too large.

      Given an empty Namespace
      When I try to send GET "/api/v1/namespaces/${ns}/configmaps?resourceVersion=9000000000000000"
      Then it is refused with 504 Timeout
      And the message contains "Too large resource version"

  Rule: A watch can begin with what is there

    @id:api.freshness.initial
    Scenario: The initial events end with a bookmark
      A client needs no list before its watch.

      Given a ConfigMap "settings"
      When I send GET "/api/v1/namespaces/${ns}/configmaps?watch=1&timeoutSeconds=2&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
      Then the answer contains "ADDED"
      And the answer contains "settings"
      And the answer contains "BOOKMARK"
      And the answer contains "k8s.io/initial-events-end"

    @id:api.freshness.any
    Scenario: A watch from the version 0 begins with what is there, too
      It may be a little old.

      Given a ConfigMap "settings"
      When I send GET "/api/v1/namespaces/${ns}/configmaps?watch=1&timeoutSeconds=2&resourceVersion=0&labelSelector=seatrial.dev/run"
      Then the answer contains "ADDED"
      And the answer contains "settings"

    @id:api.freshness.initial-invalid
    Scenario: Initial events go with a match of NotOlderThan
      Exactly one version would be no watch.

      Given an empty Namespace
      When I try to send GET "/api/v1/namespaces/${ns}/configmaps?watch=1&sendInitialEvents=true&resourceVersionMatch=Exact&resourceVersion=1"
      Then it is refused with 422 Invalid
      And the message contains "resourceVersionMatch"
