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
