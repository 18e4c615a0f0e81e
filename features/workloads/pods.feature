@needs:nodes
Feature: A Pod runs containers together

  A Pod is the smallest thing that Kubernetes runs: one or several containers that are placed together, share a network address and can
  share volumes.

  Documentation: https://kubernetes.io/docs/concepts/workloads/pods/

  Rule: The containers of a Pod share its network

    @id:workloads.pods.loopback
    Scenario: Containers reach each other on localhost
      Both containers have the same interfaces, and so may not use the same port.

      Given a ready Pod "web":
        """yaml
        spec:
          containers:
          - {name: server, args: [netexec, --http-port=8080], readinessProbe: {httpGet: {port: 8080}, periodSeconds: 1}}
          - {name: client}
        """
      When I run "curl -s http://localhost:8080/hostname" in container "client" of Pod "web"
      Then the output is "web"

    @id:workloads.pods.hostname
    Scenario: The containers have the name of the Pod as their host name
      A Pod that sets spec.hostname has that name instead.

      Given a ready Pod "web":
        """yaml
        spec: {hostname: server, containers: [{name: one}, {name: two}]}
        """
      When I run "hostname" in container "two" of Pod "web"
      Then the output is "server"

  Rule: Init containers run one after the other before the others

    @id:workloads.pods.init-order
    Scenario: Init containers run in their order
      Each one must end well before the next is started.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec:
          initContainers:
          - {name: first, command: [sh, -c, "sleep 1; echo first >> /work/log"], volumeMounts: [{name: work, mountPath: /work}]}
          - {name: second, command: [sh, -c, "echo second >> /work/log"], volumeMounts: [{name: work, mountPath: /work}]}
          restartPolicy: Never
          containers: [{name: main, command: [cat, /work/log], volumeMounts: [{name: work, mountPath: /work}]}]
          volumes: [{name: work, emptyDir: {}}]
        """
      Then within 60 seconds, the log of Pod "web" is:
        """
        first
        second
        """
      And within 10 seconds, Pod "web" matches:
        """yaml
        status: {initContainerStatuses: [{name: first, state: {terminated: {exitCode: 0}}}, {name: second, state: {terminated: {exitCode: 0}}}]}
        """

    @id:workloads.pods.init-fails
    Scenario: A failed init container keeps the Pod from starting
      With the restart policy Never the Pod has failed.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec: {restartPolicy: Never, initContainers: [{name: first, command: [sh, -c, exit 3]}]}
        """
      Then within 60 seconds, status.phase of Pod "web" is "Failed"
      And Pod "web" matches:
        """yaml
        status:
          initContainerStatuses: [{name: first, state: {terminated: {exitCode: 3}}}]
          containerStatuses: [{name: main, state: {waiting: {reason: PodInitializing}}}]
        """

    @id:workloads.pods.init-retried
    Scenario: A failed init container is tried again
      The restart policy Always and OnFailure retry it until it ends well.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec:
          initContainers: [{name: first, command: [sh, -c, "test -f /work/tried || { touch /work/tried; exit 1; }"], volumeMounts: [{name: work, mountPath: /work}]}]
          volumes: [{name: work, emptyDir: {}}]
        """
      Then within 90 seconds, Pod "web" matches:
        """yaml
        status: {phase: Running, initContainerStatuses: [{name: first, restartCount: 1}]}
        """

    @id:workloads.pods.sidecar
    Scenario: A sidecar runs on beside the other containers
      An init container with restartPolicy Always is only waited for until it has started.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec: {initContainers: [{name: helper, restartPolicy: Always}]}
        """
      Then within 60 seconds, Pod "web" matches:
        """yaml
        status:
          phase: Running
          initContainerStatuses: [{name: helper, started: true, state: {running: <any>}}]
          containerStatuses: [{name: main, state: {running: <any>}}]
        """

  Rule: A Pod belongs to a quality of service class

    @id:workloads.pods.qos
    Scenario Outline: Requests <requests> and limits <limits> make the class <class>
      The class decides who has to go first when a Node runs short.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec: {containers: [{name: main, resources: {requests: <requests>, limits: <limits>}}]}
        """
      Then status.qosClass of Pod "web" is "<class>"

      Examples:
        | class      | requests                   | limits                     |
        | Guaranteed | {cpu: 10m, memory: 20Mi}   | {cpu: 10m, memory: 20Mi}   |
        | Burstable  | {cpu: 10m}                 | {}                         |
        | BestEffort | {}                         | {}                         |
