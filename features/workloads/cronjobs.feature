Feature: A CronJob makes Jobs by the clock

  A CronJob is to Jobs what a line of a crontab is to commands: it makes one whenever the schedule says so.

  Documentation: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/

  Rule: The schedule says when Jobs are made

    @id:workloads.cronjobs.schedule @slow
    Scenario: Every minute a Job is made
      The Job has the template of the CronJob and belongs to it.

      Given an empty Namespace
      When I create CronJob "report":
        """yaml
        spec:
          schedule: "* * * * *"
          jobTemplate: {metadata: {labels: {kind: report}}, spec: {template: {spec: {schedulingGates: [{name: example.com/wait}]}}}}
        """
      Then within 100 seconds, there are at least 1 Job objects with label "kind=report":
        """yaml
        metadata: {ownerReferences: [{kind: CronJob, name: report, controller: true}], annotations: {batch.kubernetes.io/cronjob-scheduled-timestamp: <any>}}
        """
      And within 30 seconds, status.lastScheduleTime of CronJob "report" is "<any>"

    @id:workloads.cronjobs.replace @slow
    Scenario: With the concurrency policy Replace the next Job takes the place of the last
      The Job before is deleted when it has not finished.

      Given a CronJob "report":
        """yaml
        spec:
          schedule: "* * * * *"
          suspend: true
          concurrencyPolicy: Replace
          jobTemplate: {metadata: {labels: {kind: report}}, spec: {template: {spec: {schedulingGates: [{name: example.com/wait}]}}}}
        """
      And I call "kubectl create job first --from=cronjob/report"
      And metadata.uid of Job "first" is noted as "uid"
      And I patch the "status" of CronJob "report":
        """yaml
        status: {active: [{apiVersion: batch/v1, kind: Job, name: first, namespace: "${ns}", uid: "${uid}"}]}
        """
      When I patch CronJob "report":
        """yaml
        spec: {suspend: false}
        """
      Then within 100 seconds, Job "first" is gone
      And within 30 seconds, there are exactly 1 Job objects with label "kind=report":
        """yaml
        metadata: {annotations: {batch.kubernetes.io/cronjob-scheduled-timestamp: <any>}}
        """

    @id:workloads.cronjobs.bad-schedule
    Scenario Outline: A schedule that makes no sense is refused: <what>
      The message names the field.

      Given an empty Namespace
      When I try to create CronJob "report":
        """yaml
        spec: {<spec>, jobTemplate: {spec: {template: {spec: {}}}}}
        """
      Then it is refused with 422 Invalid
      And the message contains "<message>"

      Examples:
        | what                | spec                                               | message             |
        | too few fields      | schedule: "* * *"                                  | spec.schedule       |
        | an hour of 25       | schedule: "0 25 * * *"                             | spec.schedule       |
        | an unknown zone     | schedule: "0 1 * * *", timeZone: Nowhere/Nothing   | unknown time zone   |

  Rule: A CronJob can be asked for a Job at any time

    @id:workloads.cronjobs.by-hand
    Scenario: A Job is made from the template by hand
      The annotation tells how it came to be.

      Given a CronJob "report":
        """yaml
        spec:
          schedule: "0 0 1 1 *"
          jobTemplate: {metadata: {labels: {kind: report}}, spec: {template: {spec: {schedulingGates: [{name: example.com/wait}]}}}}
        """
      When I call "kubectl create job now --from=cronjob/report"
      Then Job "now" matches:
        """yaml
        metadata: {labels: {kind: report}, annotations: {cronjob.kubernetes.io/instantiate: manual}, ownerReferences: [{kind: CronJob, name: report}]}
        """
