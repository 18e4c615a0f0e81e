Feature: The API server knows who is asking

  A request carries a client certificate, a token, or nothing. Who it is from decides what it may do.

  Documentation: https://kubernetes.io/docs/reference/access-authn-authz/authentication/

  Rule: A request says who it is from

    @id:access.authentication.self @needs:cluster-scope
    Scenario: A user can ask who he is
      The answer holds the name and the groups.

      Given I act as user "jane-${ns}" in group "readers"
      When I send POST "/apis/authentication.k8s.io/v1/selfsubjectreviews":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: SelfSubjectReview
        """
      Then the answer matches:
        """yaml
        status: {userInfo: {username: "jane-${ns}", groups: [system:authenticated, readers]}}
        """

    @id:access.authentication.bad-token
    Scenario: A token that is not valid is refused
      It is not taken for a request without credentials.

      Given I act with the token "not-a-token"
      When I try to send GET "/api/v1/namespaces/${ns}/configmaps"
      Then it is refused with 401 Unauthorized
      And the message contains "Unauthorized"

    @id:access.authentication.anonymous
    Scenario: A request without credentials may not read objects
      Where anonymous requests are allowed at all, they have next to no rights.

      Given I act as nobody
      When I try to send GET "/api/v1/namespaces/${ns}/configmaps"
      Then the answer matches:
        """yaml
        kind: Status
        status: Failure
        code: </401|403/>
        """

    @id:access.authentication.impersonation
    Scenario: Only who may impersonate can act for another one
      The right is called impersonate.

      Given a ServiceAccount "robot"
      And I act as ServiceAccount "robot"
      When I try to call "kubectl get --raw /api/v1/namespaces/${ns}/configmaps --as jane"
      Then the command fails with exit code 1
      And the output contains "cannot impersonate"

  Rule: A user can ask what he may do

    @id:access.authorization.self @needs:cluster-scope
    Scenario: A review answers for the user who asks
      The reason tells which binding gives the right.

      Given a Role "reader":
        """yaml
        rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
        """
      And a RoleBinding "readers":
        """yaml
        subjects: [{kind: User, name: "jane-${ns}", apiGroup: rbac.authorization.k8s.io}]
        roleRef: {kind: Role, name: reader, apiGroup: rbac.authorization.k8s.io}
        """
      And within 10 seconds, user "jane-${ns}" may get configmaps
      And I act as user "jane-${ns}"
      When I send POST "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews":
        """yaml
        apiVersion: authorization.k8s.io/v1
        kind: SelfSubjectAccessReview
        spec: {resourceAttributes: {namespace: "${ns}", verb: get, resource: configmaps}}
        """
      Then the answer matches:
        """yaml
        status: {allowed: true}
        """

    @id:access.authorization.rules @needs:cluster-scope
    Scenario: A user can list what he may do in a namespace
      kubectl auth can-i --list shows the same.

      Given a Role "reader":
        """yaml
        rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
        """
      And a RoleBinding "readers":
        """yaml
        subjects: [{kind: User, name: "jane-${ns}", apiGroup: rbac.authorization.k8s.io}]
        roleRef: {kind: Role, name: reader, apiGroup: rbac.authorization.k8s.io}
        """
      And within 10 seconds, user "jane-${ns}" may get configmaps
      And I act as user "jane-${ns}"
      When I send POST "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews":
        """yaml
        apiVersion: authorization.k8s.io/v1
        kind: SelfSubjectRulesReview
        spec: {namespace: "${ns}"}
        """
      Then the answer matches:
        """yaml
        status: {resourceRules: [{verbs: [get], apiGroups: [""], resources: [configmaps]}]}
        """

  Rule: Who has the right can act for another one

    @id:access.authentication.acting @needs:cluster-scope
    Scenario: A service account that may impersonate a user acts for him
      The requests have the rights of the user, not those of the account.

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
      When I call "kubectl auth whoami --as jane-${ns}"
      Then the output contains "jane-${ns}"
