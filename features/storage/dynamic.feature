@needs:nodes @needs:default-storage-class
Feature: Volumes are made when they are asked for

  A StorageClass with a provisioner makes a volume for every claim, so that nobody has to make volumes ahead. One class of the cluster may
  be the default.

  Documentation: https://kubernetes.io/docs/concepts/storage/dynamic-provisioning/

  Rule: A claim that names no class gets the default one

    @id:storage.dynamic.default-class
    Scenario: The name of the default class is filled in
      A claim that names the empty class gets none.

      Given an empty Namespace
      When I create PersistentVolumeClaim "data":
        """yaml
        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
        """
      Then spec.storageClassName of PersistentVolumeClaim "data" is "</.+/>"

  Rule: A volume is made for a claim

    @id:storage.dynamic.provisioned
    Scenario: A Pod gets the volume of its claim
      Some classes make the volume at once, others when the first Pod needs it.

      Given a PersistentVolumeClaim "data":
        """yaml
        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
        """
      When I create Pod "web":
        """yaml
        spec:
          containers: [{name: main, volumeMounts: [{name: data, mountPath: /data}]}]
          volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
        """
      Then within 90 seconds, running "sh -c 'echo news > /data/file; cat /data/file'" in Pod "web" prints "news"
      And PersistentVolumeClaim "data" matches:
        """yaml
        spec: {volumeName: <any>}
        status: {phase: Bound}
        """

    @id:storage.dynamic.data-stays
    Scenario: What one Pod wrote the next one reads
      The volume belongs to the claim, not to the Pod.

      Given a PersistentVolumeClaim "data":
        """yaml
        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
        """
      And a ready Pod "writer":
        """yaml
        spec:
          containers: [{name: main, volumeMounts: [{name: data, mountPath: /data}]}]
          volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
        """
      And I run "sh -c 'echo news > /data/file'" in Pod "writer"
      And I delete Pod "writer"
      And within 60 seconds, Pod "writer" is gone
      When I create Pod "reader":
        """yaml
        spec:
          restartPolicy: Never
          containers: [{name: main, command: [cat, /data/file], volumeMounts: [{name: data, mountPath: /data}]}]
          volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
        """
      Then within 90 seconds, the log of Pod "reader" is:
        """
        news
        """
