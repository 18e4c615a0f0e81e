@needs:nodes
Feature: Every Pod has an address

  Every Pod has an address of its own, and Pods reach each other by these addresses without translation. A container needs no list of
  ports to be reached.

  Documentation: https://kubernetes.io/docs/concepts/services-networking/

  Rule: Pods reach each other by their addresses

    @id:network.pods.reach
    Scenario: A Pod reaches another Pod
      The server sees the address of the client itself.

      Given a ready Pod "server":
        """yaml
        spec: {containers: [{name: main, args: [netexec], readinessProbe: {httpGet: {port: 8080}, periodSeconds: 1}}]}
        """
      And a ready Pod "client"
      And status.podIP of Pod "server" is noted as "server"
      And status.podIP of Pod "client" is noted as "client"
      When I run "curl -s http://${server}:8080/clientip" in Pod "client"
      Then the output contains "${client}:"

    @id:network.pods.other-node
    @needs:two-nodes
    Scenario: A Pod reaches a Pod on another node
      No address is translated on the way.

      Given a ready Pod "server":
        """yaml
        metadata: {labels: {role: server}}
        spec: {containers: [{name: main, args: [netexec], readinessProbe: {httpGet: {port: 8080}, periodSeconds: 1}}]}
        """
      And a ready Pod "client":
        """yaml
        spec: {affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: {matchLabels: {role: server}}, topologyKey: kubernetes.io/hostname}]}}}
        """
      And status.podIP of Pod "server" is noted as "server"
      And status.podIP of Pod "client" is noted as "client"
      When I run "curl -s http://${server}:8080/clientip" in Pod "client"
      Then the output contains "${client}:"

    @id:network.pods.host-network
    Scenario: A Pod in the network of its node has the address of the node
      It uses the ports of the node.

      Given a ready Pod "web":
        """yaml
        spec: {hostNetwork: true}
        """
      And status.hostIP of Pod "web" is noted as "node"
      When I get Pod "web"
      Then the answer matches:
        """yaml
        status: {podIP: "${node}"}
        """

  Rule: A Pod knows names of its own

    @id:network.pods.host-aliases
    Scenario: Host aliases are added to the file of hosts
      The file of the image is replaced.

      Given a ready Pod "web":
        """yaml
        spec: {hostAliases: [{ip: 192.0.2.7, hostnames: [database, cache]}]}
        """
      When I run "cat /etc/hosts" in Pod "web"
      Then the output contains "192.0.2.7"
      And the output contains "database"
      And the output contains "localhost"

  Rule: Services that are there when a Pod starts are in its environment

    @id:network.environment.variables
    Scenario: The variables of a Service
      They begin with the name of the Service in capital letters, with underscores for dashes.

      Given a Service "my-gateway":
        """yaml
        spec: {ports: [{port: 6379}]}
        """
      And spec.clusterIP of Service "my-gateway" is noted as "ip"
      And a ready Pod "web"
      When I run "sh -c 'echo $MY_GATEWAY_SERVICE_HOST $MY_GATEWAY_SERVICE_PORT $MY_GATEWAY_PORT $MY_GATEWAY_PORT_6379_TCP_PROTO'" in Pod "web"
      Then the output is "${ip} 6379 tcp://${ip}:6379 tcp"

    @id:network.environment.disabled
    Scenario: A Pod can do without them
      The API server is always there.

      Given a Service "my-gateway":
        """yaml
        spec: {ports: [{port: 6379}]}
        """
      And a ready Pod "web":
        """yaml
        spec: {enableServiceLinks: false}
        """
      When I run "sh -c 'echo host:$MY_GATEWAY_SERVICE_HOST api:$KUBERNETES_SERVICE_PORT'" in Pod "web"
      Then the output is "host: api:443"
