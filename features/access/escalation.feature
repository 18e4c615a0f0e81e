@needs:cluster-scope
Feature: Rights are given with care

  Who may write roles and bindings could give himself every right. So the API server lets a user give only what he has, unless he has the
  right to give more.

  Documentation: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping

  Rule: A binding takes the rights of the role, or the right to bind it

    @id:access.escalation.bind
    Scenario: A user cannot bind a role with rights he lacks
      Not even for somebody else.

      Given a Role "strong":
        """yaml
        rules: [{apiGroups: [""], resources: [secrets], verbs: [get]}]
        """
      And a Role "binder":
        """yaml
        rules: [{apiGroups: [rbac.authorization.k8s.io], resources: [rolebindings], verbs: [create]}]
        """
      And I call "kubectl create rolebinding binders --role binder --user jane-${ns}"
      And within 10 seconds, user "jane-${ns}" may create rolebindings.rbac.authorization.k8s.io
      And I act as user "jane-${ns}"
      When I try to create RoleBinding "given":
        """yaml
        subjects: [{kind: User, name: "joe-${ns}", apiGroup: rbac.authorization.k8s.io}]
        roleRef: {kind: Role, name: strong, apiGroup: rbac.authorization.k8s.io}
        """
      Then it is refused with 403 Forbidden
      And the message contains "attempting to grant RBAC permissions not currently held"

    @id:access.escalation.binder
    Scenario: Who has the right to bind a role may bind it
      The right can be narrowed to certain roles.

      Given a Role "strong":
        """yaml
        rules: [{apiGroups: [""], resources: [secrets], verbs: [get]}]
        """
      And a Role "binder":
        """yaml
        rules:
        - {apiGroups: [rbac.authorization.k8s.io], resources: [rolebindings], verbs: [create]}
        - {apiGroups: [rbac.authorization.k8s.io], resources: [roles], resourceNames: [strong], verbs: [bind]}
        """
      And I call "kubectl create rolebinding binders --role binder --user jane-${ns}"
      And within 10 seconds, user "jane-${ns}" may create rolebindings.rbac.authorization.k8s.io
      And I act as user "jane-${ns}"
      When I create RoleBinding "given":
        """yaml
        subjects: [{kind: User, name: "joe-${ns}", apiGroup: rbac.authorization.k8s.io}]
        roleRef: {kind: Role, name: strong, apiGroup: rbac.authorization.k8s.io}
        """
      Then within 10 seconds, user "joe-${ns}" may get secrets

  Rule: A role takes its rights, or the right to go beyond

    @id:access.escalation.own
    Scenario: A user can give what he has
      Each right is compared, in its namespace.

      Given a Role "writer":
        """yaml
        rules:
        - {apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [create]}
        - {apiGroups: [""], resources: [configmaps], verbs: [get, list]}
        """
      And I call "kubectl create rolebinding writers --role writer --user jane-${ns}"
      And within 10 seconds, user "jane-${ns}" may create roles.rbac.authorization.k8s.io
      And I act as user "jane-${ns}"
      When I create Role "given":
        """yaml
        rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
        """
      Then Role "given" exists

    @id:access.escalation.escalate
    Scenario: Who has the right to escalate may write any role
      This is next to being an administrator.

      Given a Role "writer":
        """yaml
        rules: [{apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [create, escalate]}]
        """
      And I call "kubectl create rolebinding writers --role writer --user jane-${ns}"
      And within 10 seconds, user "jane-${ns}" may create roles.rbac.authorization.k8s.io
      And I act as user "jane-${ns}"
      When I create Role "given":
        """yaml
        rules: [{apiGroups: [""], resources: [secrets], verbs: [get]}]
        """
      Then Role "given" exists

    @id:access.escalation.update
    Scenario: A role cannot be changed to give more
      Removing rights is no escalation.

      Given a Role "given":
        """yaml
        rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
        """
      And a Role "writer":
        """yaml
        rules: [{apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [get, patch]}]
        """
      And I call "kubectl create rolebinding writers --role writer --user jane-${ns}"
      And within 10 seconds, user "jane-${ns}" may patch roles.rbac.authorization.k8s.io
      And I act as user "jane-${ns}"
      When I try to patch Role "given":
        """yaml
        rules: [{apiGroups: [""], resources: [secrets], verbs: [get]}]
        """
      Then it is refused with 403 Forbidden

    @id:access.escalation.aggregated
    Scenario: Who may aggregate must have every right
      Nobody knows which roles will bear the labels one day.

      Given a ClusterRole "${ns}-writer":
        """yaml
        rules: [{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [create]}]
        """
      And a ClusterRoleBinding "${ns}-writers":
        """yaml
        subjects: [{kind: User, name: "jane-${ns}", apiGroup: rbac.authorization.k8s.io}]
        roleRef: {kind: ClusterRole, name: "${ns}-writer", apiGroup: rbac.authorization.k8s.io}
        """
      And within 10 seconds, user "jane-${ns}" may create clusterroles.rbac.authorization.k8s.io
      And I act as user "jane-${ns}"
      When I try to create ClusterRole "${ns}-sum":
        """yaml
        aggregationRule: {clusterRoleSelectors: [{matchLabels: {example.com/sum: "${ns}"}}]}
        """
      Then it is refused with 403 Forbidden
      And the message contains "must have cluster-admin privileges to use the aggregationRule"

  Rule: Rights can be asked for

    @id:access.escalation.path
    Scenario: A review answers for a path that is no resource
      Everybody who has said who he is may see the version.

      Given an empty Namespace
      When I send POST "/apis/authorization.k8s.io/v1/subjectaccessreviews":
        """yaml
        apiVersion: authorization.k8s.io/v1
        kind: SubjectAccessReview
        spec: {user: "jane-${ns}", groups: [system:authenticated], nonResourceAttributes: {path: /version, verb: get}}
        """
      Then the answer matches:
        """yaml
        status: {allowed: true}
        """

    @id:access.escalation.nobody
    Scenario: A review must be about somebody
      A user or a group.

      Given an empty Namespace
      When I try to send POST "/apis/authorization.k8s.io/v1/subjectaccessreviews":
        """yaml
        apiVersion: authorization.k8s.io/v1
        kind: SubjectAccessReview
        spec: {resourceAttributes: {namespace: "${ns}", verb: get, resource: configmaps}}
        """
      Then it is refused with 422 Invalid
      And the message contains "at least one of user or group must be specified"
