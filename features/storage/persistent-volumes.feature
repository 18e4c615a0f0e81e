Feature: Claims are bound to volumes

  A PersistentVolume is a piece of storage of the cluster, a PersistentVolumeClaim asks for one. The cluster brings the two together, one to
  one, and protects what is in use.

  Documentation: https://kubernetes.io/docs/concepts/storage/persistent-volumes/

  Rule: A claim gets a volume that suits it

    @id:storage.persistent-volumes.bind @needs:cluster-scope
    Scenario: A claim and a volume find each other
      Both tell of it: the claim names the volume, the volume refers to the claim.

      Given a ready PersistentVolume "${ns}-disk":
        """yaml
        spec: {storageClassName: "${ns}", capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: "/tmp/${ns}"}}
        """
      When I create PersistentVolumeClaim "data":
        """yaml
        spec: {storageClassName: "${ns}", accessModes: [ReadWriteOnce], resources: {requests: {storage: 500Mi}}}
        """
      Then within 60 seconds, PersistentVolumeClaim "data" matches:
        """yaml
        spec: {volumeName: "${ns}-disk"}
        status: {phase: Bound, capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce]}
        """
      And within 30 seconds, PersistentVolume "${ns}-disk" matches:
        """yaml
        spec: {claimRef: {kind: PersistentVolumeClaim, namespace: "${ns}", name: data}}
        status: {phase: Bound}
        """

    @id:storage.persistent-volumes.smallest @needs:cluster-scope
    Scenario: Of the volumes that are large enough the smallest is taken
      Nothing larger is wasted on a small claim.

      Given a ready PersistentVolume "${ns}-large":
        """yaml
        spec: {storageClassName: "${ns}", capacity: {storage: 5Gi}, accessModes: [ReadWriteOnce], hostPath: {path: "/tmp/${ns}-large"}}
        """
      And a ready PersistentVolume "${ns}-small":
        """yaml
        spec: {storageClassName: "${ns}", capacity: {storage: 2Gi}, accessModes: [ReadWriteOnce], hostPath: {path: "/tmp/${ns}-small"}}
        """
      When I create PersistentVolumeClaim "data":
        """yaml
        spec: {storageClassName: "${ns}", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """
      Then within 60 seconds, spec.volumeName of PersistentVolumeClaim "data" is "${ns}-small"

    @id:storage.persistent-volumes.selector @needs:cluster-scope
    Scenario: A claim can choose by labels
      The larger volume is the one with the label.

      Given a ready PersistentVolume "${ns}-fast":
        """yaml
        metadata: {labels: {example.com/speed: fast}}
        spec: {storageClassName: "${ns}", capacity: {storage: 5Gi}, accessModes: [ReadWriteOnce], hostPath: {path: "/tmp/${ns}-fast"}}
        """
      And a ready PersistentVolume "${ns}-slow":
        """yaml
        spec: {storageClassName: "${ns}", capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: "/tmp/${ns}-slow"}}
        """
      When I create PersistentVolumeClaim "data":
        """yaml
        spec: {storageClassName: "${ns}", selector: {matchLabels: {example.com/speed: fast}}, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """
      Then within 60 seconds, spec.volumeName of PersistentVolumeClaim "data" is "${ns}-fast"

    @id:storage.persistent-volumes.waits @needs:cluster-scope
    Scenario Outline: A claim waits when no volume suits: <what>
      It stays Pending until one comes.

      Given a ready PersistentVolume "${ns}-disk":
        """yaml
        spec: {storageClassName: "${ns}", capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: "/tmp/${ns}"}}
        """
      When I create PersistentVolumeClaim "data":
        """yaml
        spec: {storageClassName: "<class>", accessModes: [<mode>], resources: {requests: {storage: <size>}}}
        """
      Then within 30 seconds, status.phase of PersistentVolumeClaim "data" is "Pending"
      And for 3 seconds, status.phase of PersistentVolume "${ns}-disk" is "Available"

      Examples:
        | what          | class       | mode          | size |
        | the size      | ${ns}       | ReadWriteOnce | 2Gi  |
        | the mode      | ${ns}       | ReadWriteMany | 1Gi  |
        | the class     | ${ns}-other | ReadWriteOnce | 1Gi  |

    @id:storage.persistent-volumes.late @needs:cluster-scope
    Scenario: A waiting claim gets the volume that comes
      Nothing has to be asked for again.

      Given a PersistentVolumeClaim "data":
        """yaml
        spec: {storageClassName: "${ns}", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """
      And within 30 seconds, status.phase of PersistentVolumeClaim "data" is "Pending"
      When I create PersistentVolume "${ns}-disk":
        """yaml
        spec: {storageClassName: "${ns}", capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: "/tmp/${ns}"}}
        """
      Then within 60 seconds, status.phase of PersistentVolumeClaim "data" is "Bound"

    @id:storage.persistent-volumes.reserved @needs:cluster-scope
    Scenario: A volume can be kept for one claim
      The other claim does not get it, though it was there first.

      Given a PersistentVolumeClaim "other":
        """yaml
        spec: {storageClassName: "${ns}", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """
      And a PersistentVolumeClaim "mine":
        """yaml
        spec: {storageClassName: "${ns}", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """
      When I create PersistentVolume "${ns}-disk":
        """yaml
        spec:
          storageClassName: ${ns}
          capacity: {storage: 1Gi}
          accessModes: [ReadWriteOnce]
          hostPath: {path: "/tmp/${ns}"}
          claimRef: {namespace: "${ns}", name: mine}
        """
      Then within 60 seconds, spec.volumeName of PersistentVolumeClaim "mine" is "${ns}-disk"
      And as before, spec.volumeName of PersistentVolumeClaim "other" is "<none>"

    @id:storage.persistent-volumes.first-consumer @needs:cluster-scope
    Scenario: A claim may wait for its first Pod
      The Pod goes to a node that the volume can be reached from, though the other one has more room.

      Given a StorageClass "${ns}":
        """yaml
        provisioner: kubernetes.io/no-provisioner
        volumeBindingMode: WaitForFirstConsumer
        """
      And a simulated Node "${ns}-small":
        """yaml
        status: {allocatable: {cpu: "1"}}
        """
      And a simulated Node "${ns}-large"
      And a ready PersistentVolume "${ns}-disk":
        """yaml
        spec:
          storageClassName: ${ns}
          capacity: {storage: 1Gi}
          accessModes: [ReadWriteOnce]
          local: {path: /mnt/disk}
          nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: ["${ns}-small"]}]}]}}
        """
      And a PersistentVolumeClaim "data":
        """yaml
        spec: {storageClassName: "${ns}", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """
      When I create Pod "web":
        """yaml
        spec: {volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]}
        """
      Then within 60 seconds, spec.volumeName of PersistentVolumeClaim "data" is "${ns}-disk"
      And within 30 seconds, spec.nodeName of Pod "web" is "${ns}-small"

  Rule: A released volume keeps its data

    @id:storage.persistent-volumes.retain @needs:cluster-scope
    Scenario: The volume of a deleted claim is released
      With the policy Retain, which is that of volumes made by hand, somebody has to look after the data.

      Given a PersistentVolume "${ns}-disk":
        """yaml
        spec: {storageClassName: "${ns}", capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: "/tmp/${ns}"}}
        """
      And a ready PersistentVolumeClaim "data":
        """yaml
        spec: {storageClassName: "${ns}", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """
      When I delete PersistentVolumeClaim "data"
      Then within 60 seconds, PersistentVolume "${ns}-disk" matches:
        """yaml
        spec: {persistentVolumeReclaimPolicy: Retain, claimRef: {name: data}}
        status: {phase: Released}
        """

    @id:storage.persistent-volumes.not-reused @needs:cluster-scope
    Scenario: A released volume is not given to another claim
      It holds the data of the first one, even when the second has the same name.

      Given a PersistentVolume "${ns}-disk":
        """yaml
        spec: {storageClassName: "${ns}", capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: "/tmp/${ns}"}}
        """
      And a ready PersistentVolumeClaim "data":
        """yaml
        spec: {storageClassName: "${ns}", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """
      And I delete PersistentVolumeClaim "data"
      And within 60 seconds, status.phase of PersistentVolume "${ns}-disk" is "Released"
      When I create PersistentVolumeClaim "data":
        """yaml
        spec: {storageClassName: "${ns}", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """
      Then within 30 seconds, status.phase of PersistentVolumeClaim "data" is "Pending"
      And for 3 seconds, status.phase of PersistentVolume "${ns}-disk" is "Released"

    @id:storage.persistent-volumes.released-goes @needs:cluster-scope
    Scenario: A released volume can be deleted
      Nothing protects it once its claim has gone.

      Given a PersistentVolume "${ns}-disk":
        """yaml
        spec: {storageClassName: "${ns}", capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: "/tmp/${ns}"}}
        """
      And a ready PersistentVolumeClaim "data":
        """yaml
        spec: {storageClassName: "${ns}", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """
      And I delete PersistentVolumeClaim "data"
      And within 60 seconds, PersistentVolumeClaim "data" is gone
      When I delete PersistentVolume "${ns}-disk"
      Then within 30 seconds, PersistentVolume "${ns}-disk" is gone

    @id:storage.persistent-volumes.collection @life-cycle @needs:cluster-scope
    Scenario: Claims and volumes are deleted by their label
      The claim goes first and releases its volume.

      Given a PersistentVolume "${ns}-disk":
        """yaml
        metadata: {labels: {life: "${ns}"}}
        spec: {storageClassName: "${ns}", capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: "/tmp/${ns}"}}
        """
      And a ready PersistentVolumeClaim "data":
        """yaml
        metadata: {labels: {life: "${ns}"}}
        spec: {storageClassName: "${ns}", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """
      When I delete all PersistentVolumeClaim objects with label "life=${ns}"
      Then within 60 seconds, PersistentVolumeClaim "data" is gone
      When I delete all PersistentVolume objects with label "life=${ns}"
      Then within 60 seconds, PersistentVolume "${ns}-disk" is gone

  Rule: Storage in use is protected

    @id:storage.persistent-volumes.claim-in-use @needs:cluster-scope
    Scenario: A claim that a Pod uses is not removed
      It goes when the Pod has gone.

      Given a PersistentVolume "${ns}-disk":
        """yaml
        spec: {storageClassName: "${ns}", capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: "/tmp/${ns}"}}
        """
      And a ready PersistentVolumeClaim "data":
        """yaml
        spec: {storageClassName: "${ns}", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """
      And a simulated Node "${ns}-only"
      And a Pod "web":
        """yaml
        spec: {volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]}
        """
      And within 30 seconds, spec.nodeName of Pod "web" is "${ns}-only"
      When I delete PersistentVolumeClaim "data"
      Then within 10 seconds, metadata.deletionTimestamp of PersistentVolumeClaim "data" is "<any>"
      And for 3 seconds, metadata.finalizers of PersistentVolumeClaim "data" is "</.*kubernetes.io.pvc-protection.*/>"

    @id:storage.persistent-volumes.volume-in-use @needs:cluster-scope
    Scenario: A volume that is bound is not removed
      It goes when its claim has gone.

      Given a PersistentVolume "${ns}-disk":
        """yaml
        spec: {storageClassName: "${ns}", capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: "/tmp/${ns}"}}
        """
      And a ready PersistentVolumeClaim "data":
        """yaml
        spec: {storageClassName: "${ns}", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """
      When I delete PersistentVolume "${ns}-disk"
      Then within 10 seconds, metadata.deletionTimestamp of PersistentVolume "${ns}-disk" is "<any>"
      And for 3 seconds, PersistentVolume "${ns}-disk" exists

    @id:storage.persistent-volumes.both-go @needs:cluster-scope
    Scenario: A volume that was to go goes with its claim
      Nothing protects it any more.

      Given a PersistentVolume "${ns}-disk":
        """yaml
        spec: {storageClassName: "${ns}", capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: "/tmp/${ns}"}}
        """
      And a ready PersistentVolumeClaim "data":
        """yaml
        spec: {storageClassName: "${ns}", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """
      And I delete PersistentVolume "${ns}-disk"
      When I delete PersistentVolumeClaim "data"
      Then within 60 seconds, PersistentVolumeClaim "data" is gone
      And within 60 seconds, PersistentVolume "${ns}-disk" is gone

  Rule: A claim cannot become another one

    @id:storage.persistent-volumes.immutable
    Scenario: What a claim asks for cannot be changed
      Only the size may grow, where the class allows it.

      Given a PersistentVolumeClaim "data":
        """yaml
        spec: {storageClassName: "${ns}", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """
      When I try to patch PersistentVolumeClaim "data":
        """yaml
        spec: {accessModes: [ReadWriteMany]}
        """
      Then it is refused with 422 Invalid
      And the message contains "spec is immutable after creation"

    @id:storage.persistent-volumes.resize @needs:cluster-scope
    Scenario: A claim cannot grow when its class does not allow it
      Volumes made by hand have no class that could.

      Given a PersistentVolume "${ns}-disk":
        """yaml
        spec: {storageClassName: "${ns}", capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: "/tmp/${ns}"}}
        """
      And a ready PersistentVolumeClaim "data":
        """yaml
        spec: {storageClassName: "${ns}", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """
      When I try to patch PersistentVolumeClaim "data":
        """yaml
        spec: {resources: {requests: {storage: 2Gi}}}
        """
      Then it is refused with 403 Forbidden
      And the message contains "only dynamically provisioned pvc can be resized"

  Rule: A Pod can bring its own claim

    @id:storage.persistent-volumes.ephemeral
    Scenario: The claim of a generic ephemeral volume belongs to its Pod
      The name of the claim is made of those of the Pod and the volume; it goes with the Pod.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec:
          schedulingGates: [{name: example.com/wait}]
          volumes: [{name: scratch, ephemeral: {volumeClaimTemplate: {spec: {storageClassName: "${ns}", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}}]
        """
      Then within 30 seconds, PersistentVolumeClaim "web-scratch" matches:
        """yaml
        metadata: {ownerReferences: [{kind: Pod, name: web, controller: true}]}
        spec: {storageClassName: "${ns}"}
        """
