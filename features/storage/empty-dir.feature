@needs:nodes
Feature: An emptyDir lives as long as its Pod

  An emptyDir is a directory on the node that starts empty. All containers of the Pod can use it, and it goes with the Pod.

  Documentation: https://kubernetes.io/docs/concepts/storage/volumes/

  Rule: The containers of a Pod share the directory

    @id:storage.empty-dir.shared
    Scenario: What one container writes the other one reads
      Each container may mount it at a path of its own.

      Given a ready Pod "web":
        """yaml
        spec:
          containers:
          - {name: writer, volumeMounts: [{name: work, mountPath: /out}]}
          - {name: reader, volumeMounts: [{name: work, mountPath: /in, readOnly: true}]}
          volumes: [{name: work, emptyDir: {}}]
        """
      When I run "sh -c 'echo news > /out/file'" in container "writer" of Pod "web"
      Then running "cat /in/file" in container "reader" of Pod "web" prints "news"
      And as before, running "touch /in/file" in container "reader" of Pod "web" fails

    @id:storage.empty-dir.restart
    Scenario: The directory outlives a container
      A restarted container finds what the one before has left.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec:
          containers: [{name: main, command: [sh, -c, "echo start >> /work/log; test $(wc -l < /work/log) -ge 2 || exit 1; exec /agnhost pause"], volumeMounts: [{name: work, mountPath: /work}]}]
          volumes: [{name: work, emptyDir: {}}]
        """
      Then within 60 seconds, Pod "web" matches:
        """yaml
        status: {containerStatuses: [{name: main, ready: true, restartCount: 1}]}
        """

  Rule: The medium can be chosen

    @id:storage.empty-dir.memory
    Scenario: The medium Memory is a file system in memory
      What is written counts as memory of the container.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec:
          containers: [{name: main, volumeMounts: [{name: work, mountPath: /work}]}]
          volumes: [{name: work, emptyDir: {medium: Memory}}]
        """
      Then within 60 seconds, running "grep ' /work ' /proc/mounts" in Pod "web" prints a text with "tmpfs"
      And running "sh -c 'echo news > /work/file; cat /work/file'" in Pod "web" prints "news"

  Rule: A container may see a part of a volume

    @id:storage.sub-path.directory
    Scenario: A subPath mounts one directory of the volume
      The directory is made when it is missing.

      Given a ready Pod "web":
        """yaml
        spec:
          containers:
          - {name: whole, volumeMounts: [{name: work, mountPath: /work}]}
          - {name: part, volumeMounts: [{name: work, mountPath: /part, subPath: inner}]}
          volumes: [{name: work, emptyDir: {}}]
        """
      When I run "sh -c 'echo news > /part/file'" in container "part" of Pod "web"
      Then running "cat /work/inner/file" in container "whole" of Pod "web" prints "news"

    @id:storage.sub-path.expression
    Scenario: The path may depend on the environment
      So Pods can share a volume and keep apart.

      Given a ready Pod "web":
        """yaml
        spec:
          containers:
          - {name: whole, volumeMounts: [{name: work, mountPath: /work}]}
          - name: part
            env: [{name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
            volumeMounts: [{name: work, mountPath: /part, subPathExpr: logs/$(POD)}]
          volumes: [{name: work, emptyDir: {}}]
        """
      When I run "sh -c 'echo news > /part/file'" in container "part" of Pod "web"
      Then running "cat /work/logs/web/file" in container "whole" of Pod "web" prints "news"

  Rule: Files can belong to a group

    @id:storage.empty-dir.group
    Scenario: The group fsGroup owns the volume
      Containers get the group as an additional one.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec:
          securityContext: {runAsUser: 1001, fsGroup: 3003}
          containers: [{name: main, volumeMounts: [{name: work, mountPath: /work}]}]
          volumes: [{name: work, emptyDir: {}}]
        """
      Then within 60 seconds, running "sh -c 'touch /work/file; stat -c %g /work/file'" in Pod "web" prints "3003"
      And running "id -G" in Pod "web" prints a text with "3003"
