Feature: Volumes and claims tell how they are

  What stands in the status of a volume, of a claim or of an attachment is written by controllers. Everybody with the right to can write there,
  as a driver does that has something to tell.

  Documentation: https://kubernetes.io/docs/concepts/storage/persistent-volumes/

  Rule: The status is written through a subresource

    @id:storage.status.claim
    Scenario: A condition is patched into the status of a claim
      What the claim asks for is left alone.

      Given a PersistentVolumeClaim "data":
        """yaml
        spec: {storageClassName: "${ns}-nothing", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """
      And within 30 seconds, status.phase of PersistentVolumeClaim "data" is "Pending"
      When I patch the "status" of PersistentVolumeClaim "data":
        """yaml
        spec: {storageClassName: other}
        status: {conditions: [{type: Checked, status: "True", reason: Tried, message: it is good}]}
        """
      Then GET "/api/v1/namespaces/${ns}/persistentvolumeclaims/data/status" is answered with:
        """yaml
        spec: {storageClassName: "${ns}-nothing"}
        status: {phase: Pending, conditions: [{type: Checked, status: "True", reason: Tried, message: it is good}]}
        """

    @id:storage.status.claim-replaced
    Scenario: The status of a claim is replaced
      The request is the whole object; the status is taken from it.

      Given a PersistentVolumeClaim "data":
        """yaml
        spec: {storageClassName: "${ns}-nothing", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """
      And within 30 seconds, status.phase of PersistentVolumeClaim "data" is "Pending"
      When I send PUT "/api/v1/namespaces/${ns}/persistentvolumeclaims/data/status":
        """yaml
        metadata: {name: data}
        spec: {storageClassName: "${ns}-nothing", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        status: {phase: Pending, conditions: [{type: Looked, status: "True", reason: Tried, message: it is good}]}
        """
      Then PersistentVolumeClaim "data" matches:
        """yaml
        status: {phase: Pending, conditions: [{type: Looked, status: "True"}]}
        """

    @id:storage.status.volume @needs:cluster-scope
    Scenario Outline: The status of a volume is <what>
      The message says what people should know.

      Given a PersistentVolume "${ns}":
        """yaml
        spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], storageClassName: "${ns}-nothing", hostPath: {path: /nothing}}
        """
      And within 30 seconds, status.phase of PersistentVolume "${ns}" is "Available"
      When I send <method> "/api/v1/persistentvolumes/${ns}/status":
        """yaml
        metadata: {name: "${ns}"}
        spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], storageClassName: "${ns}-nothing", hostPath: {path: /nothing}}
        status: {phase: Available, message: it is good, reason: Checked}
        """
      Then GET "/api/v1/persistentvolumes/${ns}/status" is answered with:
        """yaml
        kind: PersistentVolume
        status: {phase: Available, message: it is good, reason: Checked}
        """

      Examples:
        | what     | method |
        | patched  | PATCH  |
        | replaced | PUT    |

    @id:storage.status.attachment @needs:cluster-scope
    Scenario: The status of an attachment is replaced by whoever knows its version
      A driver says so when it has attached a volume to a node, and when it has detached it.

      Given a VolumeAttachment "${ns}":
        """yaml
        spec: {attacher: csi.example.com, nodeName: nothing, source: {persistentVolumeName: nothing}}
        """
      And GET "/apis/storage.k8s.io/v1/volumeattachments/${ns}/status" is answered with:
        """yaml
        status: {attached: false}
        """
      And I patch the "status" of VolumeAttachment "${ns}":
        """yaml
        status: {attached: true}
        """
      And metadata.resourceVersion of VolumeAttachment "${ns}" is noted as "version"
      When I send PUT "/apis/storage.k8s.io/v1/volumeattachments/${ns}/status":
        """yaml
        metadata: {name: "${ns}", resourceVersion: "${version}"}
        spec: {attacher: csi.example.com, nodeName: nothing, source: {persistentVolumeName: nothing}}
        status: {attached: false}
        """
      Then VolumeAttachment "${ns}" matches:
        """yaml
        metadata: {resourceVersion: <not ${version}>}
        spec: {attacher: csi.example.com}
        status: {attached: false}
        """
