@needs:nodes
Feature: Probes tell whether a container is well

  A container can be asked by a command, an HTTP request, a connection or gRPC. The readiness probe decides whether it gets requests, the
  liveness probe whether it is restarted, and the startup probe holds the other two back.

  Documentation: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/

  Rule: A container is ready when its readiness probe succeeds

    @id:node.probes.readiness-forms
    Scenario Outline: The <form> readiness probe succeeds
      The Pod is Ready when all of its containers are.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec: {containers: [{name: main, args: <args>, readinessProbe: {<probe>, periodSeconds: 1}}]}
        """
      Then within 60 seconds, Pod "web" matches:
        """yaml
        status: {conditions: [{type: Ready, status: "True"}, {type: ContainersReady, status: "True"}]}
        """

      Examples:
        | form | args                             | probe                                   |
        | exec | [pause]                          | exec: {command: ["true"]}               |
        | http | [netexec]                        | httpGet: {port: 8080, path: /healthz}   |
        | tcp  | [netexec]                        | tcpSocket: {port: 8080}                 |
        | grpc | [grpc-health-checking]           | grpc: {port: 5000}                      |

    @id:node.probes.not-ready
    Scenario: A container whose readiness probe fails runs on without being ready
      Readiness never restarts a container.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec: {containers: [{name: main, readinessProbe: {exec: {command: ["false"]}, periodSeconds: 1}}]}
        """
      Then within 60 seconds, status.phase of Pod "web" is "Running"
      And for 4 seconds, Pod "web" keeps matching:
        """yaml
        status: {conditions: [{type: Ready, status: "False"}], containerStatuses: [{name: main, ready: false, restartCount: 0}]}
        """

    @id:node.probes.readiness-changes
    Scenario: Readiness follows the probe
      It comes and goes with what the probe finds.

      Given a ready Pod "web":
        """yaml
        spec: {containers: [{name: main, readinessProbe: {exec: {command: [sh, -c, "! test -f /tmp/busy"]}, periodSeconds: 1, failureThreshold: 1}}]}
        """
      When I run "touch /tmp/busy" in Pod "web"
      Then within 20 seconds, status.conditions[type=Ready].status of Pod "web" is "False"
      And as before, status.containerStatuses[0].restartCount of Pod "web" is "0"

  Rule: A container whose liveness probe fails is restarted

    @id:node.probes.liveness
    Scenario: A failing liveness probe restarts the container
      The file that the probe looks for is gone in the restarted container as well, so only the first restart is looked at.

      Given a ready Pod "web":
        """yaml
        spec: {containers: [{name: main, livenessProbe: {exec: {command: [sh, -c, "! test -f /tmp/stuck"]}, periodSeconds: 1, failureThreshold: 1}}]}
        """
      When I run "touch /tmp/stuck" in Pod "web"
      Then within 60 seconds, Pod "web" matches:
        """yaml
        status: {containerStatuses: [{name: main, restartCount: 1, ready: true, lastState: {terminated: {exitCode: <any>}}}]}
        """

    @id:node.probes.liveness-http
    Scenario: An HTTP answer of 400 or more is a failure
      Any answer from 200 to 399 is a success.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec: {containers: [{name: main, args: [netexec], livenessProbe: {httpGet: {port: 8080, path: "/echo?code=500"}, periodSeconds: 1, failureThreshold: 2}}]}
        """
      Then within 60 seconds, status.containerStatuses[0].restartCount of Pod "web" is "<at least 1>"

  Rule: The startup probe comes first

    @id:node.probes.startup
    Scenario: The other probes wait for the startup probe
      A slow start does not look like a failure.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec:
          containers:
          - name: main
            startupProbe: {exec: {command: [test, -f, /tmp/up]}, periodSeconds: 1, failureThreshold: 60}
            livenessProbe: {exec: {command: [test, -f, /tmp/up]}, periodSeconds: 1, failureThreshold: 1}
        """
      Then within 60 seconds, status.phase of Pod "web" is "Running"
      And for 4 seconds, Pod "web" keeps matching:
        """yaml
        status: {containerStatuses: [{name: main, started: false, ready: false, restartCount: 0}]}
        """

  Rule: Others can have a say in whether a Pod is ready

    @id:node.probes.readiness-gate
    Scenario: A Pod with a readiness gate waits for the condition
      Its containers are ready, and the Pod is not.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec: {readinessGates: [{conditionType: example.com/linked}]}
        """
      Then within 60 seconds, status.conditions[type=ContainersReady].status of Pod "web" is "True"
      And for 2 seconds, status.conditions[type=Ready].status of Pod "web" is "False"

    @id:node.probes.readiness-gate-opens
    Scenario: The Pod is ready when the condition is set
      Whoever is responsible for the condition sets it in the status.

      Given a Pod "web":
        """yaml
        spec: {readinessGates: [{conditionType: example.com/linked}]}
        """
      And within 60 seconds, status.conditions[type=ContainersReady].status of Pod "web" is "True"
      When I send a strategic merge patch to the "status" of Pod "web":
        """yaml
        status: {conditions: [{type: example.com/linked, status: "True"}]}
        """
      Then within 60 seconds, status.conditions[type=Ready].status of Pod "web" is "True"
