Feature: Roles say who may do what

  A Role lists what may be done with which resources of a namespace; a RoleBinding gives the Role to users, groups or service accounts.
  Rights add up; nothing can be forbidden that another role allows.

  Documentation: https://kubernetes.io/docs/reference/access-authn-authz/rbac/

  Background:
    Given a Role "pod-reader":
      """yaml
      rules: [{apiGroups: [""], resources: [pods], verbs: [get, watch, list]}]
      """

  Rule: Who has no right is refused

    @id:access.rbac.no-right @needs:cluster-scope
    Scenario: A user without a role is refused
      The message says who wanted to do what with which resource, and where.

      Given I act as user "jane-${ns}"
      When I try to send GET "/api/v1/namespaces/${ns}/pods"
      Then it is refused with 403 Forbidden
      And the message contains "cannot list resource"
      And the message contains "in the namespace"

  Rule: A binding gives the rights of a role

    @id:access.rbac.role-binding @needs:cluster-scope
    Scenario: A user gets the rights of a Role in its namespace
      Nothing more than the rules say.

      Given a Pod "web":
        """yaml
        spec: {schedulingGates: [{name: example.com/wait}]}
        """
      When I create RoleBinding "pod-read-access":
        """yaml
        subjects: [{kind: User, name: "jane-${ns}", apiGroup: rbac.authorization.k8s.io}]
        roleRef: {kind: Role, name: pod-reader, apiGroup: rbac.authorization.k8s.io}
        """
      Then within 10 seconds, user "jane-${ns}" may list pods
      And as before, user "jane-${ns}" may not delete pods
      And as before, user "jane-${ns}" may not list secrets
      And as before, user "jane-${ns}" may not list pods in Namespace "default"

    @id:access.rbac.used @needs:cluster-scope
    Scenario: The rights count for requests
      What may be read can be read, and no more.

      Given a Pod "web":
        """yaml
        spec: {schedulingGates: [{name: example.com/wait}]}
        """
      And a RoleBinding "pod-read-access":
        """yaml
        subjects: [{kind: User, name: "jane-${ns}", apiGroup: rbac.authorization.k8s.io}]
        roleRef: {kind: Role, name: pod-reader, apiGroup: rbac.authorization.k8s.io}
        """
      And within 10 seconds, user "jane-${ns}" may get pods
      And I act as user "jane-${ns}"
      And I get Pod "web"
      When I try to delete Pod "web"
      Then it is refused with 403 Forbidden

    @id:access.rbac.group @needs:cluster-scope
    Scenario: A group can be bound
      Every member of the group has the rights.

      Given a RoleBinding "readers":
        """yaml
        subjects: [{kind: Group, name: "readers-${ns}", apiGroup: rbac.authorization.k8s.io}]
        roleRef: {kind: Role, name: pod-reader, apiGroup: rbac.authorization.k8s.io}
        """
      And within 10 seconds, user "jane-${ns}" in group "readers-${ns}" may list pods
      And I act as user "jane-${ns}" in group "readers-${ns}"
      When I list Pod objects with label "app=web"
      Then it is accepted
      And the answer lists nothing

    @id:access.rbac.service-account @needs:cluster-scope
    Scenario: A service account can be bound
      Pods use the rights of their service account.

      Given a ServiceAccount "robot"
      When I create RoleBinding "robots":
        """yaml
        subjects: [{kind: ServiceAccount, name: robot, namespace: "${ns}"}]
        roleRef: {kind: Role, name: pod-reader, apiGroup: rbac.authorization.k8s.io}
        """
      Then within 10 seconds, ServiceAccount "robot" may list pods
      And as before, ServiceAccount "robot" may not create pods

    @id:access.rbac.cluster-role @needs:cluster-scope
    Scenario: A ClusterRole can be given for one namespace only
      A RoleBinding to a ClusterRole counts in the namespace of the binding.

      Given a ClusterRole "${ns}-secret-reader":
        """yaml
        rules: [{apiGroups: [""], resources: [secrets], verbs: [get]}]
        """
      When I create RoleBinding "secret-read-access":
        """yaml
        subjects: [{kind: User, name: "jane-${ns}", apiGroup: rbac.authorization.k8s.io}]
        roleRef: {kind: ClusterRole, name: "${ns}-secret-reader", apiGroup: rbac.authorization.k8s.io}
        """
      Then within 10 seconds, user "jane-${ns}" may get secrets
      And as before, user "jane-${ns}" may not get secrets in Namespace "default"

    @id:access.rbac.cluster-binding @needs:cluster-scope
    Scenario: A ClusterRoleBinding gives the rights everywhere
      It is the only way to rights on cluster-scoped resources.

      Given a ClusterRole "${ns}-node-reader":
        """yaml
        rules: [{apiGroups: [""], resources: [nodes, configmaps], verbs: [get]}]
        """
      When I create ClusterRoleBinding "${ns}-node-readers":
        """yaml
        subjects: [{kind: User, name: "jane-${ns}", apiGroup: rbac.authorization.k8s.io}]
        roleRef: {kind: ClusterRole, name: "${ns}-node-reader", apiGroup: rbac.authorization.k8s.io}
        """
      Then within 10 seconds, user "jane-${ns}" may get nodes
      And user "jane-${ns}" may get configmaps in Namespace "default"

  Rule: Nobody can give more than he has

    @id:access.rbac.no-escalation @needs:cluster-scope
    Scenario: A user cannot write a role with rights he lacks
      The right to write roles is not the right to everything.

      Given a Role "role-writer":
        """yaml
        rules: [{apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [create]}]
        """
      And a RoleBinding "role-writers":
        """yaml
        subjects: [{kind: User, name: "jane-${ns}", apiGroup: rbac.authorization.k8s.io}]
        roleRef: {kind: Role, name: role-writer, apiGroup: rbac.authorization.k8s.io}
        """
      And within 10 seconds, user "jane-${ns}" may create roles.rbac.authorization.k8s.io
      And I act as user "jane-${ns}"
      When I try to create Role "everything":
        """yaml
        rules: [{apiGroups: [""], resources: [secrets], verbs: [get]}]
        """
      Then it is refused with 403 Forbidden
      And the message contains "attempting to grant RBAC permissions not currently held"

    @id:access.rbac.role-ref
    Scenario: A binding cannot be turned to another role
      Delete the binding and make a new one.

      Given a RoleBinding "pod-read-access":
        """yaml
        subjects: [{kind: User, name: "jane-${ns}", apiGroup: rbac.authorization.k8s.io}]
        roleRef: {kind: Role, name: pod-reader, apiGroup: rbac.authorization.k8s.io}
        """
      When I try to patch RoleBinding "pod-read-access":
        """yaml
        roleRef: {kind: Role, name: other, apiGroup: rbac.authorization.k8s.io}
        """
      Then it is refused with 422 Invalid
      And the message contains "cannot change roleRef"

  Rule: Rules can be narrow

    @id:access.rbac.resource-names @needs:cluster-scope
    Scenario: A rule can be about objects of some names
      Other objects of the kind are not covered.

      Given a ConfigMap "mine"
      And a Role "one-reader":
        """yaml
        rules: [{apiGroups: [""], resources: [configmaps], resourceNames: [mine], verbs: [get]}, {apiGroups: [""], resources: [configmaps], verbs: [list]}]
        """
      And I call "kubectl create rolebinding one-readers --role one-reader --user jane-${ns}"
      And within 10 seconds, user "jane-${ns}" may list configmaps
      And I act as user "jane-${ns}"
      When I try to call "kubectl auth can-i get configmap/mine"
      Then the output is "yes"

    @id:access.rbac.subresource @needs:cluster-scope
    Scenario: A subresource needs a rule of its own
      Who may change a Deployment may not scale it through the subresource, and the other way round.

      Given a Deployment "web":
        """yaml
        spec: {replicas: 0}
        """
      And I call "kubectl create role editor --resource deployments.apps --verb get,patch"
      And I call "kubectl create rolebinding editors --role editor --user jane-${ns}"
      And within 10 seconds, user "jane-${ns}" may patch deployments.apps
      And I act as user "jane-${ns}"
      When I try to patch the "scale" of Deployment "web":
        """yaml
        spec: {replicas: 1}
        """
      Then it is refused with 403 Forbidden

    @id:access.rbac.path @needs:cluster-scope
    Scenario: A rule can be about a path that is no resource
      Only a ClusterRole can have such a rule.

      Given a ClusterRole "${ns}-metrics":
        """yaml
        rules: [{nonResourceURLs: [/metrics], verbs: [get]}, {apiGroups: [""], resources: [nodes], verbs: [get]}]
        """
      And a ClusterRoleBinding "${ns}-metrics":
        """yaml
        subjects: [{kind: User, name: "jane-${ns}", apiGroup: rbac.authorization.k8s.io}]
        roleRef: {kind: ClusterRole, name: "${ns}-metrics", apiGroup: rbac.authorization.k8s.io}
        """
      And within 10 seconds, user "jane-${ns}" may get nodes
      And I act as user "jane-${ns}"
      When I try to call "kubectl auth can-i get /metrics"
      Then the output is "yes"

  Rule: Roles can be made of others

    @id:access.rbac.aggregated @needs:cluster-scope
    Scenario: A ClusterRole gathers the rules of others by their labels
      The rules are filled in by the control plane.

      Given a ClusterRole "${ns}-sum":
        """yaml
        aggregationRule: {clusterRoleSelectors: [{matchLabels: {example.com/sum: "${ns}"}}]}
        rules: []
        """
      When I create ClusterRole "${ns}-part":
        """yaml
        metadata: {labels: {example.com/sum: "${ns}"}}
        rules: [{apiGroups: [example.com], resources: [widgets], verbs: [get]}]
        """
      Then within 30 seconds, ClusterRole "${ns}-sum" matches:
        """yaml
        rules: [{apiGroups: [example.com], resources: [widgets], verbs: [get]}]
        """

  Rule: Some roles come with the cluster

    @id:access.rbac.view @needs:cluster-scope
    Scenario: The role view may read, but no Secrets
      Who reads Secrets gets the rights of the accounts in them.

      Given an empty Namespace
      When I create RoleBinding "viewers":
        """yaml
        subjects: [{kind: User, name: "jane-${ns}", apiGroup: rbac.authorization.k8s.io}]
        roleRef: {kind: ClusterRole, name: view, apiGroup: rbac.authorization.k8s.io}
        """
      Then within 10 seconds, user "jane-${ns}" may list deployments.apps
      And as before, user "jane-${ns}" may not get secrets
      And as before, user "jane-${ns}" may not delete pods

    @id:access.rbac.edit @needs:cluster-scope
    Scenario: The role edit may change most objects, but no roles
      Rights are given by the role admin.

      Given an empty Namespace
      When I create RoleBinding "editors":
        """yaml
        subjects: [{kind: User, name: "jane-${ns}", apiGroup: rbac.authorization.k8s.io}]
        roleRef: {kind: ClusterRole, name: edit, apiGroup: rbac.authorization.k8s.io}
        """
      Then within 10 seconds, user "jane-${ns}" may create deployments.apps
      And user "jane-${ns}" may get secrets
      And as before, user "jane-${ns}" may not create roles.rbac.authorization.k8s.io

    @id:access.rbac.admin @needs:cluster-scope
    Scenario: The role admin may give rights in its namespace
      It has no rights outside of it.

      Given an empty Namespace
      When I create RoleBinding "admins":
        """yaml
        subjects: [{kind: User, name: "jane-${ns}", apiGroup: rbac.authorization.k8s.io}]
        roleRef: {kind: ClusterRole, name: admin, apiGroup: rbac.authorization.k8s.io}
        """
      Then within 10 seconds, user "jane-${ns}" may create rolebindings.rbac.authorization.k8s.io
      And as before, user "jane-${ns}" may not create nodes
      And as before, user "jane-${ns}" may not create pods in Namespace "default"
