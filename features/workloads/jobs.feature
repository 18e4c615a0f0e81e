Feature: A Job runs Pods until its work is done

  A Job starts Pods and counts those that end well. It tries again when one fails, up to a limit, and is then complete or failed for good.

  Documentation: https://kubernetes.io/docs/concepts/workloads/controllers/job/

  Rule: A Job is complete when enough of its Pods have succeeded

    @id:workloads.jobs.complete @needs:nodes
    Scenario: A Job with one task
      The status tells how many Pods have succeeded and when the work was done.

      Given an empty Namespace
      When I create Job "sum":
        """yaml
        spec: {template: {spec: {containers: [{command: [sh, -c, "expr 1 + 1"]}]}}}
        """
      Then within 90 seconds, Job "sum" matches:
        """yaml
        status: {succeeded: 1, completionTime: <any>, conditions: [{type: Complete, status: "True"}]}
        """
      And there are exactly 1 Pod objects with label "batch.kubernetes.io/job-name=sum":
        """yaml
        metadata: {ownerReferences: [{kind: Job, name: sum, controller: true}]}
        status: {phase: Succeeded}
        """

    @id:workloads.jobs.completions @needs:nodes
    Scenario: A Job with several tasks runs some of them side by side
      No more than spec.parallelism Pods run at the same time.

      Given an empty Namespace
      When I create Job "sum":
        """yaml
        spec: {completions: 3, parallelism: 2, template: {spec: {containers: [{command: ["true"]}]}}}
        """
      Then within 90 seconds, status.succeeded of Job "sum" is "3"
      And there are exactly 3 Pod objects with label "batch.kubernetes.io/job-name=sum"

    @id:workloads.jobs.indexed @needs:nodes
    Scenario: The Pods of an indexed Job know which task is theirs
      The index is an annotation, a label and the variable JOB_COMPLETION_INDEX.

      Given an empty Namespace
      When I create Job "sum":
        """yaml
        spec:
          completions: 3
          parallelism: 3
          completionMode: Indexed
          template: {spec: {containers: [{command: [sh, -c, "echo task $JOB_COMPLETION_INDEX"]}]}}
        """
      Then within 90 seconds, status.completedIndexes of Job "sum" is "0-2"
      And there are exactly 1 Pod objects with label "batch.kubernetes.io/job-completion-index=2":
        """yaml
        metadata: {annotations: {batch.kubernetes.io/job-completion-index: "2"}}
        """

    @id:workloads.jobs.success-policy @needs:nodes
    Scenario: A success policy may be content with some of the tasks
      The Pods of the other tasks are ended.

      Given an empty Namespace
      When I create Job "race":
        """yaml
        spec:
          completions: 2
          parallelism: 2
          completionMode: Indexed
          successPolicy: {rules: [{succeededIndexes: "0"}]}
          template: {spec: {containers: [{command: [sh, -c, "test $JOB_COMPLETION_INDEX = 0 || sleep 1000"]}]}}
        """
      Then within 90 seconds, Job "race" matches:
        """yaml
        status: {completedIndexes: "0", conditions: [{type: SuccessCriteriaMet, status: "True"}, {type: Complete, status: "True", reason: SuccessPolicy}]}
        """

  Rule: A Pod that fails is replaced, up to a limit

    @id:workloads.jobs.back-off-limit @needs:nodes
    Scenario: A Job fails when its Pods have failed too often
      The limit is spec.backoffLimit; with 0 the first failure is the last.

      Given an empty Namespace
      When I create Job "sum":
        """yaml
        spec: {backoffLimit: 0, template: {spec: {containers: [{command: ["false"]}]}}}
        """
      Then within 90 seconds, Job "sum" matches:
        """yaml
        status: {failed: 1, succeeded: <none>, completionTime: <none>, conditions: [{type: Failed, status: "True", reason: BackoffLimitExceeded}]}
        """

    @id:workloads.jobs.retry @needs:nodes
    Scenario: A failed Pod is replaced by another one
      With the restart policy Never every try is a Pod of its own.

      Given an empty Namespace
      When I create Job "sum":
        """yaml
        spec: {backoffLimit: 1, template: {spec: {containers: [{command: ["false"]}]}}}
        """
      Then within 90 seconds, there are exactly 2 Pod objects with label "batch.kubernetes.io/job-name=sum":
        """yaml
        status: {phase: Failed}
        """
      And within 30 seconds, status.failed of Job "sum" is "2"

    @id:workloads.jobs.restart @needs:nodes
    Scenario: With the restart policy OnFailure the same Pod tries again
      The container is started once more; no other Pod is made.

      Given an empty Namespace
      When I create Job "sum":
        """yaml
        spec:
          template:
            spec:
              restartPolicy: OnFailure
              containers: [{name: main, command: [sh, -c, "test -f /work/tried || { touch /work/tried; exit 1; }"], volumeMounts: [{name: work, mountPath: /work}]}]
              volumes: [{name: work, emptyDir: {}}]
        """
      Then within 90 seconds, status.conditions[type=Complete].status of Job "sum" is "True"
      And there are exactly 1 Pod objects with label "batch.kubernetes.io/job-name=sum":
        """yaml
        status: {containerStatuses: [{name: main, restartCount: 1}]}
        """

    @id:workloads.jobs.failure-policy @needs:nodes
    Scenario: A failure policy can end the Job at once
      Some exit codes tell that another try makes no sense.

      Given an empty Namespace
      When I create Job "sum":
        """yaml
        spec:
          backoffLimit: 6
          podFailurePolicy: {rules: [{action: FailJob, onExitCodes: {containerName: main, operator: In, values: [42]}}]}
          template: {spec: {containers: [{name: main, command: [sh, -c, "exit 42"]}]}}
        """
      Then within 90 seconds, Job "sum" matches:
        """yaml
        status: {failed: 1, conditions: [{type: Failed, status: "True", reason: PodFailurePolicy}]}
        """

    @id:workloads.jobs.deadline @needs:nodes
    Scenario: A Job that takes too long fails
      The deadline counts from the start of the Job; its Pods are ended.

      Given an empty Namespace
      When I create Job "sum":
        """yaml
        spec: {activeDeadlineSeconds: 2, template: {spec: {containers: [{command: [sleep, "1000"]}]}}}
        """
      Then within 90 seconds, Job "sum" matches:
        """yaml
        status: {active: <none>, conditions: [{type: Failed, status: "True", reason: DeadlineExceeded}]}
        """

  Rule: A Job can be held back, and goes when it is no longer needed

    @id:workloads.jobs.suspended
    Scenario: A suspended Job starts no Pods
      It says so in a condition.

      Given an empty Namespace
      When I create Job "sum":
        """yaml
        spec: {suspend: true, template: {spec: {containers: [{command: ["true"]}]}}}
        """
      Then within 30 seconds, status.conditions[type=Suspended].status of Job "sum" is "True"
      And for 2 seconds, there are exactly 0 Pod objects

    @id:workloads.jobs.resumed
    Scenario: A Job that is no longer suspended starts its Pods
      The start time counts from then.

      Given a Job "sum":
        """yaml
        spec: {suspend: true, template: {spec: {schedulingGates: [{name: example.com/wait}]}}}
        """
      And within 30 seconds, status.conditions[type=Suspended].status of Job "sum" is "True"
      When I patch Job "sum":
        """yaml
        spec: {suspend: false}
        """
      Then within 30 seconds, there are exactly 1 Pod objects with label "batch.kubernetes.io/job-name=sum"
      And within 30 seconds, Job "sum" matches:
        """yaml
        status: {active: 1, startTime: <any>, conditions: [{type: Suspended, status: "False"}]}
        """

    @id:workloads.jobs.time-to-live @needs:nodes
    Scenario: A finished Job is removed after its time to live
      The time ttlSecondsAfterFinished counts from the end of the Job. Its Pods go with it.

      Given a Job "sum":
        """yaml
        spec: {suspend: true, ttlSecondsAfterFinished: 1, template: {spec: {containers: [{command: ["true"]}]}}}
        """
      When I patch Job "sum":
        """yaml
        spec: {suspend: false}
        """
      Then within 90 seconds, Job "sum" is gone

    @id:workloads.jobs.immutable
    Scenario: The template of a Job cannot be changed
      A Job is replaced by another one instead.

      Given a Job "sum":
        """yaml
        spec: {suspend: false, template: {spec: {schedulingGates: [{name: example.com/wait}]}}}
        """
      When I try to patch Job "sum":
        """yaml
        spec: {template: {spec: {containers: [{name: main, image: other}]}}}
        """
      Then it is refused with 422 Invalid
      And the message contains "field is immutable"
