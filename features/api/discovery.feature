Feature: The API describes itself

  A client needs no list of kinds built in. It asks the API server which groups, versions and kinds it serves, and how they look.

  Documentation: https://kubernetes.io/docs/concepts/overview/kubernetes-api/

  Rule: The API server says what it is and how it is

    @id:api.discovery.version
    Scenario: The version of the API server
      The fields tell the release that the cluster claims to be.

      Given an empty Namespace
      When I send GET "/version"
      Then the answer matches:
        """yaml
        major: "1"
        minor: </[0-9]+.*/>
        gitVersion: </v1\.[0-9]+\.[0-9]+.*/>
        """

    @id:api.discovery.health
    Scenario Outline: The health check <path>
      The answer of a check that passes is "ok".

      Given an empty Namespace
      When I send GET "<path>"
      Then the answer is "ok"

      Examples:
        | path     |
        | /livez   |
        | /readyz  |
        | /healthz |

  Rule: Groups, versions and kinds can be listed

    @id:api.discovery.core
    Scenario: The core group lists its kinds
      Each kind tells its plural name, whether it is namespaced, and what can be done with it.

      Given an empty Namespace
      When I send GET "/api/v1"
      Then the answer matches:
        """yaml
        kind: APIResourceList
        resources:
        - {name: pods, kind: Pod, namespaced: true, shortNames: [po]}
        - {name: pods/log, kind: Pod}
        - {name: nodes, kind: Node, namespaced: false, shortNames: ["no"]}
        """

    @id:api.discovery.groups
    Scenario: The API groups are listed with their preferred versions
      The core group is not among them; it is older than groups.

      Given an empty Namespace
      When I send GET "/apis"
      Then the answer matches:
        """yaml
        kind: APIGroupList
        groups:
        - {name: apps, preferredVersion: {groupVersion: apps/v1}}
        - {name: batch, preferredVersion: {groupVersion: batch/v1}}
        - {name: rbac.authorization.k8s.io, preferredVersion: {groupVersion: rbac.authorization.k8s.io/v1}}
        """

    @id:api.discovery.openapi
    Scenario: The schema of every kind is published
      kubectl explain and many other tools read it.

      Given an empty Namespace
      When I send GET "/openapi/v3/apis/apps/v1"
      Then the answer matches:
        """yaml
        components:
          schemas:
            io.k8s.api.apps.v1.DeploymentSpec: {properties: {replicas: {type: integer, format: int32}}}
        """

    @id:api.discovery.group
    Scenario Outline: The group <group> lists its versions
      The preferred one is among them. A client that has no reason to choose another one uses that.

      Given an empty Namespace
      When I send GET "/apis/<group>"
      Then the answer matches:
        """yaml
        kind: APIGroup
        name: <group>
        versions: [{groupVersion: <group>/<preferred>, version: <preferred>}]
        preferredVersion: {groupVersion: <group>/<preferred>, version: <preferred>}
        """

      Examples:
        | group                        | preferred |
        | admissionregistration.k8s.io | v1        |
        | apiextensions.k8s.io         | v1        |
        | apiregistration.k8s.io       | v1        |
        | apps                         | v1        |
        | authentication.k8s.io        | v1        |
        | authorization.k8s.io         | v1        |
        | autoscaling                  | v2        |
        | batch                        | v1        |
        | certificates.k8s.io          | v1        |
        | coordination.k8s.io          | v1        |
        | discovery.k8s.io             | v1        |
        | events.k8s.io                | v1        |
        | flowcontrol.apiserver.k8s.io | v1        |
        | networking.k8s.io            | v1        |
        | node.k8s.io                  | v1        |
        | policy                       | v1        |
        | rbac.authorization.k8s.io    | v1        |
        | resource.k8s.io              | v1        |
        | scheduling.k8s.io            | v1        |
        | storage.k8s.io               | v1        |

    @id:api.discovery.resources
    Scenario Outline: The version <version> has the resource <resource>
      With its kind, its scope and what can be done with it.

      Given an empty Namespace
      When I send GET "/apis/<version>"
      Then the answer matches:
        """yaml
        kind: APIResourceList
        groupVersion: <version>
        resources: [{name: <resource>, kind: <kind>, namespaced: <namespaced>, verbs: [<verbs>]}]
        """

      Examples: Kinds that are stored
        | version                         | resource                        | kind                           | namespaced | verbs                                                             |
        | admissionregistration.k8s.io/v1 | validatingwebhookconfigurations | ValidatingWebhookConfiguration | false      | create, delete, deletecollection, get, list, patch, update, watch |
        | apiextensions.k8s.io/v1         | customresourcedefinitions       | CustomResourceDefinition       | false      | create, delete, deletecollection, get, list, patch, update, watch |
        | apiregistration.k8s.io/v1       | apiservices                     | APIService                     | false      | create, delete, deletecollection, get, list, patch, update, watch |
        | apps/v1                         | deployments                     | Deployment                     | true       | create, delete, deletecollection, get, list, patch, update, watch |
        | autoscaling/v1                  | horizontalpodautoscalers        | HorizontalPodAutoscaler        | true       | create, delete, deletecollection, get, list, patch, update, watch |
        | autoscaling/v2                  | horizontalpodautoscalers        | HorizontalPodAutoscaler        | true       | create, delete, deletecollection, get, list, patch, update, watch |
        | batch/v1                        | cronjobs                        | CronJob                        | true       | create, delete, deletecollection, get, list, patch, update, watch |
        | certificates.k8s.io/v1          | certificatesigningrequests      | CertificateSigningRequest      | false      | create, delete, deletecollection, get, list, patch, update, watch |
        | coordination.k8s.io/v1          | leases                          | Lease                          | true       | create, delete, deletecollection, get, list, patch, update, watch |
        | discovery.k8s.io/v1             | endpointslices                  | EndpointSlice                  | true       | create, delete, deletecollection, get, list, patch, update, watch |
        | events.k8s.io/v1                | events                          | Event                          | true       | create, delete, deletecollection, get, list, patch, update, watch |
        | flowcontrol.apiserver.k8s.io/v1 | flowschemas                     | FlowSchema                     | false      | create, delete, deletecollection, get, list, patch, update, watch |
        | networking.k8s.io/v1            | ingresses                       | Ingress                        | true       | create, delete, deletecollection, get, list, patch, update, watch |
        | node.k8s.io/v1                  | runtimeclasses                  | RuntimeClass                   | false      | create, delete, deletecollection, get, list, patch, update, watch |
        | policy/v1                       | poddisruptionbudgets            | PodDisruptionBudget            | true       | create, delete, deletecollection, get, list, patch, update, watch |
        | rbac.authorization.k8s.io/v1    | clusterroles                    | ClusterRole                    | false      | create, delete, deletecollection, get, list, patch, update, watch |
        | resource.k8s.io/v1              | deviceclasses                   | DeviceClass                    | false      | create, delete, deletecollection, get, list, patch, update, watch |
        | scheduling.k8s.io/v1            | priorityclasses                 | PriorityClass                  | false      | create, delete, deletecollection, get, list, patch, update, watch |
        | storage.k8s.io/v1               | csinodes                        | CSINode                        | false      | create, delete, deletecollection, get, list, patch, update, watch |

      Examples: Questions, which are not stored
        | version                  | resource                 | kind                    | namespaced | verbs  |
        | authentication.k8s.io/v1 | tokenreviews             | TokenReview             | false      | create |
        | authorization.k8s.io/v1  | selfsubjectaccessreviews | SelfSubjectAccessReview | false      | create |

    @id:api.discovery.subresources
    Scenario Outline: The subresource <part>
      Its kind need not be that of the object.

      Given an empty Namespace
      When I send GET "<path>"
      Then the answer matches:
        """yaml
        kind: APIResourceList
        resources: [{name: <part>, kind: <kind>, verbs: [<verbs>]}]
        """

      Examples:
        | part                                | path                                  | kind                      | verbs                              |
        | namespaces/finalize                 | /api/v1                               | Namespace                 | update                             |
        | nodes/proxy                         | /api/v1                               | NodeProxyOptions          | create, delete, get, patch, update |
        | pods/eviction                       | /api/v1                               | Eviction                  | create                             |
        | pods/exec                           | /api/v1                               | PodExecOptions            | create, get                        |
        | pods/resize                         | /api/v1                               | Pod                       | get, patch, update                 |
        | resourcequotas/status               | /api/v1                               | ResourceQuota             | get, patch, update                 |
        | serviceaccounts/token               | /api/v1                               | TokenRequest              | create                             |
        | services/status                     | /api/v1                               | Service                   | get, patch, update                 |
        | deployments/scale                   | /apis/apps/v1                         | Scale                     | get, patch, update                 |
        | certificatesigningrequests/approval | /apis/certificates.k8s.io/v1          | CertificateSigningRequest | get, patch, update                 |
        | customresourcedefinitions/status    | /apis/apiextensions.k8s.io/v1         | CustomResourceDefinition  | get, patch, update                 |
        | flowschemas/status                  | /apis/flowcontrol.apiserver.k8s.io/v1 | FlowSchema                | get, patch, update                 |
        | ingresses/status                    | /apis/networking.k8s.io/v1            | Ingress                   | get, patch, update                 |
        | resourceclaims/status               | /apis/resource.k8s.io/v1              | ResourceClaim             | get, patch, update                 |

  Rule: All of it can be had in one answer

    @id:api.discovery.aggregated
    Scenario Outline: The answer of <path> holds <group>, and in it <resources>
      A client that asks for the aggregated form learns everything with two requests.

      Given an empty Namespace
      When I send GET "<path>" accepting "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
      Then the answer matches:
        """yaml
        kind: APIGroupDiscoveryList
        apiVersion: apidiscovery.k8s.io/v2
        items: [{metadata: {name: <name>}, versions: [{version: v1, freshness: Current, resources: <resources>}]}]
        """

      Examples:
        | group                        | path  | name                         | resources                                                                                                                  |
        | the core group               | /api  | <none>                       | [{resource: namespaces, scope: Cluster}, {resource: pods, scope: Namespaced, responseKind: {kind: Pod}, shortNames: [po]}] |
        | admissionregistration.k8s.io | /apis | admissionregistration.k8s.io | [{resource: mutatingwebhookconfigurations}, {resource: validatingwebhookconfigurations}]                                   |
        | apiextensions.k8s.io         | /apis | apiextensions.k8s.io         | [{resource: customresourcedefinitions, subresources: [{subresource: status}]}]                                             |
        | apps                         | /apis | apps                         | [{resource: deployments, singularResource: deployment}, {resource: statefulsets}]                                          |
        | batch                        | /apis | batch                        | [{resource: jobs}, {resource: cronjobs, scope: Namespaced}]                                                                |
        | networking.k8s.io            | /apis | networking.k8s.io            | [{resource: ingresses, scope: Namespaced}, {resource: ingressclasses, scope: Cluster}]                                     |
        | rbac.authorization.k8s.io    | /apis | rbac.authorization.k8s.io    | [{resource: clusterroles, scope: Cluster}]                                             |
        | storage.k8s.io               | /apis | storage.k8s.io               | [{resource: csinodes, scope: Cluster}]                                                                                     |

    @id:api.discovery.custom @needs:cluster-scope
    Scenario: A custom kind is found a moment after its definition
      Both forms of discovery tell of it.

      Given an empty Namespace
      When I create CustomResourceDefinition "widgets.${ns}.example.com":
        """yaml
        spec:
          group: ${ns}.example.com
          scope: Namespaced
          names: {plural: widgets, singular: widget, kind: Widget, shortNames: [wi], categories: [toys]}
          versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
        """
      Then within 30 seconds, GET "/apis" accepting "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList" is answered with:
        """yaml
        items: [{metadata: {name: "${ns}.example.com"}, versions: [{version: v1, resources: [{resource: widgets, scope: Namespaced, categories: [toys]}]}]}]
        """
      And within 30 seconds, GET "/apis" is answered with:
        """yaml
        groups: [{name: "${ns}.example.com", preferredVersion: {version: v1}}]
        """
      And within 30 seconds, GET "/apis/${ns}.example.com/v1" is answered with:
        """yaml
        resources: [{name: widgets, kind: Widget, singularName: widget, shortNames: [wi]}]
        """
