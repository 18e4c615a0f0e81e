@needs:nodes
Feature: Containers can be looked into

  The API server leads to the node of a Pod: one can read what its containers write, run commands in them, and connect to their ports.

  Documentation: https://kubernetes.io/docs/tasks/debug/debug-application/debug-running-pod/

  Rule: What containers write can be read

    @id:node.logs.read
    Scenario: The log holds what the container wrote to both outputs
      The log of a container that has ended can still be read.

      Given a Pod "job":
        """yaml
        spec: {restartPolicy: Never, containers: [{name: main, command: [sh, -c, "echo to the output; echo to the errors >&2"]}]}
        """
      And within 60 seconds, status.phase of Pod "job" is "Succeeded"
      When I read the log of Pod "job"
      Then the answer contains "to the output"
      And the answer contains "to the errors"

    @id:node.logs.tail
    Scenario: The end of a log can be read
      The option tailLines counts lines from the end.

      Given a Pod "job":
        """yaml
        spec: {restartPolicy: Never, containers: [{name: main, command: [seq, "1", "100"]}]}
        """
      And within 60 seconds, status.phase of Pod "job" is "Succeeded"
      When I read the log of Pod "job" with "tailLines=1"
      Then the answer is "100"

    @id:node.logs.previous
    Scenario: The log of the container before the restart can be read
      It tells why the container had to be restarted.

      Given a Pod "web":
        """yaml
        spec:
          containers: [{name: main, command: [sh, -c, "test -f /work/second && exec /agnhost pause; touch /work/second; echo first life; exit 1"], volumeMounts: [{name: work, mountPath: /work}]}]
          volumes: [{name: work, emptyDir: {}}]
        """
      And within 60 seconds, Pod "web" matches:
        """yaml
        status: {containerStatuses: [{name: main, restartCount: 1, ready: true}]}
        """
      When I read the log of container "main" of Pod "web" with "previous=true"
      Then the answer is "first life"

    @id:node.logs.which-container
    Scenario: With several containers one has to be chosen
      The message lists the containers of the Pod.

      Given a ready Pod "web":
        """yaml
        spec: {containers: [{name: one}, {name: two}]}
        """
      When I try to send GET "/api/v1/namespaces/${ns}/pods/web/log"
      Then it is refused with 400 BadRequest
      And the message contains "[one two]"

    @id:node.logs.of-a-container
    Scenario: Each container has a log of its own
      The lines of one are not mixed with those of another.

      Given an empty Namespace
      When I create Pod "job":
        """yaml
        spec: {restartPolicy: Never, containers: [{name: one, command: [echo, from one]}, {name: two, command: [echo, from two]}]}
        """
      Then within 60 seconds, the log of container "one" of Pod "job" is:
        """
        from one
        """
      And within 60 seconds, the log of container "two" of Pod "job" is:
        """
        from two
        """

  Rule: Commands can be run in containers

    @id:node.exec.exit-code
    Scenario: The exit code of the command is passed on
      An exit code is an answer; the request itself has succeeded.

      Given a ready Pod "web"
      When I try to run "sh -c 'echo before; exit 7'" in Pod "web"
      Then the command fails with exit code 7
      And the output is "before"

    @id:node.exec.input
    Scenario: The command can be given input
      Its output comes back on the same connection.

      Given a ready Pod "web"
      When I run "sh -c 'sort | xargs echo'" in Pod "web":
        """
        b
        a
        """
      Then the output is "a b"

    @id:node.exec.missing
    Scenario: A command that the image does not have cannot be run
      The error output says so.

      Given a ready Pod "web"
      When I try to call "kubectl exec web -- no-such-command"
      Then the output contains "no-such-command"
      And the command fails with exit code 1

  Rule: Ports can be forwarded

    @id:node.port-forward.http
    Scenario: A local port leads into the Pod
      The server in the Pod sees the connection as coming from inside.

      Given a ready Pod "web":
        """yaml
        spec: {containers: [{name: main, args: [netexec], readinessProbe: {httpGet: {port: 8080}, periodSeconds: 1}}]}
        """
      When I forward a local port to port 8080 of Pod "web"
      Then within 20 seconds, the forwarded port answers "/hostname" with "web"

  Rule: The API server can speak HTTP to Pods

    @id:node.proxy.http
    Scenario: A request to the proxy subresource goes to the Pod
      The port may be named after the name of the Pod.

      Given a ready Pod "web":
        """yaml
        spec: {containers: [{name: main, args: [netexec], readinessProbe: {httpGet: {port: 8080}, periodSeconds: 1}}]}
        """
      When I send GET "/api/v1/namespaces/${ns}/pods/web:8080/proxy/hostname"
      Then the answer is "web"
