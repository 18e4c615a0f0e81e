Feature: Roles say who may do what

  A Role lists what may be done with which resources of a namespace; a RoleBinding gives the Role to users.

  Documentation: https://kubernetes.io/docs/reference/access-authn-authz/rbac/

  Background:
    Given a Role "pod-reader":
      """yaml
      rules: [{apiGroups: [""], resources: [pods], verbs: [get, watch, list]}]
      """

  Rule: Who has no right is refused

    @id:access.rbac.no-right
    Scenario Outline: <who> without a role is refused
      Given I act as <who>
      When I try to list Pod objects
      Then it is refused with 403 Forbidden

      Examples:
        | who         |
        | user "jane" |
        | nobody      |

  Rule: A binding gives the rights of a role

    @id:access.rbac.role-binding
    Scenario: A user gets the rights of a Role in its namespace
      Nothing more than the rules say.

      Given an empty Namespace
      When I create RoleBinding "pod-read-access"
      Then within 10 seconds, user "jane" may list pods
      And user "jane" may not delete pods

    @id:access.rbac.two-nodes @needs:two-nodes
    Scenario: The rights are the same on every node
      Given an empty Namespace
      When I create RoleBinding "pod-read-access"
      Then within 10 seconds, user "jane" may list pods
