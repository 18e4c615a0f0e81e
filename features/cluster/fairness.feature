Feature: The API server shares itself out fairly

  Requests are sorted into priority levels by FlowSchemas. Each level has its share, so that one client cannot starve the others.

  Documentation: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/

  Rule: Some levels are always there

    @id:cluster.fairness.mandatory
    Scenario Outline: The priority level <name> is there
      Exempt requests never wait; catch-all takes what nothing else matches.

      Given an empty Namespace
      When I get PriorityLevelConfiguration "<name>"
      Then the answer matches:
        """yaml
        spec: {type: <type>}
        """

      Examples:
        | name      | type    |
        | exempt    | Exempt  |
        | catch-all | Limited |

    @id:cluster.fairness.schema @needs:cluster-scope
    Scenario: A FlowSchema that names no level says so
      Its requests go to the next schema that matches.

      Given an empty Namespace
      When I create FlowSchema "${ns}":
        """yaml
        spec:
          priorityLevelConfiguration: {name: "${ns}-nothing"}
          matchingPrecedence: 9999
          rules: [{subjects: [{kind: User, user: {name: "jane-${ns}"}}], resourceRules: [{verbs: [get], apiGroups: [""], resources: [pods], namespaces: ["*"]}]}]
        """
      Then within 30 seconds, FlowSchema "${ns}" matches:
        """yaml
        status: {conditions: [{type: Dangling, status: "True"}]}
        """
