@needs:nodes
Feature: A Secret brings confidential data into containers

  A Secret is used like a ConfigMap. Its values are bytes, it is sent only to nodes that need it, and it is kept in memory there.

  Documentation: https://kubernetes.io/docs/concepts/configuration/secret/

  Rule: Text can be given as it is

    @id:configuration.secrets.string-data
    Scenario: stringData is encoded by the API server
      The field can be written, but never read.

      Given an empty Namespace
      When I create Secret "password":
        """yaml
        stringData: {word: hush}
        """
      Then Secret "password" matches:
        """yaml
        type: Opaque
        data: {word: aHVzaA==}
        stringData: <none>
        """

    @id:configuration.secrets.type
    Scenario: A Secret of a known type must have the keys of the type
      The type kubernetes.io/tls needs a certificate and a key.

      Given an empty Namespace
      When I try to create Secret "certificate":
        """yaml
        type: kubernetes.io/tls
        stringData: {tls.crt: x}
        """
      Then it is refused with 422 Invalid
      And the message contains "tls.key"

  Rule: Containers get the decoded values

    @id:configuration.secrets.files
    Scenario: Every key is a file in the volume
      The volume is kept in memory.

      Given a Secret "password":
        """yaml
        stringData: {word: hush}
        """
      And a ready Pod "web":
        """yaml
        spec:
          containers: [{name: main, volumeMounts: [{name: secret, mountPath: /etc/secret, readOnly: true}]}]
          volumes: [{name: secret, secret: {secretName: password, defaultMode: 0400}}]
        """
      When I run "sh -c 'cat /etc/secret/word; grep /etc/secret /proc/mounts'" in Pod "web"
      Then the output contains "hush"
      And the output contains "tmpfs"

    @id:configuration.secrets.env
    Scenario: A key becomes an environment variable
      Variables do not follow later changes of the Secret.

      Given a Secret "password":
        """yaml
        stringData: {word: hush}
        """
      And a ready Pod "web":
        """yaml
        spec: {containers: [{name: main, env: [{name: WORD, valueFrom: {secretKeyRef: {name: password, key: word}}}]}]}
        """
      When I run "sh -c 'echo $WORD'" in Pod "web"
      Then the output is "hush"

    @id:configuration.secrets.optional @slow
    Scenario: A volume of a Secret that is marked optional may be empty
      Without the mark the Pod would wait for the Secret.

      Given a ready Pod "web":
        """yaml
        spec:
          containers: [{name: main, volumeMounts: [{name: secret, mountPath: /etc/secret}]}]
          volumes: [{name: secret, secret: {secretName: password, optional: true}}]
        """
      When I create Secret "password":
        """yaml
        stringData: {word: hush}
        """
      Then within 180 seconds, running "cat /etc/secret/word" in Pod "web" prints "hush"
