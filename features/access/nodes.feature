@needs:cluster-scope
@needs:node-restriction
Feature: A Node reaches no further than it must

  A Node reads what its Pods need and writes about itself. A Node in wrong hands opens neither the secrets of other Nodes nor the rest of the
  cluster.

  Documentation: https://kubernetes.io/docs/reference/access-authn-authz/node/

  Rule: A Node reads what belongs to its Pods

    @id:access.nodes.unrelated
    Scenario: A Secret that no Pod of the Node uses is not read
      The Node is told nothing but that.

      Given a Secret "password"
      And I act as user "system:node:${ns}-a" in group "system:nodes"
      When I try to get Secret "password"
      Then it is refused with 403 Forbidden
      And the message contains "no relationship found between node"

    @id:access.nodes.related
    Scenario: A Secret that a Pod of the Node uses is read
      As long as the Pod is there.

      Given a Secret "password"
      And a Pod "web":
        """yaml
        spec: {nodeName: "${ns}-a", containers: [{envFrom: [{secretRef: {name: password}}]}]}
        """
      And within 10 seconds, user "system:node:${ns}-a" in group "system:nodes" may list services
      And I act as user "system:node:${ns}-a" in group "system:nodes"
      When I get Secret "password"
      Then the answer matches:
        """yaml
        metadata: {name: password}
        """

    @id:access.nodes.list
    Scenario: Secrets are not listed
      A Node knows the names of what it needs.

      Given a Secret "password"
      And I act as user "system:node:${ns}-a" in group "system:nodes"
      When I try to send GET "/api/v1/namespaces/${ns}/secrets"
      Then it is refused with 403 Forbidden

  Rule: A Node writes about itself

    @id:access.nodes.other
    Scenario: Another Node is not made
      The name of the user says which Node he is.

      Given I act as user "system:node:${ns}-a" in group "system:nodes"
      When I try to send POST "/api/v1/nodes?dryRun=All":
        """yaml
        metadata: {name: "${ns}-b"}
        """
      Then it is refused with 403 Forbidden
      And the message contains "is not allowed to modify node"

    @id:access.nodes.label
    Scenario: Labels that say where Pods may run are not set by the Node itself
      The prefix is kept for administrators.

      Given I act as user "system:node:${ns}-a" in group "system:nodes"
      When I try to send POST "/api/v1/nodes?dryRun=All":
        """yaml
        metadata: {name: "${ns}-a", labels: {node-restriction.kubernetes.io/vault: "yes"}}
        """
      Then it is refused with 403 Forbidden
      And the message contains "node-restriction.kubernetes.io/vault"

    @id:access.nodes.taint
    Scenario: The Node that made itself known does not change its taints
      Otherwise it would draw Pods that keep away from it.

      Given a simulated Node "${ns}-a"
      And I act as user "system:node:${ns}-a" in group "system:nodes"
      When I try to patch Node "${ns}-a":
        """yaml
        spec: {taints: []}
        """
      Then it is refused with 403 Forbidden
      And the message contains "is not allowed to modify taints"

    @id:access.nodes.pod
    Scenario: A Pod of another Node is not deleted
      Nor is its status written.

      Given a Pod "web":
        """yaml
        spec: {nodeName: "${ns}-b"}
        """
      And I act as user "system:node:${ns}-a" in group "system:nodes"
      When I try to delete Pod "web"
      Then it is refused with 403 Forbidden
      And as before, Pod "web" exists

    @id:access.nodes.token
    Scenario: A token is had for an account only with a Pod of the Node
      The token must be bound to such a Pod.

      Given a ServiceAccount "robot"
      And I act as user "system:node:${ns}-a" in group "system:nodes"
      When I try to send POST "/api/v1/namespaces/${ns}/serviceaccounts/robot/token":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: TokenRequest
        """
      Then it is refused with 403 Forbidden

    @id:access.nodes.lease
    Scenario: The lease of another Node is not written
      It would make a dead Node look alive.

      Given I act as user "system:node:${ns}-a" in group "system:nodes"
      When I try to send POST "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases?dryRun=All":
        """yaml
        metadata: {name: "${ns}-b"}
        """
      Then it is refused with 403 Forbidden
