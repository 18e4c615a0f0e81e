Feature: A cluster starts with some namespaces

  Four namespaces are there from the beginning: for what names no other one, for the system, for what everybody may read, and for the leases
  of the nodes.

  Documentation: https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/

  Rule: The namespaces of the system are there and stay

    @id:cluster.namespaces.initial
    Scenario Outline: The namespace <name> is there
      It is made when it is missing.

      Given an empty Namespace
      When I get Namespace "<name>"
      Then the answer matches:
        """yaml
        status: {phase: Active}
        """

      Examples:
        | name            |
        | default         |
        | kube-system     |
        | kube-public     |
        | kube-node-lease |

    @id:cluster.namespaces.protected @needs:cluster-scope
    Scenario Outline: The namespace <name> cannot be deleted
      Not even by an administrator. The request is a dry run, in case the cluster sees it differently.

      Given an empty Namespace
      When I try to send DELETE "/api/v1/namespaces/<name>?dryRun=All"
      Then it is refused with 403 Forbidden
      And the message contains "this namespace may not be deleted"

      Examples:
        | name        |
        | default     |
        | kube-system |

  Rule: Programs in the cluster find the API server

    @id:cluster.api-server.service
    Scenario: The API server is a Service
      Its name is kubernetes, in the namespace default.

      Given an empty Namespace
      When I get Service "default/kubernetes"
      Then the answer matches:
        """yaml
        spec: {type: ClusterIP, ports: [{name: https, port: 443, protocol: TCP}]}
        """

    @id:cluster.api-server.endpoints
    Scenario: The Service of the API server has endpoints
      The API servers enter themselves.

      Given an empty Namespace
      When I send GET "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name=kubernetes"
      Then the answer matches:
        """yaml
        items: [{ports: [{name: https}], endpoints: [{addresses: <any>, conditions: {ready: true}}]}]
        """

    @id:cluster.api-server.same-endpoints
    Scenario: Endpoints and EndpointSlices of the API server agree
      Older clients read the one, newer ones the other.

      Given I send GET "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name=kubernetes"
      And items[0].endpoints[0].addresses[0] of the answer is noted as "ip"
      And items[0].ports[0].port of the answer is noted as "port"
      When I get Endpoints "default/kubernetes"
      Then the answer matches:
        """yaml
        subsets: [{addresses: [{ip: "${ip}"}], ports: [{name: https, port: ${port}}]}]
        """

    @id:cluster.api-server.found
    Scenario: The Service of the API server is found among those of all namespaces
      It is there before any other one.

      Given an empty Namespace
      When I send GET "/api/v1/services?fieldSelector=metadata.name=kubernetes"
      Then the answer matches:
        """yaml
        kind: ServiceList
        items: [{metadata: {name: kubernetes, namespace: default}}]
        """
