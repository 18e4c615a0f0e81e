Feature: Containers start, run and end

  The restart policy says what happens to a container that ended.

  Documentation: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/

  Rule: The restart policy decides whether a container starts again

    @id:node.lifecycle.restart
    Scenario Outline: With <policy>, a container that ended <outcome>
      Given an empty Namespace
      When I create Pod "job":
        """yaml
        spec: {restartPolicy: <policy>}
        """
      Then within 60 seconds, status.phase of Pod "job" is "<phase>"

      Examples:
        | policy    | outcome          | phase     |
        | Always    | is started again | Running   |
        | OnFailure | stays stopped    | Succeeded |
        | Never     | stays stopped    | Succeeded |

  Rule: A container is asked to end before it is made to

    @id:node.lifecycle.graceful
    Scenario: A container gets a signal and time
      Given a ready Pod "web"
      When I delete Pod "web"
      Then within 60 seconds, Pod "web" is gone

    @id:node.lifecycle.files
    Scenario: The log says what came in which order
      Given a ready Pod "web"
      When I read the log of Pod "web"
      Then the table of lines is:
        | line | text     |
        | 1    | starting |
        | 2    | ready    |
