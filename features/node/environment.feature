@needs:nodes
Feature: A container gets its command, its environment and its identity

  What a container runs and knows comes from its image, from the Pod, and from other objects of the namespace.

  Documentation: https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/

  Rule: The Pod may replace what the image runs

    @id:node.environment.command
    Scenario: A command and arguments take the place of those of the image
      The command replaces the entrypoint; the arguments follow it.

      Given an empty Namespace
      When I create Pod "job":
        """yaml
        spec: {restartPolicy: Never, containers: [{name: main, command: [echo, one], args: [two, "three four"]}]}
        """
      Then within 60 seconds, the log of Pod "job" is:
        """
        one two three four
        """

    @id:node.environment.working-directory
    Scenario: The working directory can be chosen
      A directory of the image or of a volume.

      Given a ready Pod "web":
        """yaml
        spec: {containers: [{name: main, workingDir: /tmp}]}
        """
      When I run "pwd" in Pod "web"
      Then the output is "/tmp"

  Rule: Environment variables may refer to each other

    @id:node.environment.expansion
    Scenario: $(NAME) stands for a variable that was defined before
      A reference to an unknown variable, and one with a second $, stay as they are.

      Given an empty Namespace
      When I create Pod "job":
        """yaml
        spec:
          restartPolicy: Never
          containers:
          - name: main
            command: [echo, $(GREETING), $(UNKNOWN), $$(WHO)]
            env: [{name: WHO, value: world}, {name: GREETING, value: hello $(WHO)}]
        """
      Then within 60 seconds, the log of Pod "job" is:
        """
        hello world $(UNKNOWN) $(WHO)
        """

  Rule: The Pod can tell a container about itself

    @id:node.environment.fields
    Scenario: Fields of the Pod become environment variables
      The downward API needs no access to the API server.

      Given a ready Pod "web":
        """yaml
        metadata: {labels: {colour: blue}}
        spec:
          containers:
          - name: main
            env:
            - {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
            - {name: NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
            - {name: COLOUR, valueFrom: {fieldRef: {fieldPath: "metadata.labels['colour']"}}}
        """
      When I run "sh -c 'echo $POD $NAMESPACE $COLOUR'" in Pod "web"
      Then the output is "web ${ns} blue"

    @id:node.environment.address
    Scenario: The address of the Pod is known to its containers
      It is the one in status.podIP.

      Given a ready Pod "web":
        """yaml
        spec: {containers: [{name: main, env: [{name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]}]}
        """
      And status.podIP of Pod "web" is noted as "ip"
      When I run "sh -c 'echo $IP'" in Pod "web"
      Then the output is "${ip}"

    @id:node.environment.resources
    Scenario: Requests and limits become environment variables
      The divisor sets the unit; fractions are rounded up.

      Given a ready Pod "web":
        """yaml
        spec:
          containers:
          - name: main
            resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {cpu: 1500m, memory: 64Mi}}
            env:
            - {name: CPUS, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
            - {name: MEMORY, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}
        """
      When I run "sh -c 'echo $CPUS $MEMORY'" in Pod "web"
      Then the output is "2 64"

  Rule: The Pod chooses the user

    @id:node.environment.user
    Scenario: A container runs as the user and the group of its security context
      The container's own setting wins over that of the Pod.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec:
          securityContext: {runAsUser: 1001, runAsGroup: 2001}
          containers: [{name: main}, {name: other, securityContext: {runAsUser: 1002}}]
        """
      Then within 60 seconds, running "id -u" in container "other" of Pod "web" prints "1002"
      And running "id -g" in container "other" of Pod "web" prints "2001"
      And within 60 seconds, running "id -u" in container "main" of Pod "web" prints "1001"

    @id:node.environment.not-root
    Scenario: A container that must not be root is not started as root
      The container stays waiting, and its state says why.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec: {containers: [{name: main, securityContext: {runAsNonRoot: true, runAsUser: 0}}]}
        """
      Then within 60 seconds, Pod "web" matches:
        """yaml
        status: {containerStatuses: [{name: main, state: {waiting: {reason: CreateContainerConfigError}}}]}
        """

    @id:node.environment.read-only
    Scenario: A root file system can be read-only
      Volumes stay writable.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec:
          containers: [{name: main, securityContext: {readOnlyRootFilesystem: true}, volumeMounts: [{name: work, mountPath: /work}]}]
          volumes: [{name: work, emptyDir: {}}]
        """
      Then within 60 seconds, running "touch /file" in Pod "web" fails
      And running "sh -c 'touch /work/file && echo done'" in Pod "web" prints "done"

    @id:node.environment.capabilities
    Scenario: Capabilities can be added and dropped
      The effective ones are shown as a bit mask; NET_BIND_SERVICE alone is 400.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec: {containers: [{name: main, securityContext: {capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}}}]}
        """
      Then within 60 seconds, running "grep CapEff: /proc/1/status" in Pod "web" prints a text with "0000000000000400"

    @id:node.environment.no-new-privileges
    Scenario: A container can be kept from getting more rights
      The kernel then ignores set-user-ID programs.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec: {containers: [{name: one, securityContext: {allowPrivilegeEscalation: false, runAsUser: 1000}}, {name: two}]}
        """
      Then within 60 seconds, running "grep NoNewPrivs: /proc/1/status" in container "one" of Pod "web" prints a text with "1"
      And within 60 seconds, running "grep NoNewPrivs: /proc/1/status" in container "two" of Pod "web" prints a text with "0"

    @id:node.environment.groups
    Scenario: Additional groups can be given to all containers
      Besides the main group.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec: {securityContext: {runAsUser: 1001, runAsGroup: 2001, supplementalGroups: [3001, 3002]}}
        """
      Then within 60 seconds, running "id -G" in Pod "web" prints "2001 3001 3002"

    @id:node.environment.shared-processes
    Scenario: The containers of a Pod can see each other's processes
      Otherwise each sees only its own.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec: {shareProcessNamespace: true, containers: [{name: one, command: [sleep, "54321"]}, {name: two}]}
        """
      Then within 60 seconds, running "sh -c 'cat /proc/[0-9]*/comm'" in container "two" of Pod "web" prints a text with "sleep"
