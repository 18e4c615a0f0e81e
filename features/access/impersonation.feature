Feature: A request can be made as somebody else

  Who may impersonate can act with the name, the groups, the uid and further attributes of another identity. The rights that count are those
  of the other one. Each part takes a right of its own.

  Documentation: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation

  Rule: All attributes of an identity can be taken over

    @id:access.impersonation.attributes @needs:cluster-scope
    Scenario: Name, groups, uid and further attributes
      The API server answers who it takes the request to be from.

      Given an empty Namespace
      When I call "kubectl auth whoami --as jane-${ns} --as-group readers --as-uid 1234 --as-user-extra scopes=view -o yaml"
      Then the output has the line "username: jane-${ns}"
      And the output has the line "- readers"
      And the output contains "1234"
      And the output contains "scopes:"

    @id:access.impersonation.authenticated @needs:cluster-scope
    Scenario: Who is impersonated is among the authenticated
      The group is added, as it is for everybody who says who he is.

      Given I act as user "jane-${ns}"
      When I send POST "/apis/authentication.k8s.io/v1/selfsubjectreviews":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: SelfSubjectReview
        """
      Then the answer matches:
        """yaml
        status: {userInfo: {username: "jane-${ns}", groups: [system:authenticated]}}
        """

    @id:access.impersonation.account @needs:cluster-scope
    Scenario: A service account has its groups
      Its name tells them.

      Given I act as user "system:serviceaccount:${ns}:robot"
      When I call "kubectl auth whoami -o yaml"
      Then the output contains "username: system:serviceaccount:${ns}:robot"

  Rule: Each attribute takes a right

    @id:access.impersonation.narrow @needs:cluster-scope
    Scenario Outline: The right to impersonate one user does not reach to <what>
      Rules can name users, groups, uids and the values of further attributes.

      Given a ServiceAccount "robot"
      And a ClusterRole "${ns}-impersonator":
        """yaml
        rules: [{apiGroups: [""], resources: [users], resourceNames: ["jane-${ns}"], verbs: [impersonate]}, {apiGroups: [""], resources: [nodes], verbs: [get]}]
        """
      And a ClusterRoleBinding "${ns}-impersonator":
        """yaml
        subjects: [{kind: ServiceAccount, name: robot, namespace: "${ns}"}]
        roleRef: {kind: ClusterRole, name: "${ns}-impersonator", apiGroup: rbac.authorization.k8s.io}
        """
      And within 10 seconds, ServiceAccount "robot" may get nodes
      And I act as ServiceAccount "robot"
      When I try to call "kubectl get --raw /version <flags>"
      Then the command fails with exit code 1
      And the output contains "cannot impersonate"

      Examples:
        | what                | flags                                       |
        | another user        | --as joe-${ns}                              |
        | a group             | --as jane-${ns} --as-group readers          |
        | a uid               | --as jane-${ns} --as-uid 1234               |
        | a further attribute | --as jane-${ns} --as-user-extra scopes=view |

    @id:access.impersonation.nameless
    Scenario: Groups without a name are refused
      An identity has a name first of all.

      Given an empty Namespace
      When I try to call "kubectl auth whoami --as-group readers"
      Then the command fails with exit code 1
