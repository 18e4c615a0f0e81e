Feature: Other servers can serve a part of the API

  An APIService hands a group and version of the API over to another server. The API server passes the requests on.

  Documentation: https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/

  Rule: The API server serves its own groups

    @id:api.aggregation.local
    Scenario: The groups of the API server itself are there
      They have no Service.

      Given an empty Namespace
      When I get APIService "v1.apps"
      Then the answer matches:
        """yaml
        spec: {group: apps, version: v1, service: <none>}
        status: {conditions: [{type: Available, status: "True", reason: Local}]}
        """

  Rule: A server that answers gets the requests of its group

    @id:api.aggregation.available @exclusive:cluster @needs:cluster-scope @needs:nodes
    Scenario: An APIService is available when its server answers
      The API server asks it again and again.

      Given a ready Service "server" of the program "netexec --http-port=443 --udp-port=-1 --http-override=/echo?msg=%7B%22kind%22:%22Greeting%22%7D" whose authority is noted as "ca"
      When I create APIService "v1.${ns}.example.com":
        """yaml
        spec:
          group: ${ns}.example.com
          version: v1
          groupPriorityMinimum: 100
          versionPriority: 10
          caBundle: "${ca}"
          service: {namespace: "${ns}", name: server}
        """
      Then within 60 seconds, APIService "v1.${ns}.example.com" matches:
        """yaml
        status: {conditions: [{type: Available, status: "True", reason: Passed}]}
        """

    @id:api.aggregation.passed-on @exclusive:cluster @needs:cluster-scope @needs:nodes
    Scenario Outline: A request with the method <method> is passed on
      The answer is that of the other server, as it is: this one greets everybody.

      Given a ready Service "server" of the program "netexec --http-port=443 --udp-port=-1 --http-override=/echo?msg=%7B%22kind%22:%22Greeting%22%7D" whose authority is noted as "ca"
      And an APIService "v1.${ns}.example.com":
        """yaml
        spec:
          group: ${ns}.example.com
          version: v1
          groupPriorityMinimum: 100
          versionPriority: 10
          caBundle: "${ca}"
          service: {namespace: "${ns}", name: server}
        """
      And within 60 seconds, GET "/apis/${ns}.example.com/v1" is answered with:
        """yaml
        kind: Greeting
        """
      When I send <method> "/apis/${ns}.example.com/v1/namespaces/${ns}/<path>"
      Then the answer matches:
        """yaml
        kind: Greeting
        """

      Examples:
        | method | path         |
        | GET    | flunders     |
        | POST   | flunders     |
        | DELETE | flunders/one |

    @id:api.aggregation.listed @exclusive:cluster @needs:cluster-scope @needs:nodes
    Scenario: The group is listed among the others
      A client need not know which server serves a group.

      Given a ready Service "server" of the program "netexec --http-port=443 --udp-port=-1 --http-override=/echo?msg=%7B%22kind%22:%22Greeting%22%7D" whose authority is noted as "ca"
      And an APIService "v1.${ns}.example.com":
        """yaml
        spec:
          group: ${ns}.example.com
          version: v1
          groupPriorityMinimum: 100
          versionPriority: 10
          caBundle: "${ca}"
          service: {namespace: "${ns}", name: server}
        """
      And within 60 seconds, APIService "v1.${ns}.example.com" matches:
        """yaml
        status: {conditions: [{type: Available, status: "True"}]}
        """
      When I send GET "/apis"
      Then the answer matches:
        """yaml
        groups: [{name: "${ns}.example.com", preferredVersion: {version: v1}}]
        """

    @id:api.aggregation.forbidden @exclusive:cluster @needs:cluster-scope @needs:nodes
    Scenario: Who has no right is refused before the request is passed on
      Roles hold for these groups as for all others.

      Given a ready Service "server" of the program "netexec --http-port=443 --udp-port=-1 --http-override=/echo?msg=%7B%22kind%22:%22Greeting%22%7D" whose authority is noted as "ca"
      And an APIService "v1.${ns}.example.com":
        """yaml
        spec:
          group: ${ns}.example.com
          version: v1
          groupPriorityMinimum: 100
          versionPriority: 10
          caBundle: "${ca}"
          service: {namespace: "${ns}", name: server}
        """
      And within 60 seconds, APIService "v1.${ns}.example.com" matches:
        """yaml
        status: {conditions: [{type: Available, status: "True"}]}
        """
      And I act as user "jane-${ns}"
      When I try to send GET "/apis/${ns}.example.com/v1/namespaces/${ns}/flunders"
      Then it is refused with 403 Forbidden

  Rule: A server that is not there is not available

    @id:api.aggregation.unavailable @exclusive:cluster @needs:cluster-scope
    Scenario: An APIService without its Service says so
      Requests to it get 503. Nothing else may run meanwhile, because namespaces are not removed while a part of the API is missing.

      Given an empty Namespace
      When I create APIService "v1.${ns}.example.com":
        """yaml
        spec:
          group: ${ns}.example.com
          version: v1
          groupPriorityMinimum: 100
          versionPriority: 10
          insecureSkipTLSVerify: true
          service: {namespace: "${ns}", name: nothing}
        """
      Then within 60 seconds, APIService "v1.${ns}.example.com" matches:
        """yaml
        status: {conditions: [{type: Available, status: "False", reason: ServiceNotFound}]}
        """

    @id:api.aggregation.refused @exclusive:cluster @needs:cluster-scope
    Scenario: Requests to a server that is not there get 503
      The API server itself is well.

      Given an APIService "v1.${ns}.example.com":
        """yaml
        spec:
          group: ${ns}.example.com
          version: v1
          groupPriorityMinimum: 100
          versionPriority: 10
          insecureSkipTLSVerify: true
          service: {namespace: "${ns}", name: nothing}
        """
      And within 60 seconds, APIService "v1.${ns}.example.com" matches:
        """yaml
        status: {conditions: [{type: Available, status: "False"}]}
        """
      When I try to send GET "/apis/${ns}.example.com/v1/flunders"
      Then it is refused with 503
      And as before, APIService "v1.apps" exists

    @id:api.aggregation.invalid @needs:cluster-scope
    Scenario: An APIService has the name of its group and version
      There is one for each.

      Given an empty Namespace
      When I try to create APIService "v1.${ns}.example.com":
        """yaml
        spec:
          group: other.example.com
          version: v1
          groupPriorityMinimum: 100
          versionPriority: 10
          service: {namespace: "${ns}", name: nothing}
        """
      Then it is refused with 422 Invalid
      And the message contains "metadata.name"

  Rule: An APIService is an object of the API

    @id:api.aggregation.status @exclusive:cluster @needs:cluster-scope
    Scenario: The status of an APIService can be written
      Conditions of other kinds are kept beside that of the API server.

      Given an APIService "v1.${ns}.example.com":
        """yaml
        spec:
          group: ${ns}.example.com
          version: v1
          groupPriorityMinimum: 100
          versionPriority: 10
          insecureSkipTLSVerify: true
          service: {namespace: "${ns}", name: nothing}
        """
      And within 60 seconds, APIService "v1.${ns}.example.com" matches:
        """yaml
        status: {conditions: [{type: Available, status: "False"}]}
        """
      When I send a JSON patch to the "status" of APIService "v1.${ns}.example.com":
        """yaml
        - {op: add, path: /status/conditions/-, value: {type: Inspected, status: "True", reason: Test, message: by hand}}
        """
      Then APIService "v1.${ns}.example.com" matches:
        """yaml
        status: {conditions: [{type: Inspected, status: "True", reason: Test, message: by hand}]}
        """

    @id:api.aggregation.changed @exclusive:cluster @needs:cluster-scope
    Scenario: A group that is taken away does not exist any more
      APIServices are picked by labels like all objects.

      Given an APIService "v1.${ns}.example.com":
        """yaml
        metadata: {labels: {example.com/scenario: "${ns}"}}
        spec:
          group: ${ns}.example.com
          version: v1
          groupPriorityMinimum: 100
          versionPriority: 10
          insecureSkipTLSVerify: true
          service: {namespace: "${ns}", name: nothing}
        """
      And I list APIService objects with label "example.com/scenario=${ns}"
      And the answer lists "v1.${ns}.example.com"
      When I send DELETE "/apis/apiregistration.k8s.io/v1/apiservices?labelSelector=example.com/scenario=${ns}"
      Then within 5 seconds, APIService "v1.${ns}.example.com" is gone
