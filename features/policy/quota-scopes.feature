Feature: A ResourceQuota can be about some Pods only

  Scopes pick the Pods that a quota counts: by whether they end by themselves, by their quality of service, by their priority, and by how
  they choose their companions.

  Documentation: https://kubernetes.io/docs/concepts/policy/resource-quotas/#quota-scopes

  Rule: A Pod outside of the scope is not counted

    @id:policy.quota-scopes.refused
    Scenario Outline: The scope <scope> is about <what>
      Others are not limited by the quota.

      Given an empty Namespace
      When I create ResourceQuota "limit":
        """yaml
        spec: {hard: {pods: "0"}, scopes: [<scope>]}
        """
      Then within 60 seconds, creating Pod "inside" would be refused with 403 Forbidden:
        """yaml
        spec: {<inside>}
        """
      And the message contains "exceeded quota: limit"
      And as before, creating Pod "outside" would be accepted:
        """yaml
        spec: {<outside>}
        """

      Examples:
        | scope                     | what                          | inside                                                          | outside                                                         |
        | Terminating               | Pods that end by a time       | activeDeadlineSeconds: 60                                       | restartPolicy: Always                                           |
        | NotTerminating            | Pods that go on               | restartPolicy: Always                                           | activeDeadlineSeconds: 60                                       |
        | NotBestEffort             | Pods that ask for something   | containers: [{resources: {requests: {cpu: 10m}}}]               | restartPolicy: Always                                           |
        | CrossNamespacePodAffinity | Pods that look elsewhere      | affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, namespaces: [default]}]}} | affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone}]}} |

    @id:policy.quota-scopes.priority @needs:cluster-scope
    Scenario: A quota can be for the Pods of one PriorityClass
      So the important Pods of a namespace are limited apart from the others.

      Given a PriorityClass "${ns}":
        """yaml
        value: 10
        """
      When I create ResourceQuota "limit":
        """yaml
        spec: {hard: {pods: "0"}, scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: ["${ns}"]}]}}
        """
      Then within 60 seconds, creating Pod "important" would be refused with 403 Forbidden:
        """yaml
        spec: {priorityClassName: "${ns}"}
        """
      And as before, creating Pod "other" would be accepted

    @id:policy.quota-scopes.used
    Scenario: Only the Pods inside the scope are used
      The status of the quota counts them.

      Given a Pod "going-on":
        """yaml
        spec: {schedulingGates: [{name: example.com/wait}]}
        """
      And a Pod "ending":
        """yaml
        spec: {schedulingGates: [{name: example.com/wait}], activeDeadlineSeconds: 3600}
        """
      When I create ResourceQuota "limit":
        """yaml
        spec: {hard: {pods: "5"}, scopes: [Terminating]}
        """
      Then within 30 seconds, status.used.pods of ResourceQuota "limit" is "1"

  Rule: A scope must fit what is limited

    @id:policy.quota-scopes.invalid
    Scenario Outline: A quota that cannot be is refused: <what>
      The message names the field.

      Given an empty Namespace
      When I try to create ResourceQuota "limit":
        """yaml
        spec: <spec>
        """
      Then it is refused with 422 Invalid
      And the message contains "<field>"

      Examples:
        | what                          | spec                                                             | field       |
        | opposite scopes               | {hard: {pods: "1"}, scopes: [Terminating, NotTerminating]}       | spec.scopes |
        | a scope that there is not     | {hard: {pods: "1"}, scopes: [Sometimes]}                         | spec.scopes |
        | a scope of Pods for Services  | {hard: {services: "1"}, scopes: [Terminating]}                   | spec.scopes |
        | less than nothing             | {hard: {pods: "-1"}}                                             | spec.hard   |

    @id:policy.quota-scopes.immutable
    Scenario: The scopes of a quota cannot be changed
      What it has counted would be wrong.

      Given a ResourceQuota "limit":
        """yaml
        spec: {hard: {pods: "5"}, scopes: [Terminating]}
        """
      When I try to patch ResourceQuota "limit":
        """yaml
        spec: {scopes: [NotTerminating]}
        """
      Then it is refused with 422 Invalid
      And the message contains "spec.scopes"

  Rule: Storage is limited, too

    @id:policy.quota-scopes.claims
    Scenario Outline: Claims beyond <limit> are refused
      The number of claims and the sum of what they ask for, for all classes or for one.

      Given an empty Namespace
      When I create ResourceQuota "limit":
        """yaml
        spec: {hard: {<limit>: <value>}}
        """
      Then within 60 seconds, creating PersistentVolumeClaim "data" would be refused with 403 Forbidden:
        """yaml
        spec: {storageClassName: gold, accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}}
        """
      And the message contains "<limit>"

      Examples:
        | limit                                                     | value |
        | persistentvolumeclaims                                    | "0"   |
        | requests.storage                                          | 1Gi   |
        | gold.storageclass.storage.k8s.io/requests.storage         | 1Gi   |
        | gold.storageclass.storage.k8s.io/persistentvolumeclaims   | "0"   |

    @id:policy.quota-scopes.custom @needs:cluster-scope
    Scenario: Objects of custom kinds can be counted
      The name of the limit is made of the resource and the group.

      Given a ready CustomResourceDefinition "gadgets.${ns}.example.com":
        """yaml
        spec:
          group: ${ns}.example.com
          scope: Namespaced
          names: {plural: gadgets, singular: gadget, kind: Gadget}
          versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
        """
      When I create ResourceQuota "limit":
        """yaml
        spec: {hard: {"count/gadgets.${ns}.example.com": "0"}}
        """
      Then within 60 seconds, creating Gadget "one" would be refused with 403 Forbidden
      And the message contains "count/gadgets.${ns}.example.com"
