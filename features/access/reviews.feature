Feature: The API server answers who may do what

  Extensions ask it whom a token belongs to, and whether a user may do something. The answers are made on the spot and never stored.

  Documentation: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access

  Rule: A TokenReview tells whose token it is

    @id:access.reviews.token @needs:cluster-scope
    Scenario: A token is reviewed for the audience it was made for
      A service passes on what it was shown; the answer holds the name and the audience.

      Given a ServiceAccount "robot"
      And I send POST "/api/v1/namespaces/${ns}/serviceaccounts/robot/token":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: TokenRequest
        spec: {audiences: [vault.example.com]}
        """
      And status.token of the answer is noted as "token"
      When I send POST "/apis/authentication.k8s.io/v1/tokenreviews":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: TokenReview
        spec: {token: "${token}", audiences: [vault.example.com, other.example.com]}
        """
      Then the answer matches:
        """yaml
        status:
          authenticated: true
          audiences: [vault.example.com]
          user: {username: "system:serviceaccount:${ns}:robot"}
        """

    @id:access.reviews.token-audience @needs:cluster-scope
    Scenario: A review without an audience is about the API server's own
      That a token is not valid is an answer, not an error.

      Given a ServiceAccount "robot"
      And I send POST "/api/v1/namespaces/${ns}/serviceaccounts/robot/token":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: TokenRequest
        spec: {audiences: [vault.example.com]}
        """
      And status.token of the answer is noted as "token"
      When I send POST "/apis/authentication.k8s.io/v1/tokenreviews":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: TokenReview
        spec: {token: "${token}"}
        """
      Then the answer matches:
        """yaml
        status: {authenticated: <none>, error: <any>, user: {}}
        """

  Rule: A SubjectAccessReview tells what somebody may do

    @id:access.reviews.subject @needs:cluster-scope
    Scenario: A review answers for any user and his groups
      The user need not exist anywhere.

      Given a Role "reader":
        """yaml
        rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
        """
      And a RoleBinding "readers":
        """yaml
        subjects: [{kind: Group, name: "readers-${ns}", apiGroup: rbac.authorization.k8s.io}]
        roleRef: {kind: Role, name: reader, apiGroup: rbac.authorization.k8s.io}
        """
      And within 10 seconds, user "jane" in group "readers-${ns}" may get configmaps
      When I send POST "/apis/authorization.k8s.io/v1/subjectaccessreviews":
        """yaml
        apiVersion: authorization.k8s.io/v1
        kind: SubjectAccessReview
        spec: {user: jane, groups: ["readers-${ns}"], resourceAttributes: {namespace: "${ns}", verb: get, resource: configmaps}}
        """
      Then the answer matches:
        """yaml
        status: {allowed: true}
        """

    @id:access.reviews.local
    Scenario: A local review is about its own namespace alone
      The right to create one can be given namespace by namespace.

      When I try to send POST "/apis/authorization.k8s.io/v1/namespaces/${ns}/localsubjectaccessreviews":
        """yaml
        apiVersion: authorization.k8s.io/v1
        kind: LocalSubjectAccessReview
        metadata: {namespace: "${ns}"}
        spec: {user: jane, resourceAttributes: {namespace: default, verb: get, resource: configmaps}}
        """
      Then it is refused with 422 Invalid
      And the message contains "spec.resourceAttributes.namespace"

    @id:access.reviews.account @needs:cluster-scope
    Scenario: A local review tells what a service account may do
      The account that acts is told the same by its requests.

      Given a ServiceAccount "robot"
      And a Role "reader":
        """yaml
        rules: [{apiGroups: [""], resources: [configmaps], verbs: [list]}]
        """
      And I call "kubectl create rolebinding readers --role reader --serviceaccount ${ns}:robot"
      And within 10 seconds, ServiceAccount "robot" may list configmaps
      When I send POST "/apis/authorization.k8s.io/v1/namespaces/${ns}/localsubjectaccessreviews":
        """yaml
        apiVersion: authorization.k8s.io/v1
        kind: LocalSubjectAccessReview
        metadata: {namespace: "${ns}"}
        spec: {user: "system:serviceaccount:${ns}:robot", resourceAttributes: {namespace: "${ns}", verb: list, resource: configmaps, version: v1}}
        """
      Then the answer matches:
        """yaml
        status: {allowed: true}
        """

    @id:access.reviews.acting @needs:cluster-scope
    Scenario: What a review allows is done
      The user acts as the account, by impersonation.

      Given a ServiceAccount "robot"
      And a ConfigMap "settings"
      And I call "kubectl create rolebinding viewers --clusterrole view --serviceaccount ${ns}:robot"
      And within 10 seconds, ServiceAccount "robot" may list configmaps
      And I act as user "system:serviceaccount:${ns}:robot" in group "system:serviceaccounts:${ns}"
      When I list ConfigMap objects with field "metadata.name=settings"
      Then the answer lists "settings"

    @id:access.reviews.selector @needs:cluster-scope
    Scenario: A selector that cannot be read does not narrow the question
      The answer says that a part of it was left out.

      Given a Role "reader":
        """yaml
        rules: [{apiGroups: [""], resources: [pods], verbs: [list]}]
        """
      And a RoleBinding "readers":
        """yaml
        subjects: [{kind: User, name: "jane-${ns}", apiGroup: rbac.authorization.k8s.io}]
        roleRef: {kind: Role, name: reader, apiGroup: rbac.authorization.k8s.io}
        """
      And within 10 seconds, user "jane-${ns}" may list pods
      When I send POST "/apis/authorization.k8s.io/v1/subjectaccessreviews":
        """yaml
        apiVersion: authorization.k8s.io/v1
        kind: SubjectAccessReview
        spec:
          user: "jane-${ns}"
          resourceAttributes: {namespace: "${ns}", verb: list, resource: pods, fieldSelector: {rawSelector: "a in (b)"}}
        """
      Then the answer matches:
        """yaml
        status: {allowed: true, evaluationError: spec.resourceAttributes.fieldSelector ignored due to parse error}
        """
