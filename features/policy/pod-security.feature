@needs:cluster-scope
Feature: A namespace demands a level of security from its Pods

  Three levels are defined: privileged allows everything, baseline forbids what gives power over the node, restricted demands good practice.
  A label of the namespace chooses the level.

  Documentation: https://kubernetes.io/docs/concepts/security/pod-security-admission/

  Rule: A Pod below the level is refused

    @id:policy.pod-security.enforced
    Scenario Outline: At the level <level> <what> is refused
      The message names the field.

      Given a Namespace "${ns}-safe":
        """yaml
        metadata: {labels: {pod-security.kubernetes.io/enforce: <level>}}
        """
      And within 30 seconds, ServiceAccount "${ns}-safe/default" exists
      When I try to create Pod "${ns}-safe/web":
        """yaml
        spec: <spec>
        """
      Then it is refused with 403 Forbidden
      And the message contains "violates PodSecurity"
      And the message contains "<field>"

      Examples:
        | case            | level      | what                     | spec                                                                             | field                    |
        | privileged      | baseline   | a privileged container   | {containers: [{name: main, securityContext: {privileged: true}}]}                | privileged               |
        | host network    | baseline   | the network of the node  | {hostNetwork: true}                                                              | hostNetwork=true         |
        | host path       | baseline   | a directory of the node  | {volumes: [{name: host, hostPath: {path: /}}]}                                   | hostPath volumes         |
        | capability      | baseline   | an extra capability      | {containers: [{name: main, securityContext: {capabilities: {add: [SYS_ADMIN]}}}]} | non-default capabilities |
        | root            | restricted | a container that may be root | {}                                                                           | runAsNonRoot             |
        | seccomp         | restricted | a container without seccomp  | {securityContext: {runAsNonRoot: true}}                                      | seccompProfile           |

    @id:policy.pod-security.accepted
    Scenario: A Pod that takes the precautions is accepted
      This is what restricted demands.

      Given a Namespace "${ns}-safe":
        """yaml
        metadata: {labels: {pod-security.kubernetes.io/enforce: restricted}}
        """
      And within 30 seconds, ServiceAccount "${ns}-safe/default" exists
      When I create Pod "${ns}-safe/web":
        """yaml
        spec:
          schedulingGates: [{name: example.com/wait}]
          securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
          containers: [{name: main, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]
        """
      Then Pod "${ns}-safe/web" exists

    @id:policy.pod-security.workload
    Scenario: A workload is accepted and cannot make its Pods
      The level is enforced for Pods only, so that the workload can tell of it.

      Given a Namespace "${ns}-safe":
        """yaml
        metadata: {labels: {pod-security.kubernetes.io/enforce: baseline}}
        """
      When I create Deployment "${ns}-safe/web":
        """yaml
        spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {hostNetwork: true}}}
        """
      Then within 30 seconds, Deployment "${ns}-safe/web" matches:
        """yaml
        status: {conditions: [{type: ReplicaFailure, status: "True", reason: FailedCreate, message: "</.*violates PodSecurity.*/>"}]}
        """

  Rule: A level can be tried out with warnings

    @id:policy.pod-security.warning
    Scenario: A workload below the level to warn of is accepted with a warning
      The warning comes with the workload, not only with its Pods.

      Given a Namespace "${ns}-safe":
        """yaml
        metadata: {labels: {pod-security.kubernetes.io/warn: baseline}}
        """
      When I create Deployment "${ns}-safe/web":
        """yaml
        spec: {replicas: 0, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {hostNetwork: true}}}
        """
      Then the answer warns of "would violate PodSecurity"
      And Deployment "${ns}-safe/web" exists

    @id:policy.pod-security.existing
    Scenario: Raising the level tells which Pods are below it
      They keep running.

      Given a Pod "web":
        """yaml
        spec: {hostNetwork: true, schedulingGates: [{name: example.com/wait}]}
        """
      When I patch Namespace "${ns}":
        """yaml
        metadata: {labels: {pod-security.kubernetes.io/enforce: baseline}}
        """
      Then the answer warns of "violate the new PodSecurity enforce level"
      And as before, Pod "web" exists
