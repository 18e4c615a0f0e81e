@needs:nodes
Feature: EndpointSlices list the Pods behind a Service

  For every Service with a selector, EndpointSlices hold the addresses of the Pods that it picks, and whether they are ready. Everything
  that sends traffic to a Service reads them.

  Documentation: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/

  Rule: The slices follow the Pods

    @id:network.endpoints.ready-pod
    Scenario: A ready Pod becomes a ready endpoint
      The endpoint names the Pod and its node.

      Given a ready Pod "server":
        """yaml
        metadata: {labels: {app: web}}
        """
      And status.podIP of Pod "server" is noted as "ip"
      When I create Service "web":
        """yaml
        spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
        """
      Then within 30 seconds, there are exactly 1 EndpointSlice objects with label "kubernetes.io/service-name=web":
        """yaml
        metadata: {labels: {endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io}, ownerReferences: [{kind: Service, name: web}]}
        ports: [{name: http, port: 8080, protocol: TCP}]
        endpoints: [{addresses: ["${ip}"], conditions: {ready: true, serving: true, terminating: false}, targetRef: {kind: Pod, name: server}, nodeName: <any>}]
        """

    @id:network.endpoints.unready-pod
    Scenario: A Pod that is not ready is an endpoint that is not ready
      It gets no traffic, unless the Service asks for it.

      Given a Service "web":
        """yaml
        spec: {selector: {app: web}, ports: [{port: 80}]}
        """
      When I create Pod "server":
        """yaml
        metadata: {labels: {app: web}}
        spec: {containers: [{name: main, readinessProbe: {exec: {command: ["false"]}}}]}
        """
      Then within 60 seconds, there are exactly 1 EndpointSlice objects with label "kubernetes.io/service-name=web":
        """yaml
        endpoints: [{conditions: {ready: false, serving: false}, targetRef: {name: server}}]
        """

    @id:network.endpoints.pod-gone
    Scenario: A deleted Pod is no endpoint any more
      The slice may stay without endpoints.

      Given a ready Pod "server":
        """yaml
        metadata: {labels: {app: web}}
        """
      And a ready Service "web":
        """yaml
        spec: {selector: {app: web}, ports: [{port: 80}]}
        """
      When I delete Pod "server"
      Then within 60 seconds, there are exactly 0 EndpointSlice objects with label "kubernetes.io/service-name=web":
        """yaml
        endpoints: [{targetRef: {name: server}}]
        """

    @id:network.endpoints.service-gone
    Scenario: The slices go with the Service
      They belong to the Service.

      Given a ready Pod "server":
        """yaml
        metadata: {labels: {app: web}}
        """
      And a ready Service "web":
        """yaml
        spec: {selector: {app: web}, ports: [{port: 80}]}
        """
      When I delete Service "web"
      Then within 60 seconds, there are exactly 0 EndpointSlice objects with label "kubernetes.io/service-name=web"

  Rule: A Service without a selector takes what it is given

    @id:network.endpoints.manual
    Scenario: Endpoints made by hand are used
      So a Service can lead to addresses that are no Pods of this namespace.

      Given a ready Pod "server":
        """yaml
        spec: {containers: [{name: main, args: [netexec], readinessProbe: {httpGet: {port: 8080}, periodSeconds: 1}}]}
        """
      And a ready Pod "client"
      And status.podIP of Pod "server" is noted as "ip"
      And a Service "web":
        """yaml
        spec: {ports: [{port: 80, targetPort: 8080}]}
        """
      When I create EndpointSlice "web-1":
        """yaml
        metadata: {labels: {kubernetes.io/service-name: web}}
        addressType: IPv4
        ports: [{port: 8080, protocol: TCP}]
        endpoints: [{addresses: ["${ip}"]}]
        """
      Then within 60 seconds, Pod "client" gets "server" from "http://web.${ns}.svc/hostname"
