Feature: A DaemonSet runs a Pod on every node

  Agents that every node needs are run by a DaemonSet. Nodes that come later get their Pod, too.

  Documentation: https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/

  Rule: Every node that suits gets one Pod

    @id:workloads.daemonset.every-node @needs:cluster-scope
    Scenario: Two nodes get a Pod each
      The status counts the nodes that have one.

      Given a simulated Node "${ns}-one"
      And a simulated Node "${ns}-two"
      When I create DaemonSet "agent"
      Then within 30 seconds, there are exactly 2 Pod objects with label "app=agent":
        """yaml
        metadata: {ownerReferences: [{kind: DaemonSet, name: agent, controller: true}]}
        spec: {nodeName: "</${ns}-(one|two)/>"}
        """
      And within 30 seconds, DaemonSet "agent" matches:
        """yaml
        status: {desiredNumberScheduled: 2, currentNumberScheduled: 2, numberMisscheduled: 0}
        """

    @id:workloads.daemonset.node-joins @needs:cluster-scope
    Scenario: A node that begins to suit gets a Pod
      A label of the node is enough.

      Given a simulated Node "${ns}-one"
      And a DaemonSet "agent":
        """yaml
        spec: {template: {spec: {nodeSelector: {example.com/disk: ssd}}}}
        """
      And within 30 seconds, status.observedGeneration of DaemonSet "agent" is "1"
      When I patch Node "${ns}-one":
        """yaml
        metadata: {labels: {example.com/disk: ssd}}
        """
      Then within 30 seconds, there are exactly 1 Pod objects with label "app=agent":
        """yaml
        spec: {nodeName: "${ns}-one"}
        """

    @id:workloads.daemonset.node-leaves @needs:cluster-scope
    Scenario: A node that no longer suits loses its Pod
      The Pod is deleted.

      Given a simulated Node "${ns}-one":
        """yaml
        metadata: {labels: {example.com/disk: ssd}}
        """
      And a DaemonSet "agent":
        """yaml
        spec: {template: {spec: {nodeSelector: {example.com/disk: ssd}}}}
        """
      And within 30 seconds, status.currentNumberScheduled of DaemonSet "agent" is "1"
      When I patch Node "${ns}-one":
        """yaml
        metadata: {labels: {example.com/disk: null}}
        """
      Then within 30 seconds, there are exactly 1 Pod objects with label "app=agent":
        """yaml
        metadata: {deletionTimestamp: <any>}
        """

    @id:workloads.daemonset.cordoned @needs:cluster-scope
    Scenario: A cordoned node gets its Pod all the same
      Agents are needed wherever Pods may still run. The DaemonSet adds the tolerations for it.

      Given a simulated Node "${ns}-one":
        """yaml
        spec: {unschedulable: true}
        """
      When I create DaemonSet "agent"
      Then within 30 seconds, there are exactly 1 Pod objects with label "app=agent":
        """yaml
        spec:
          nodeName: ${ns}-one
          tolerations:
          - {key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute}
          - {key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute}
          - {key: node.kubernetes.io/unschedulable, operator: Exists, effect: NoSchedule}
        """

    @id:workloads.daemonset.tainted @needs:cluster-scope
    Scenario: A node with a taint gets no Pod
      The template needs a toleration for it.

      Given a simulated Node "${ns}-one":
        """yaml
        spec: {taints: [{key: example.com/gpu, effect: NoSchedule}]}
        """
      And a simulated Node "${ns}-two"
      When I create DaemonSet "agent"
      Then within 30 seconds, status.desiredNumberScheduled of DaemonSet "agent" is "1"
      And within 30 seconds, there are exactly 1 Pod objects with label "app=agent":
        """yaml
        spec: {nodeName: "${ns}-two"}
        """
      And for 2 seconds, there are exactly 1 Pod objects with label "app=agent"

    @id:workloads.daemonset.replaces @needs:cluster-scope
    Scenario: A deleted Pod is replaced on its node
      A node is never without its agent for long.

      Given a simulated Node "${ns}-one"
      And a DaemonSet "agent":
        """yaml
        spec: {template: {metadata: {labels: {app: agent}}}}
        """
      And within 30 seconds, status.currentNumberScheduled of DaemonSet "agent" is "1"
      And I list Pod objects with label "app=agent"
      And items[0].metadata.name of the answer is noted as "old"
      When I delete Pod "${old}":
        """yaml
        gracePeriodSeconds: 0
        """
      Then within 30 seconds, there are exactly 1 Pod objects with label "app=agent":
        """yaml
        metadata: {name: "<not ${old}>"}
        spec: {nodeName: "${ns}-one"}
        """

  Rule: A change of the template reaches every node

    @id:workloads.daemonset.rolling-update @needs:nodes
    Scenario: A rolling update replaces the Pods
      One node after the other goes without its Pod for a moment.

      Given a ready DaemonSet "agent":
        """yaml
        spec: {template: {metadata: {labels: {app: agent, version: one}}}}
        """
      When I patch DaemonSet "agent":
        """yaml
        spec: {template: {metadata: {labels: {version: two}}}}
        """
      Then within 120 seconds, there are at least 1 Pod objects with label "app=agent,version=two":
        """yaml
        status: {conditions: [{type: Ready, status: "True"}]}
        """
      And within 120 seconds, there are exactly 0 Pod objects with label "app=agent,version=one"

    @id:workloads.daemonset.on-delete @needs:cluster-scope
    Scenario: With the strategy OnDelete the Pods stay until somebody deletes them
      The new version is known, and used for the next Pod.

      Given a simulated Node "${ns}-one"
      And a DaemonSet "agent":
        """yaml
        spec: {updateStrategy: {type: OnDelete}, template: {metadata: {labels: {app: agent, version: one}}}}
        """
      And within 30 seconds, status.currentNumberScheduled of DaemonSet "agent" is "1"
      When I patch DaemonSet "agent":
        """yaml
        spec: {template: {metadata: {labels: {version: two}}}}
        """
      Then within 30 seconds, status.observedGeneration of DaemonSet "agent" is "2"
      And within 30 seconds, there are exactly 2 ControllerRevision objects with label "app=agent"
      And for 2 seconds, there are exactly 1 Pod objects with label "version=one"

    @id:workloads.daemonset.rollback
    Scenario: Undoing a roll-out brings the former template back
      The former versions are kept as ControllerRevisions.

      Given a DaemonSet "agent":
        """yaml
        spec: {template: {metadata: {labels: {app: agent, version: one}}, spec: {nodeSelector: {example.com/nowhere: "yes"}}}}
        """
      And within 30 seconds, there are exactly 1 ControllerRevision objects with label "version=one"
      And I patch DaemonSet "agent":
        """yaml
        spec: {template: {metadata: {labels: {version: two}}}}
        """
      And within 30 seconds, there are exactly 1 ControllerRevision objects with label "version=two"
      When I call "kubectl rollout undo daemonset agent"
      Then spec.template.metadata.labels['version'] of DaemonSet "agent" is "one"
