Feature: A NetworkPolicy says who may talk to whom

  A NetworkPolicy picks Pods and lists what may reach them and what they may reach. The network of the cluster enforces it; the API server
  looks after the description.

  Documentation: https://kubernetes.io/docs/concepts/services-networking/network-policies/

  Rule: What is not said has a default

    @id:network.policies.types
    Scenario Outline: A policy with <what> is about <types>
      Without any rule it is about what comes in, and lets nothing in.

      Given an empty Namespace
      When I create NetworkPolicy "web":
        """yaml
        spec: {podSelector: {matchLabels: {app: web}}<rules>}
        """
      Then NetworkPolicy "web" matches:
        """yaml
        spec: {policyTypes: <list>}
        """

      Examples:
        | what          | rules                                             | types                          | list              |
        | no rules      |                                                   | what comes in                  | [Ingress]         |
        | outgoing rules | , egress: [{ports: [{port: 53, protocol: UDP}]}] | what comes in and what goes out | [Ingress, Egress] |

    @id:network.policies.protocol
    Scenario: A port is one of TCP
      Unless another protocol is named.

      Given an empty Namespace
      When I create NetworkPolicy "web":
        """yaml
        spec: {podSelector: {}, ingress: [{ports: [{port: 80}]}]}
        """
      Then spec.ingress[0].ports[0].protocol of NetworkPolicy "web" is "TCP"

  Rule: What makes no sense is refused

    @id:network.policies.invalid
    Scenario Outline: A policy with <what> is refused
      The message names the field.

      Given an empty Namespace
      When I try to create NetworkPolicy "web":
        """yaml
        spec: {podSelector: {}, ingress: [{<rule>}]}
        """
      Then it is refused with 422 Invalid
      And the message contains "<field>"

      Examples:
        | what                    | rule                                                                   | field                            |
        | an address of no form   | from: [{ipBlock: {cidr: 10.0.0}}]                                      | spec.ingress[0].from[0].ipBlock.cidr |
        | an exception outside    | from: [{ipBlock: {cidr: 10.0.0.0/8, except: [192.168.0.0/16]}}]        | spec.ingress[0].from[0].ipBlock.except[0] |
        | a port out of range     | ports: [{port: 70000}]                                                 | spec.ingress[0].ports[0].port    |
        | a range turned around   | ports: [{port: 90, endPort: 80}]                                       | spec.ingress[0].ports[0].endPort |
