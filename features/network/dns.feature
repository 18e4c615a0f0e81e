@needs:nodes @needs:dns
Feature: Services and Pods have names

  The cluster answers DNS queries of its Pods, so that a program needs no addresses. Names are short within the namespace, and get longer
  the farther one asks.

  Documentation: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/

  Rule: The name of a Service stands for its address

    @id:network.dns.service
    Scenario: Every form of the name of a Service
      The search list of the Pod completes the short forms.

      Given a ready Pod "client"
      When I create Service "web":
        """yaml
        spec: {ports: [{port: 80}]}
        """
      Then within 60 seconds, Pod "client" finds the address of Service "web" under "web"
      And within 60 seconds, Pod "client" finds the address of Service "web" under "web.${ns}"
      And within 60 seconds, Pod "client" finds the address of Service "web" under "web.${ns}.svc.cluster.local"

    @id:network.dns.service-gone @slow
    Scenario: The name goes with the Service
      A cached answer may live a few seconds longer.

      Given a ready Pod "client"
      And a Service "web":
        """yaml
        spec: {ports: [{port: 80}]}
        """
      And within 60 seconds, Pod "client" finds the address of Service "web" under "web"
      When I delete Service "web"
      Then within 60 seconds, Pod "client" finds no A records of "web.${ns}.svc.cluster.local"

    @id:network.dns.port
    Scenario: A named port has a service record
      The record tells the number of the port and the name to ask for the address.

      Given a ready Pod "client"
      When I create Service "web":
        """yaml
        spec: {ports: [{name: http, port: 80}]}
        """
      Then within 60 seconds, Pod "client" finds "0 100 80 web.${ns}.svc.cluster.local." as the SRV records of "_http._tcp.web.${ns}.svc.cluster.local"

    @id:network.dns.kubernetes
    Scenario: The API server has a name
      Pods find it in the namespace default.

      Given a ready Pod "client"
      And spec.clusterIP of Service "default/kubernetes" is noted as "ip"
      When I run "dig +short +search kubernetes.default A" in Pod "client"
      Then the output is "${ip}"

  Rule: A headless Service stands for its Pods

    @id:network.dns.headless
    Scenario: The name of a headless Service stands for the addresses of its ready Pods
      The Service has no address of its own.

      Given a ready Pod "one":
        """yaml
        metadata: {labels: {app: web}}
        """
      And a ready Pod "two":
        """yaml
        metadata: {labels: {app: web}}
        """
      And status.podIP of Pod "one" is noted as "one"
      And status.podIP of Pod "two" is noted as "two"
      When I create Service "web":
        """yaml
        spec: {clusterIP: None, selector: {app: web}, ports: [{port: 80}]}
        """
      Then within 60 seconds, Pod "one" finds "${one}" and "${two}" as the A records of "web.${ns}.svc.cluster.local"

    @id:network.dns.pod-hostname
    Scenario: A Pod with a hostname and a subdomain has a name of its own
      The subdomain is the name of a headless Service that picks the Pod.

      Given a ready Pod "server":
        """yaml
        metadata: {labels: {app: web}}
        spec: {hostname: first, subdomain: web}
        """
      And status.podIP of Pod "server" is noted as "ip"
      When I create Service "web":
        """yaml
        spec: {clusterIP: None, selector: {app: web}, ports: [{port: 80}]}
        """
      Then within 60 seconds, Pod "server" finds "${ip}" as the A records of "first.web.${ns}.svc.cluster.local"

  Rule: An ExternalName is another name

    @id:network.dns.external-name
    Scenario: The name of the Service stands for a name outside of the cluster
      The answer is an alias; the Service has neither address nor Pods.

      Given a ready Pod "client"
      When I create Service "database":
        """yaml
        spec: {type: ExternalName, externalName: db.example.com}
        """
      Then within 60 seconds, Pod "client" finds "db.example.com." as the CNAME records of "database.${ns}.svc.cluster.local"
      And spec.clusterIP of Service "database" is "<none>"

  Rule: A Pod may set its own resolver

    @id:network.dns.policy-none
    Scenario: With the policy None only the settings of the Pod count
      They are written to the file resolv.conf of every container.

      Given a ready Pod "client":
        """yaml
        spec: {dnsPolicy: None, dnsConfig: {nameservers: [192.0.2.53], searches: [example.com], options: [{name: ndots, value: "3"}]}}
        """
      When I run "cat /etc/resolv.conf" in Pod "client"
      Then the output has the line "nameserver 192.0.2.53"
      And the output has the line "search example.com"
      And the output has the line "options ndots:3"
