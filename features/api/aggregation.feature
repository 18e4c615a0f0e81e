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
