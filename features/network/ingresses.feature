Feature: An Ingress describes the way from outside to Services

  An Ingress maps host names and paths to Services. A controller that the cluster is equipped with makes it so; the API server looks after
  the description.

  Documentation: https://kubernetes.io/docs/concepts/services-networking/ingress/

  Rule: Every path leads to a Service

    @id:network.ingresses.stored
    Scenario: Hosts and paths are kept
      The path type says how paths are compared.

      Given an empty Namespace
      When I create Ingress "web":
        """yaml
        spec:
          ingressClassName: ${ns}-nobody
          tls: [{hosts: [www.example.com], secretName: certificate}]
          rules: [{host: www.example.com, http: {paths: [{path: /shop, pathType: Prefix, backend: {service: {name: shop, port: {number: 80}}}}]}}]
        """
      Then Ingress "web" matches:
        """yaml
        spec: {rules: [{host: www.example.com, http: {paths: [{path: /shop, pathType: Prefix}]}}]}
        status: {loadBalancer: <none>}
        """

    @id:network.ingresses.invalid
    Scenario Outline: An Ingress that cannot work is refused: <what>
      The message names the field.

      Given an empty Namespace
      When I try to create Ingress "web":
        """yaml
        spec: {<spec>}
        """
      Then it is refused with 422 Invalid
      And the message contains "<field>"

      Examples:
        | what         | spec                                                                                                                 | field        |
        | no path type | rules: [{http: {paths: [{path: /, backend: {service: {name: web, port: {number: 80}}}}]}}]                           | pathType     |
        | a bad path   | rules: [{http: {paths: [{path: shop, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]      | path         |
        | a bad host   | rules: [{host: "www_example", http: {paths: [{path: /, pathType: Exact, backend: {service: {name: web, port: {number: 80}}}}]}}] | host |
        | nothing      | ingressClassName: none                                                                                               | spec         |

    @id:network.ingresses.status
    Scenario: The controller reports the address in the status
      The spec is not touched by that.

      Given an Ingress "web":
        """yaml
        spec: {ingressClassName: "${ns}-nobody", defaultBackend: {service: {name: web, port: {number: 80}}}}
        """
      When I send a merge patch to the "status" of Ingress "web":
        """yaml
        spec: {ingressClassName: other}
        status: {loadBalancer: {ingress: [{ip: 203.0.113.10}]}}
        """
      Then Ingress "web" matches:
        """yaml
        spec: {ingressClassName: "${ns}-nobody"}
        status: {loadBalancer: {ingress: [{ip: 203.0.113.10}]}}
        """

  Rule: The class says which controller is meant

    @id:network.ingresses.class @needs:cluster-scope
    Scenario: The controller of a class does not change
      Another class takes its place.

      Given an IngressClass "${ns}":
        """yaml
        spec: {controller: example.com/nobody}
        """
      When I try to send a merge patch to IngressClass "${ns}":
        """yaml
        spec: {controller: example.com/somebody}
        """
      Then it is refused with 422 Invalid
      And the message contains "spec.controller"
