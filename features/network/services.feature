@needs:nodes
Feature: A Service gives Pods one stable address

  Pods come and go, and their addresses with them. A Service has an address that stays, and hands each connection to one of the Pods that
  its selector picks.

  Documentation: https://kubernetes.io/docs/concepts/services-networking/service/

  Rule: The cluster address leads to the ready Pods

    @id:network.services.cluster-ip
    Scenario: Connections are spread over the Pods
      Each Pod answers with its own name.

      Given a ready Pod "one":
        """yaml
        metadata: {labels: {app: web}}
        spec: {containers: [{name: main, args: [netexec], readinessProbe: {httpGet: {port: 8080}, periodSeconds: 1}}]}
        """
      And a ready Pod "two":
        """yaml
        metadata: {labels: {app: web}}
        spec: {containers: [{name: main, args: [netexec], readinessProbe: {httpGet: {port: 8080}, periodSeconds: 1}}]}
        """
      And a ready Pod "client"
      When I create Service "web":
        """yaml
        spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
        """
      Then spec.clusterIP of Service "web" is "</[0-9a-f.:]+/>"
      And within 60 seconds, Pod "client" gets each of "one" and "two" from "http://web.${ns}.svc/hostname"

    @id:network.services.target-port
    Scenario: The target port is the port when it is not given, and may be a name
      The name is that of a port of the container, which may differ from Pod to Pod.

      Given a ready Pod "server":
        """yaml
        metadata: {labels: {app: web}}
        spec: {containers: [{name: main, args: [netexec, --http-port=80], ports: [{name: http, containerPort: 80}], readinessProbe: {httpGet: {port: http}, periodSeconds: 1}}]}
        """
      And a ready Pod "client"
      When I create Service "web":
        """yaml
        spec: {selector: {app: web}, ports: [{name: plain, port: 80}, {name: named, port: 8000, targetPort: http}]}
        """
      Then Service "web" matches:
        """yaml
        spec: {ports: [{name: plain, port: 80, targetPort: 80, protocol: TCP}, {name: named, targetPort: http}]}
        """
      And within 60 seconds, Pod "client" gets "server" from "http://web.${ns}.svc/hostname"
      And within 60 seconds, Pod "client" gets "server" from "http://web.${ns}.svc:8000/hostname"

    @id:network.services.not-ready
    Scenario: A Pod that is not ready gets no connections
      The Pod that is ready gets them all.

      Given a ready Pod "one":
        """yaml
        metadata: {labels: {app: web}}
        spec: {containers: [{name: main, args: [netexec], readinessProbe: {httpGet: {port: 8080}, periodSeconds: 1}}]}
        """
      And a ready Pod "two":
        """yaml
        metadata: {labels: {app: web}}
        spec: {containers: [{name: main, args: [netexec], readinessProbe: {exec: {command: [sh, -c, "! test -f /tmp/busy"]}, periodSeconds: 1, failureThreshold: 1}}]}
        """
      And a ready Pod "client"
      And a ready Service "web":
        """yaml
        spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
        """
      When I run "touch /tmp/busy" in Pod "two"
      Then within 60 seconds, status.conditions[type=Ready].status of Pod "two" is "False"
      And within 60 seconds, Pod "client" gets only "one" from "http://web.${ns}.svc/hostname"

    @id:network.services.no-endpoints
    Scenario: A Service without Pods refuses connections
      A refusal comes at once; nobody has to wait for a time-out. It takes a moment until a new Service is known to the nodes.

      Given a ready Pod "client"
      When I create Service "web":
        """yaml
        spec: {selector: {app: nothing}, ports: [{port: 80}]}
        """
      Then within 60 seconds, running "sh -c '/agnhost connect --timeout=5s web.${ns}.svc:80 2>&1 || true'" in Pod "client" prints "REFUSED"

    @id:network.services.hairpin
    Scenario: A Pod can reach itself through its Service
      The connection leaves the Pod and comes back.

      Given a ready Pod "server":
        """yaml
        metadata: {labels: {app: web}}
        spec: {containers: [{name: main, args: [netexec], readinessProbe: {httpGet: {port: 8080}, periodSeconds: 1}}]}
        """
      When I create Service "web":
        """yaml
        spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
        """
      Then within 60 seconds, Pod "server" gets "server" from "http://web.${ns}.svc/hostname"

    @id:network.services.affinity
    Scenario: With session affinity a client keeps its Pod
      The address of the client decides.

      Given a ready Deployment "web":
        """yaml
        spec: {replicas: 2, template: {spec: {containers: [{name: main, args: [netexec], readinessProbe: {httpGet: {port: 8080}, periodSeconds: 1}}]}}}
        """
      And a ready Pod "client"
      When I create Service "web":
        """yaml
        spec: {selector: {app: web}, sessionAffinity: ClientIP, ports: [{port: 80, targetPort: 8080}]}
        """
      Then within 60 seconds, Pod "client" can connect to "web.${ns}.svc:80"
      And within 60 seconds, Pod "client" gets always the same from "http://web.${ns}.svc/hostname"

  Rule: A node port opens the Service on every node

    @id:network.services.node-port
    Scenario: The node port leads to the Pods
      The port is taken from the range of the cluster, which is 30000 to 32767 unless set otherwise.

      Given a ready Pod "client"
      And status.hostIP of Pod "client" is noted as "node"
      And a Service "web":
        """yaml
        spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
        """
      And spec.clusterIP of Service "web" is "<any>"
      And spec.ports[0].nodePort of Service "web" is noted as "port"
      When I create Pod "server":
        """yaml
        metadata: {labels: {app: web}}
        spec: {containers: [{name: main, args: [netexec], readinessProbe: {httpGet: {port: 8080}, periodSeconds: 1}}]}
        """
      Then within 60 seconds, Pod "client" gets "server" from "http://${node}:${port}/hostname"

    @id:network.services.node-port-taken
    Scenario: A node port belongs to one Service
      A port that is asked for and taken is refused.

      Given a Service "web":
        """yaml
        spec: {type: NodePort, ports: [{port: 80}]}
        """
      And spec.ports[0].nodePort of Service "web" is noted as "port"
      When I try to create Service "other":
        """yaml
        spec: {type: NodePort, ports: [{port: 80, nodePort: ${port}}]}
        """
      Then it is refused with 422 Invalid
      And the message contains "provided port is already allocated"

  Rule: The address of a Service is its own

    @id:network.services.address-stays
    Scenario: The cluster address cannot be changed
      Clients may keep it for as long as the Service lives.

      Given a Service "web":
        """yaml
        spec: {ports: [{port: 80}]}
        """
      When I try to send a JSON patch to Service "web":
        """yaml
        - {op: replace, path: /spec/clusterIP, value: 10.96.255.250}
        - {op: replace, path: /spec/clusterIPs, value: [10.96.255.250]}
        """
      Then it is refused with 422 Invalid
      And the message contains "may not change once set"

  Rule: The type of a Service decides how it is reached

    @id:network.services.headless
    Scenario: A headless Service has no address
      Clients ask the DNS for its Pods.

      Given an empty Namespace
      When I create Service "web":
        """yaml
        spec: {clusterIP: None, selector: {app: web}, ports: [{port: 80}]}
        """
      Then Service "web" matches:
        """yaml
        spec: {type: ClusterIP, clusterIP: None, clusterIPs: [None]}
        """

    @id:network.services.becomes-node-port
    Scenario: A Service can get a node port later
      Its cluster address stays.

      Given a Service "web":
        """yaml
        spec: {ports: [{port: 80}]}
        """
      And spec.clusterIP of Service "web" is noted as "ip"
      When I patch Service "web":
        """yaml
        spec: {type: NodePort}
        """
      Then spec.ports[0].nodePort of Service "web" is "<at least 1>"
      And as before, spec.clusterIP of Service "web" is "${ip}"

    @id:network.services.node-port-freed
    Scenario: A Service that is no longer of the type NodePort gives its port back
      Another Service can have it.

      Given a Service "web":
        """yaml
        spec: {type: NodePort, ports: [{port: 80}]}
        """
      And spec.ports[0].nodePort of Service "web" is noted as "port"
      When I send a JSON patch to Service "web":
        """yaml
        - {op: replace, path: /spec/type, value: ClusterIP}
        - {op: remove, path: /spec/ports/0/nodePort}
        """
      Then spec.ports[0].nodePort of Service "web" is "<none>"
      And within 10 seconds, creating Service "other" would be accepted:
        """yaml
        spec: {type: NodePort, ports: [{port: 80, nodePort: ${port}}]}
        """

    @id:network.services.load-balancer
    Scenario: A Service of the type LoadBalancer has the addresses of the other types, too
      What balances the load leads to the node port. The address of the balancer comes when there is one.

      Given an empty Namespace
      When I create Service "web":
        """yaml
        spec: {type: LoadBalancer, ports: [{port: 80}]}
        """
      Then Service "web" matches:
        """yaml
        spec: {clusterIP: <any>, ports: [{port: 80, nodePort: <at least 1>}], allocateLoadBalancerNodePorts: true}
        """

    @id:network.services.external-name
    Scenario: An ExternalName has no addresses at all
      It is nothing but an entry in the DNS.

      Given an empty Namespace
      When I create Service "web":
        """yaml
        spec: {type: ExternalName, externalName: www.example.com}
        """
      Then Service "web" matches:
        """yaml
        spec: {type: ExternalName, externalName: www.example.com, clusterIP: <none>}
        """

  Rule: The address of every Service is accounted for

    @id:network.services.ip-address
    Scenario: An address is an object that refers to its Service
      So no address is given twice.

      Given a Service "web":
        """yaml
        spec: {ports: [{port: 80}]}
        """
      And spec.clusterIP of Service "web" is noted as "ip"
      When I get IPAddress "${ip}"
      Then the answer matches:
        """yaml
        spec: {parentRef: {resource: services, namespace: "${ns}", name: web}}
        """

    @id:network.services.address-taken
    Scenario: An address that is taken is refused
      The message says so.

      Given a Service "web":
        """yaml
        spec: {ports: [{port: 80}]}
        """
      And spec.clusterIP of Service "web" is noted as "ip"
      When I try to create Service "other":
        """yaml
        spec: {clusterIP: "${ip}", ports: [{port: 80}]}
        """
      Then it is refused with 422 Invalid
      And the message contains "provided IP is already allocated"

    @id:network.services.named-ports
    Scenario: Several ports need names
      The names tell them apart.

      Given an empty Namespace
      When I try to create Service "web":
        """yaml
        spec: {ports: [{port: 80}, {port: 81}]}
        """
      Then it is refused with 422 Invalid
      And the message contains "spec.ports[0].name"

    @id:network.services.external-address
    Scenario: A Service can be reached under an address from outside
      Somebody else leads the address to the nodes; the nodes know what to do with it.

      Given a ready Pod "client"
      And a ready Pod "server":
        """yaml
        metadata: {labels: {app: web}}
        spec: {containers: [{name: main, args: [netexec], readinessProbe: {httpGet: {port: 8080}, periodSeconds: 1}}]}
        """
      When I create Service "web":
        """yaml
        spec: {selector: {app: web}, externalIPs: [203.0.113.77], ports: [{port: 20077, targetPort: 8080}]}
        """
      Then within 60 seconds, Pod "client" gets "server" from "http://203.0.113.77:20077/hostname"
