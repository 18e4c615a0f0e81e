@needs:nodes
Feature: Containers are started, restarted and ended

  The restart policy of a Pod decides what happens when a container ends. Hooks run at the beginning and the end of its life, and a Pod
  that is deleted gets time to finish.

  Documentation: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/

  Rule: The restart policy decides whether an ended container is started again

    @id:node.lifecycle.restart-policy
    Scenario Outline: <policy> with exit code <code>: the container <outcome>, the Pod is <phase>
      A Pod whose containers have all ended for good has Succeeded, or Failed if one of them did.

      Given an empty Namespace
      When I create Pod "job":
        """yaml
        spec: {restartPolicy: <policy>, containers: [{name: main, command: [sh, -c, "exit <code>"]}]}
        """
      Then within 90 seconds, Pod "job" matches:
        """yaml
        status: {phase: <phase>, containerStatuses: [{name: main, restartCount: <restarts>}]}
        """

      Examples:
        | case                | policy    | code | outcome          | phase     | restarts     |
        | always after 0      | Always    | 0    | is started again | Running   | <at least 1> |
        | always after 1      | Always    | 1    | is started again | Running   | <at least 1> |
        | on-failure after 0  | OnFailure | 0    | stays stopped    | Succeeded | 0            |
        | on-failure after 1  | OnFailure | 1    | is started again | Running   | <at least 1> |
        | never after 0       | Never     | 0    | stays stopped    | Succeeded | 0            |
        | never after 1       | Never     | 1    | stays stopped    | Failed    | 0            |

    @id:node.lifecycle.back-off
    Scenario: A container that ends again and again is started with growing pauses
      The state says so with the reason CrashLoopBackOff.

      Given an empty Namespace
      When I create Pod "broken":
        """yaml
        spec: {containers: [{name: main, command: ["false"]}]}
        """
      Then within 60 seconds, Pod "broken" matches:
        """yaml
        status:
          containerStatuses:
          - {name: main, ready: false, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1, reason: Error}}}
        """

  Rule: The end of a container is reported

    @id:node.lifecycle.termination-message
    Scenario: A container can leave a message when it ends
      What it wrote to the termination message path is shown in its status.

      Given an empty Namespace
      When I create Pod "job":
        """yaml
        spec:
          restartPolicy: Never
          containers: [{name: main, command: [sh, -c, "echo -n out of ideas > /dev/termination-log; exit 7"]}]
        """
      Then within 60 seconds, Pod "job" matches:
        """yaml
        status:
          phase: Failed
          containerStatuses: [{name: main, state: {terminated: {exitCode: 7, message: out of ideas, startedAt: <any>, finishedAt: <any>}}}]
        """

    @id:node.lifecycle.message-from-log
    Scenario: The end of the log can stand in for the message
      Only when the container ended with an error and wrote no message.

      Given an empty Namespace
      When I create Pod "job":
        """yaml
        spec:
          restartPolicy: Never
          containers: [{name: main, terminationMessagePolicy: FallbackToLogsOnError, command: [sh, -c, "echo last words; exit 1"]}]
        """
      Then within 60 seconds, Pod "job" matches:
        """yaml
        status: {containerStatuses: [{name: main, state: {terminated: {exitCode: 1, message: "</last words\\s*/>"}}}]}
        """

  Rule: Hooks run after the start and before the end

    @id:node.lifecycle.post-start
    Scenario: The postStart hook runs in the container
      The container is not reported as running before the hook has ended.

      Given a ready Pod "web":
        """yaml
        spec: {containers: [{name: main, lifecycle: {postStart: {exec: {command: [sh, -c, "echo started > /tmp/hook"]}}}}]}
        """
      When I run "cat /tmp/hook" in Pod "web"
      Then the output is "started"

    @id:node.lifecycle.pre-stop
    Scenario: The preStop hook runs before the container is told to end
      The hook writes to a volume that the other container still sees, because its own hook takes longer.

      Given a ready Pod "web":
        """yaml
        spec:
          terminationGracePeriodSeconds: 12
          containers:
          - name: first
            lifecycle: {preStop: {exec: {command: [sh, -c, "echo stopping > /work/hook"]}}}
            volumeMounts: [{name: work, mountPath: /work}]
          - name: second
            command: [sh, -c, "while ! test -f /work/hook; do sleep 0.2; done; cat /work/hook; sleep 1000"]
            lifecycle: {preStop: {exec: {command: [sleep, "8"]}}}
            volumeMounts: [{name: work, mountPath: /work}]
          volumes: [{name: work, emptyDir: {}}]
        """
      When I delete Pod "web"
      Then within 8 seconds, the log of container "second" of Pod "web" contains "stopping"
      And within 60 seconds, Pod "web" is gone

  Rule: A deleted Pod ends gracefully

    @id:node.lifecycle.graceful
    Scenario: The containers are asked to end first
      They get the signal TERM, and as much time as terminationGracePeriodSeconds says.

      Given a ready Pod "web":
        """yaml
        spec:
          terminationGracePeriodSeconds: 30
          containers: [{name: main, command: [sh, -c, "trap 'echo asked to end; sleep 4; exit 0' TERM; echo ready; while true; do sleep 0.2; done"]}]
        """
      And within 10 seconds, the log of Pod "web" contains "ready"
      When I delete Pod "web"
      Then metadata.deletionGracePeriodSeconds of Pod "web" is "30"
      And within 4 seconds, the log of Pod "web" contains "asked to end"
      And within 20 seconds, Pod "web" is gone

    @id:node.lifecycle.killed
    Scenario: A container that does not end in time is killed
      The Pod does not stay longer than its grace period and the time to clean up.

      Given a ready Pod "web":
        """yaml
        spec: {terminationGracePeriodSeconds: 3, containers: [{name: main, command: [sh, -c, "trap '' TERM; while true; do sleep 0.2; done"]}]}
        """
      When I delete Pod "web"
      Then for 2 seconds, Pod "web" exists
      And within 30 seconds, Pod "web" is gone

    @id:node.lifecycle.active-deadline
    Scenario: A Pod that runs longer than it may has failed
      The limit counts from the start of the Pod.

      Given an empty Namespace
      When I create Pod "job":
        """yaml
        spec: {restartPolicy: Never, activeDeadlineSeconds: 3}
        """
      Then within 60 seconds, Pod "job" matches:
        """yaml
        status: {phase: Failed, reason: DeadlineExceeded}
        """

    @id:node.lifecycle.out-of-memory
    Scenario: A container that takes more memory than it may is ended
      The reason is OOMKilled, and the exit code that of the signal KILL.

      Given an empty Namespace
      When I create Pod "greedy":
        """yaml
        spec:
          restartPolicy: Never
          containers: [{name: main, command: [sh, -c, "tail /dev/zero"], resources: {limits: {memory: 32Mi}}}]
        """
      Then within 90 seconds, Pod "greedy" matches:
        """yaml
        status: {phase: Failed, containerStatuses: [{name: main, state: {terminated: {reason: OOMKilled, exitCode: 137}}}]}
        """
