Feature: A ResourceQuota limits what a namespace may use

  Several teams can share a cluster when each has a namespace with a quota: for the number of objects, and for the sum of what Pods ask for.

  Documentation: https://kubernetes.io/docs/concepts/policy/resource-quotas/

  Rule: What would go beyond the quota is refused

    @id:policy.resource-quotas.pods
    Scenario: One Pod too many
      The message names the quota, what was asked for, what is used and the limit.

      Given a ResourceQuota "limit":
        """yaml
        spec: {hard: {pods: "1", secrets: "0"}}
        """
      And within 30 seconds, creating Secret "password" would be refused with 403 Forbidden
      And a Pod "first":
        """yaml
        spec: {schedulingGates: [{name: example.com/wait}]}
        """
      When I try to create Pod "second"
      Then it is refused with 403 Forbidden
      And the message contains "exceeded quota: limit, requested: pods=1, used: pods=1, limited: pods=1"
      And as before, Pod "second" does not exist

    @id:policy.resource-quotas.sum
    Scenario: The requests of all Pods are added up
      The second Pod would fit alone.

      Given a ResourceQuota "limit":
        """yaml
        spec: {hard: {requests.memory: 1Gi}}
        """
      And within 30 seconds, creating Pod "large" would be refused with 403 Forbidden:
        """yaml
        spec: {containers: [{resources: {requests: {memory: 2Gi}}}]}
        """
      And a Pod "first":
        """yaml
        spec: {schedulingGates: [{name: example.com/wait}], containers: [{resources: {requests: {memory: 700Mi}}}]}
        """
      When I try to create Pod "second":
        """yaml
        spec: {containers: [{resources: {requests: {memory: 700Mi}}}]}
        """
      Then it is refused with 403 Forbidden
      And the message contains "requested: requests.memory=700Mi, used: requests.memory=700Mi, limited: requests.memory=1Gi"

    @id:policy.resource-quotas.must-say
    Scenario: A Pod has to say what it asks for
      Where requests are limited, a Pod without one is refused. A LimitRange can give it a default.

      Given an empty Namespace
      When I create ResourceQuota "limit":
        """yaml
        spec: {hard: {requests.cpu: "1"}}
        """
      Then within 60 seconds, creating Pod "web" would be refused with 403 Forbidden
      And the message contains "must specify requests.cpu"

    @id:policy.resource-quotas.any-kind
    Scenario: Objects of any kind can be counted
      The name of the limit is count/<resource>.<group>.

      Given an empty Namespace
      When I create ResourceQuota "limit":
        """yaml
        spec: {hard: {count/deployments.apps: "0"}}
        """
      Then within 60 seconds, creating Deployment "web" would be refused with 403 Forbidden
      And the message contains "limited: count/deployments.apps=0"

    @id:policy.resource-quotas.scope
    Scenario: A quota may be about some Pods only
      The scope BestEffort picks the Pods without requests and limits.

      Given an empty Namespace
      When I create ResourceQuota "limit":
        """yaml
        spec: {hard: {pods: "0"}, scopes: [BestEffort]}
        """
      Then within 60 seconds, creating Pod "web" would be refused with 403 Forbidden
      And as before, creating Pod "web" would be accepted:
        """yaml
        spec: {containers: [{resources: {requests: {cpu: 10m}}}]}
        """

    @id:policy.resource-quotas.workload
    Scenario: A workload is accepted and cannot make its Pods
      The quota is about Pods, so the ReplicaSet learns of it when it makes them.

      Given a ResourceQuota "limit":
        """yaml
        spec: {hard: {pods: "0"}}
        """
      And within 60 seconds, creating Pod "web" would be refused with 403 Forbidden
      When I create Deployment "web"
      Then within 30 seconds, Deployment "web" matches:
        """yaml
        status: {conditions: [{type: ReplicaFailure, status: "True", reason: FailedCreate, message: "</.*exceeded quota: limit.*/>"}]}
        """

  Rule: The quota tells what is used

    @id:policy.resource-quotas.used
    Scenario: A new object is counted
      The status shows the limits and what is used of them.

      Given a ResourceQuota "limit":
        """yaml
        spec: {hard: {services: "5", services.nodeports: "2"}}
        """
      And within 30 seconds, status.used.services of ResourceQuota "limit" is "0"
      When I create Service "web":
        """yaml
        spec: {type: NodePort, ports: [{port: 80}]}
        """
      Then within 30 seconds, ResourceQuota "limit" matches:
        """yaml
        status: {hard: {services: "5", services.nodeports: "2"}, used: {services: "1", services.nodeports: "1"}}
        """

    @id:policy.resource-quotas.freed
    Scenario: A deleted object is not counted any more
      Its share can be used again.

      Given a ResourceQuota "limit":
        """yaml
        spec: {hard: {secrets: "1"}}
        """
      And within 30 seconds, status.hard.secrets of ResourceQuota "limit" is "1"
      And a Secret "password"
      And within 30 seconds, status.used.secrets of ResourceQuota "limit" is "1"
      When I delete Secret "password"
      Then within 30 seconds, status.used.secrets of ResourceQuota "limit" is "0"
      And within 30 seconds, creating Secret "other" would be accepted

    @id:policy.resource-quotas.raised
    Scenario: A raised limit counts at once
      Nothing has to be made anew.

      Given a ResourceQuota "limit":
        """yaml
        spec: {hard: {services: "0"}}
        """
      And within 60 seconds, creating Service "web" would be refused with 403 Forbidden:
        """yaml
        spec: {ports: [{port: 80}]}
        """
      When I patch ResourceQuota "limit":
        """yaml
        spec: {hard: {services: "1"}}
        """
      Then within 30 seconds, creating Service "web" would be accepted:
        """yaml
        spec: {ports: [{port: 80}]}
        """
