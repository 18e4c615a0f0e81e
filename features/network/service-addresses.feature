Feature: Services get addresses and ports that are their own

  A Service gets an address from the ranges of the cluster when it is made, and keeps it as long as it lives. Ports of the nodes are given
  in the same way. Nothing is given twice, and everything comes back.

  Documentation: https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/

  Rule: A Service keeps what it was given

    @id:network.service-addresses.kept
    Scenario: A replacement that names no address keeps the address
      The port of the nodes stays as well.

      Given a Service "web":
        """yaml
        spec: {type: NodePort, ports: [{port: 80}]}
        """
      And spec.clusterIP of Service "web" is noted as "ip"
      And spec.ports[0].nodePort of Service "web" is noted as "port"
      When I replace Service "web":
        """yaml
        metadata: {labels: {tier: front}}
        spec: {type: NodePort, ports: [{port: 80}]}
        """
      Then Service "web" matches:
        """yaml
        metadata: {labels: {tier: front}}
        spec: {clusterIP: "${ip}", clusterIPs: ["${ip}"], ports: [{port: 80, nodePort: ${port}}]}
        """

    @id:network.service-addresses.defaults
    Scenario: What a Service does not say is filled in
      One family of addresses, no affinity, and traffic that goes anywhere in the cluster.

      Given an empty Namespace
      When I create Service "web":
        """yaml
        spec: {ports: [{port: 80}]}
        """
      Then Service "web" matches:
        """yaml
        spec:
          type: ClusterIP
          clusterIP: <any>
          ipFamilies: [</IPv4|IPv6/>]
          ipFamilyPolicy: SingleStack
          internalTrafficPolicy: Cluster
          sessionAffinity: None
          ports: [{port: 80, targetPort: 80, protocol: TCP}]
        """

    @id:network.service-addresses.affinity
    Scenario: Session affinity lasts three hours unless the Service says otherwise
      The time is given in seconds.

      Given an empty Namespace
      When I create Service "web":
        """yaml
        spec: {sessionAffinity: ClientIP, ports: [{port: 80}]}
        """
      Then spec.sessionAffinityConfig.clientIP.timeoutSeconds of Service "web" is "10800"

  Rule: An address can be chosen

    @id:network.service-addresses.freed
    Scenario: The address of a deleted Service can be had again
      Whoever asks for it first gets it.

      Given a Service "web":
        """yaml
        spec: {ports: [{port: 80}]}
        """
      And spec.clusterIP of Service "web" is noted as "ip"
      And I delete Service "web"
      When I create Service "other":
        """yaml
        spec: {clusterIP: "${ip}", ports: [{port: 80}]}
        """
      Then spec.clusterIP of Service "other" is "${ip}"

    @id:network.service-addresses.invalid
    Scenario Outline: An address that cannot be had is refused: <what>
      The message names the field.

      Given an empty Namespace
      When I try to create Service "web":
        """yaml
        spec: {clusterIP: <ip>, ports: [{port: 80}]}
        """
      Then it is refused with 422 Invalid
      And the message contains "spec.clusterIPs"
      And as before, Service "web" does not exist

      Examples:
        | what               | ip             |
        | outside the ranges | 203.0.113.7    |
        | no address         | not-an-address |

    @id:network.service-addresses.rehearsed
    Scenario: A dry run takes no address
      It is accepted, and the address is free for others.

      Given a Service "web":
        """yaml
        spec: {ports: [{port: 80}]}
        """
      And spec.clusterIP of Service "web" is noted as "ip"
      And I delete Service "web"
      And creating Service "rehearsed" would be accepted:
        """yaml
        spec: {clusterIP: "${ip}", ports: [{port: 80}]}
        """
      When I create Service "other":
        """yaml
        spec: {clusterIP: "${ip}", ports: [{port: 80}]}
        """
      Then spec.clusterIP of Service "other" is "${ip}"

    @id:network.service-addresses.refused
    Scenario: A Service that is refused keeps no address
      Here the port of the nodes is out of range, so the address is not taken either.

      Given a Service "web":
        """yaml
        spec: {ports: [{port: 80}]}
        """
      And spec.clusterIP of Service "web" is noted as "ip"
      And I delete Service "web"
      And I try to create Service "bad":
        """yaml
        spec: {type: NodePort, clusterIP: "${ip}", ports: [{port: 80, nodePort: 80}]}
        """
      And it is refused with 422 Invalid
      When I create Service "other":
        """yaml
        spec: {clusterIP: "${ip}", ports: [{port: 80}]}
        """
      Then spec.clusterIP of Service "other" is "${ip}"

    @id:network.service-addresses.renounced
    Scenario: A Service that becomes an ExternalName gives its address back
      An entry in the DNS needs none.

      Given a Service "web":
        """yaml
        spec: {ports: [{port: 80}]}
        """
      And spec.clusterIP of Service "web" is noted as "ip"
      And I patch Service "web":
        """yaml
        spec: {type: ExternalName, externalName: www.example.com, clusterIP: null, clusterIPs: null}
        """
      When I create Service "other":
        """yaml
        spec: {clusterIP: "${ip}", ports: [{port: 80}]}
        """
      Then spec.clusterIP of Service "other" is "${ip}"
      And as before, spec.clusterIP of Service "web" is "<none>"

    @id:network.service-addresses.object-gone
    Scenario: The IPAddress goes with its Service
      The account is always right.

      Given a Service "web":
        """yaml
        spec: {ports: [{port: 80}]}
        """
      And spec.clusterIP of Service "web" is noted as "ip"
      When I delete Service "web"
      Then within 10 seconds, IPAddress "${ip}" is gone

  Rule: Ports of the nodes are given in the same way

    @id:network.service-addresses.port-given
    Scenario: A port that was given back can be asked for
      The range of the cluster decides which ports there are.

      Given a Service "web":
        """yaml
        spec: {type: NodePort, ports: [{port: 80}]}
        """
      And spec.ports[0].nodePort of Service "web" is noted as "port"
      And I delete Service "web"
      When I create Service "other":
        """yaml
        spec: {type: NodePort, ports: [{port: 80, nodePort: ${port}}]}
        """
      Then spec.ports[0].nodePort of Service "other" is "${port}"

    @id:network.service-addresses.port-range
    Scenario: A port outside of the range is refused
      The message tells the range.

      Given an empty Namespace
      When I try to create Service "web":
        """yaml
        spec: {type: NodePort, ports: [{port: 80, nodePort: 80}]}
        """
      Then it is refused with 422 Invalid
      And the message contains "spec.ports[0].nodePort"
      And the message contains "not in the valid range"

    @id:network.service-addresses.port-protocols
    Scenario: One port can be used for two protocols
      So a name server is found under one number.

      Given a Service "web":
        """yaml
        spec: {type: NodePort, ports: [{name: tcp, port: 80}]}
        """
      And spec.ports[0].nodePort of Service "web" is noted as "port"
      When I replace Service "web":
        """yaml
        spec: {type: NodePort, ports: [{name: tcp, port: 80, nodePort: ${port}}, {name: udp, port: 80, protocol: UDP, nodePort: ${port}}]}
        """
      Then Service "web" matches:
        """yaml
        spec: {ports: [{protocol: TCP, nodePort: ${port}}, {protocol: UDP, nodePort: ${port}}]}
        """

    @id:network.service-addresses.health-port
    Scenario: A load balancer that keeps to the node gets a port for its health checks
      It asks there which nodes have Pods of the Service.

      Given an empty Namespace
      When I create Service "web":
        """yaml
        spec: {type: LoadBalancer, externalTrafficPolicy: Local, ports: [{port: 80}]}
        """
      Then spec.healthCheckNodePort of Service "web" is "<at least 1>"

    @id:network.service-addresses.no-ports
    Scenario: A load balancer may do without ports of the nodes
      It must find its way to the Pods itself.

      Given an empty Namespace
      When I create Service "web":
        """yaml
        spec: {type: LoadBalancer, allocateLoadBalancerNodePorts: false, ports: [{port: 80}]}
        """
      Then Service "web" matches:
        """yaml
        spec: {clusterIP: <any>, ports: [{port: 80, nodePort: <none>}]}
        """

  Rule: A cluster can get more addresses

    @id:network.service-addresses.widened @needs:cluster-scope @exclusive:cluster
    Scenario: A ServiceCIDR adds a range
      A moment after it is ready, its addresses can be given. The range is one for documentation, which nobody uses.

      Given an empty Namespace
      When I create ServiceCIDR "${ns}":
        """yaml
        spec: {cidrs: [198.51.100.0/24]}
        """
      Then within 60 seconds, creating Service "web" would be accepted:
        """yaml
        spec: {clusterIP: 198.51.100.77, ports: [{port: 80}]}
        """
      And within 30 seconds, ServiceCIDR "${ns}" matches:
        """yaml
        status: {conditions: [{type: Ready, status: "True"}]}
        """

    @id:network.service-addresses.guarded @needs:cluster-scope @exclusive:cluster
    Scenario: A range whose addresses are used is not removed
      The deletion waits until the last Service is gone.

      Given a ServiceCIDR "${ns}":
        """yaml
        spec: {cidrs: [203.0.113.0/24]}
        """
      And within 60 seconds, creating Service "probe" would be accepted:
        """yaml
        spec: {clusterIP: 203.0.113.77, ports: [{port: 80}]}
        """
      And a Service "web":
        """yaml
        spec: {clusterIP: 203.0.113.77, ports: [{port: 80}]}
        """
      When I delete ServiceCIDR "${ns}"
      Then within 30 seconds, ServiceCIDR "${ns}" matches:
        """yaml
        metadata: {deletionTimestamp: <any>}
        status: {conditions: [{type: Ready, status: "False", reason: Terminating}]}
        """
      And for 2 seconds, ServiceCIDR "${ns}" exists

    @id:network.service-addresses.released @needs:cluster-scope @exclusive:cluster
    Scenario: A range that nobody uses is removed
      After the grace time that lets late requests end.

      Given a ServiceCIDR "${ns}":
        """yaml
        spec: {cidrs: [192.0.2.0/24]}
        """
      And within 60 seconds, status.conditions[type=Ready].status of ServiceCIDR "${ns}" is "True"
      When I delete ServiceCIDR "${ns}"
      Then within 60 seconds, ServiceCIDR "${ns}" is gone

    @id:network.service-addresses.range-stays @needs:cluster-scope
    Scenario: A range cannot be changed
      Services have addresses from it.

      Given an empty Namespace
      When I try to send PATCH "/apis/networking.k8s.io/v1/servicecidrs/kubernetes?dryRun=All":
        """yaml
        spec: {cidrs: [203.0.113.0/24]}
        """
      Then it is refused with 422 Invalid
      And the message contains "immutable"

    @id:network.service-addresses.range-invalid @needs:cluster-scope
    Scenario Outline: A range that is none is refused: <what>
      The message names the field.

      Given an empty Namespace
      When I try to create ServiceCIDR "${ns}":
        """yaml
        spec: {cidrs: <cidrs>}
        """
      Then it is refused with 422 Invalid
      And the message contains "spec.cidrs"

      Examples:
        | what                | cidrs                             |
        | an address within   | [203.0.113.1/24]                  |
        | twice the same kind | [203.0.113.0/24, 198.51.100.0/24] |
        | no range            | []                                |

  Rule: A Service can have an address of each family

    @id:network.service-addresses.both @needs:dual-stack
    Scenario Outline: With the policy <policy> a Service gets two addresses
      The first family is the one of the first range of the cluster.

      Given an empty Namespace
      When I create Service "web":
        """yaml
        spec: {ipFamilyPolicy: <policy>, ports: [{port: 80}]}
        """
      Then Service "web" matches:
        """yaml
        spec: {clusterIPs: [<any>, <any>], ipFamilies: [</IPv4|IPv6/>, </IPv4|IPv6/>]}
        """

      Examples:
        | policy           |
        | PreferDualStack  |
        | RequireDualStack |

    @id:network.service-addresses.order @needs:dual-stack
    Scenario Outline: The families come in the order that is asked for: <first>
      The first address is that of spec.clusterIP.

      Given an empty Namespace
      When I create Service "web":
        """yaml
        spec: {ipFamilyPolicy: RequireDualStack, ipFamilies: [<first>, <second>], ports: [{port: 80}]}
        """
      Then Service "web" matches:
        """yaml
        spec: {clusterIP: <form>, ipFamilies: [<first>, <second>]}
        """

      Examples:
        | first | second | form          |
        | IPv4  | IPv6   | "</[0-9.]+/>" |
        | IPv6  | IPv4   | "</.*:.*/>"   |

    @id:network.service-addresses.second-dropped @needs:dual-stack
    Scenario: A Service can give its second address back
      The first family cannot be changed.

      Given a Service "web":
        """yaml
        spec: {ipFamilyPolicy: RequireDualStack, ports: [{port: 80}]}
        """
      And spec.clusterIP of Service "web" is noted as "ip"
      When I patch Service "web":
        """yaml
        spec: {ipFamilyPolicy: SingleStack}
        """
      Then Service "web" matches:
        """yaml
        spec: {clusterIPs: ["${ip}"], ipFamilies: [<any>]}
        """
      And spec.clusterIPs[1] of Service "web" is "<none>"

    @id:network.service-addresses.second-added @needs:dual-stack
    Scenario: A Service can get a second address later
      The first one stays.

      Given a Service "web":
        """yaml
        spec: {ipFamilyPolicy: SingleStack, ports: [{port: 80}]}
        """
      And spec.clusterIP of Service "web" is noted as "ip"
      When I patch Service "web":
        """yaml
        spec: {ipFamilyPolicy: PreferDualStack}
        """
      Then Service "web" matches:
        """yaml
        spec: {clusterIPs: ["${ip}", <any>], ipFamilies: [<any>, <any>]}
        """
