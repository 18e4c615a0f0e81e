@needs:nodes
Feature: A hostPath is a piece of the node

  A hostPath mounts a file or a directory of the node into a Pod. It stays when the Pod goes, and is another one on every node.

  Documentation: https://kubernetes.io/docs/concepts/storage/volumes/

  Rule: The type says what must be there

    @id:storage.host-path.create
    Scenario: DirectoryOrCreate makes a directory that outlives the Pod
      A second Pod on the same node finds what the first one wrote.

      Given a ready Pod "writer":
        """yaml
        spec:
          containers: [{name: main, volumeMounts: [{name: host, mountPath: /host}]}]
          volumes: [{name: host, hostPath: {path: "/tmp/${ns}", type: DirectoryOrCreate}}]
        """
      And spec.nodeName of Pod "writer" is noted as "node"
      And I run "sh -c 'echo news > /host/file'" in Pod "writer"
      When I create Pod "reader":
        """yaml
        spec:
          nodeName: ${node}
          restartPolicy: Never
          containers: [{name: main, command: [sh, -c, "cat /host/file && rm /host/file"], volumeMounts: [{name: host, mountPath: /host}]}]
          volumes: [{name: host, hostPath: {path: "/tmp/${ns}", type: Directory}}]
        """
      Then within 60 seconds, the log of Pod "reader" is:
        """
        news
        """

    @id:storage.host-path.missing
    Scenario: A Pod waits for a directory that must exist
      With the type Directory nothing is made.

      Given an empty Namespace
      When I create Pod "reader":
        """yaml
        spec:
          containers: [{name: main, volumeMounts: [{name: host, mountPath: /host}]}]
          volumes: [{name: host, hostPath: {path: "/tmp/${ns}/nothing", type: Directory}}]
        """
      Then within 30 seconds, spec.nodeName of Pod "reader" is "<any>"
      And for 5 seconds, status.phase of Pod "reader" is "Pending"
