Feature: A StatefulSet gives its Pods names that stay

  The Pods of a StatefulSet are numbered. Each keeps its name, its network identity and its storage when it is replaced, and they are
  started, updated and ended one after the other.

  Documentation: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/

  Rule: Pods are made and removed in their order

    @id:workloads.statefulset.waits @needs:nodes
    Scenario: The second Pod waits until the first one is ready
      The name of a Pod ends in its number, from 0.

      Given an empty Namespace
      When I create StatefulSet "db":
        """yaml
        spec:
          serviceName: db
          replicas: 2
          template: {spec: {containers: [{name: main, readinessProbe: {exec: {command: [test, -f, /tmp/go]}, periodSeconds: 1}}]}}
        """
      Then within 60 seconds, Pod "db-0" matches:
        """yaml
        metadata: {labels: {statefulset.kubernetes.io/pod-name: db-0, apps.kubernetes.io/pod-index: "0"}}
        spec: {hostname: db-0, subdomain: db}
        status: {phase: Running}
        """
      And for 3 seconds, Pod "db-1" does not exist

    @id:workloads.statefulset.goes-on @needs:nodes
    Scenario: The second Pod follows when the first one is ready
      Readiness decides, not running.

      Given a StatefulSet "db":
        """yaml
        spec:
          serviceName: db
          replicas: 2
          template: {spec: {containers: [{name: main, readinessProbe: {exec: {command: [test, -f, /tmp/go]}, periodSeconds: 1}}]}}
        """
      And within 60 seconds, status.phase of Pod "db-0" is "Running"
      When I run "touch /tmp/go" in Pod "db-0"
      Then within 60 seconds, Pod "db-1" exists

    @id:workloads.statefulset.scale-down @needs:nodes
    Scenario: The last Pod goes first
      The others are not touched.

      Given a ready StatefulSet "db":
        """yaml
        spec: {serviceName: db, replicas: 2}
        """
      When I scale StatefulSet "db" to 1 replicas
      Then within 60 seconds, Pod "db-1" is gone
      And as before, status.conditions[type=Ready].status of Pod "db-0" is "True"

    @id:workloads.statefulset.parallel
    Scenario: With the policy Parallel nobody waits
      All Pods are made at once.

      Given an empty Namespace
      When I create StatefulSet "db":
        """yaml
        spec:
          serviceName: db
          replicas: 3
          podManagementPolicy: Parallel
          template: {spec: {schedulingGates: [{name: example.com/wait}]}}
        """
      Then within 30 seconds, Pod "db-2" exists
      And there are exactly 3 Pod objects with label "app=db"

    @id:workloads.statefulset.ordinals
    Scenario: The numbers may begin elsewhere
      The field ordinals.start is the number of the first Pod.

      Given an empty Namespace
      When I create StatefulSet "db":
        """yaml
        spec:
          serviceName: db
          replicas: 1
          ordinals: {start: 5}
          template: {spec: {schedulingGates: [{name: example.com/wait}]}}
        """
      Then within 30 seconds, Pod "db-5" exists
      And for 2 seconds, there are exactly 1 Pod objects with label "app=db"

  Rule: A Pod keeps its name

    @id:workloads.statefulset.same-name @needs:nodes
    Scenario: A deleted Pod is replaced by one of the same name
      It is another Pod with another uid.

      Given a ready StatefulSet "db":
        """yaml
        spec: {serviceName: db, replicas: 1}
        """
      And metadata.uid of Pod "db-0" is noted as "uid"
      When I delete Pod "db-0"
      Then within 60 seconds, Pod "db-0" matches:
        """yaml
        metadata: {uid: "<not ${uid}>"}
        status: {conditions: [{type: Ready, status: "True"}]}
        """

    @id:workloads.statefulset.dns @needs:nodes @needs:dns
    Scenario: Every Pod has a name in the DNS
      The headless Service that the StatefulSet names governs it.

      Given a ready Pod "client"
      And a ready StatefulSet "db":
        """yaml
        spec: {serviceName: db, replicas: 1}
        """
      And status.podIP of Pod "db-0" is noted as "ip"
      When I create Service "db":
        """yaml
        spec: {clusterIP: None, selector: {app: db}}
        """
      Then within 60 seconds, Pod "client" finds "${ip}" as the A records of "db-0.db.${ns}.svc.cluster.local."

  Rule: An update replaces the Pods from the last to the first

    @id:workloads.statefulset.rolling-update @needs:nodes
    Scenario: A rolling update replaces every Pod
      In the end the current revision is the one that was asked for.

      Given a ready StatefulSet "db":
        """yaml
        spec: {serviceName: db, replicas: 2, template: {metadata: {labels: {app: db, version: one}}}}
        """
      When I patch StatefulSet "db":
        """yaml
        spec: {template: {metadata: {labels: {version: two}}}}
        """
      Then within 90 seconds, there are exactly 2 Pod objects with label "app=db,version=two":
        """yaml
        status: {conditions: [{type: Ready, status: "True"}]}
        """
      And within 30 seconds, StatefulSet "db" matches:
        """yaml
        metadata: {generation: 2}
        status: {observedGeneration: 2, updatedReplicas: 2, readyReplicas: 2}
        """

    @id:workloads.statefulset.partition @needs:nodes
    Scenario: A partition holds the first Pods back
      Only Pods whose number is not below the partition are updated, which allows to try a version out.

      Given a ready StatefulSet "db":
        """yaml
        spec:
          serviceName: db
          replicas: 2
          updateStrategy: {rollingUpdate: {partition: 1}}
          template: {metadata: {labels: {app: db, version: one}}}
        """
      When I patch StatefulSet "db":
        """yaml
        spec: {template: {metadata: {labels: {version: two}}}}
        """
      Then within 60 seconds, metadata.labels['version'] of Pod "db-1" is "two"
      And for 3 seconds, metadata.labels['version'] of Pod "db-0" is "one"

    @id:workloads.statefulset.on-delete @needs:nodes
    Scenario: With the strategy OnDelete a Pod is updated when somebody deletes it
      Nothing is replaced before.

      Given a ready StatefulSet "db":
        """yaml
        spec: {serviceName: db, replicas: 1, updateStrategy: {type: OnDelete}, template: {metadata: {labels: {app: db, version: one}}}}
        """
      And I patch StatefulSet "db":
        """yaml
        spec: {template: {metadata: {labels: {version: two}}}}
        """
      And for 2 seconds, metadata.labels['version'] of Pod "db-0" is "one"
      When I delete Pod "db-0"
      Then within 60 seconds, metadata.labels['version'] of Pod "db-0" is "two"

  Rule: Storage belongs to the name

    @id:workloads.statefulset.claims
    Scenario: Every Pod gets claims of its own
      The name of the claim is made of those of the template and the Pod.

      Given an empty Namespace
      When I create StatefulSet "db":
        """yaml
        spec:
          serviceName: db
          template: {spec: {schedulingGates: [{name: example.com/wait}]}}
          volumeClaimTemplates: [{metadata: {name: data}, spec: {storageClassName: "${ns}-none", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]
        """
      Then within 30 seconds, PersistentVolumeClaim "data-db-0" matches:
        """yaml
        metadata: {labels: {app: db}}
        spec: {storageClassName: "${ns}-none", resources: {requests: {storage: 1Gi}}}
        """
      And within 30 seconds, spec.volumes[name=data].persistentVolumeClaim.claimName of Pod "db-0" is "data-db-0"

    @id:workloads.statefulset.claims-stay
    Scenario: The claims stay when the StatefulSet goes
      Data is worth more than tidiness; somebody has to delete it on purpose.

      Given a StatefulSet "db":
        """yaml
        spec:
          serviceName: db
          template: {spec: {schedulingGates: [{name: example.com/wait}]}}
          volumeClaimTemplates: [{metadata: {name: data}, spec: {storageClassName: "${ns}-none", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]
        """
      And within 30 seconds, Pod "db-0" exists
      When I delete StatefulSet "db"
      Then within 60 seconds, Pod "db-0" is gone
      And for 2 seconds, metadata.deletionTimestamp of PersistentVolumeClaim "data-db-0" is "<none>"

    @id:workloads.statefulset.claims-deleted
    Scenario: The claims go with the StatefulSet when it says so
      The field is persistentVolumeClaimRetentionPolicy.whenDeleted.

      Given a StatefulSet "db":
        """yaml
        spec:
          serviceName: db
          persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}
          template: {spec: {schedulingGates: [{name: example.com/wait}]}}
          volumeClaimTemplates: [{metadata: {name: data}, spec: {storageClassName: "${ns}-none", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]
        """
      And within 30 seconds, metadata.ownerReferences[0].name of PersistentVolumeClaim "data-db-0" is "db"
      When I delete StatefulSet "db"
      Then within 60 seconds, PersistentVolumeClaim "data-db-0" is gone
