@needs:nodes
Feature: A ConfigMap brings settings into containers

  A ConfigMap keeps settings apart from images. A container gets them as environment variables or as files.

  Documentation: https://kubernetes.io/docs/concepts/configuration/configmap/

  Background:
    Given a ConfigMap "settings":
      """yaml
      data: {colour: blue, size: small}
      """

  Rule: Settings become environment variables

    @id:configuration.configmaps.env-all
    Scenario: All keys at once
      A prefix can be put before the names.

      Given a ready Pod "web":
        """yaml
        spec: {containers: [{name: main, envFrom: [{prefix: MY_, configMapRef: {name: settings}}]}]}
        """
      When I run "sh -c 'echo $MY_colour $MY_size'" in Pod "web"
      Then the output is "blue small"

    @id:configuration.configmaps.env-one
    Scenario: One key under another name
      A key that is marked optional may be missing.

      Given a ready Pod "web":
        """yaml
        spec:
          containers:
          - name: main
            env:
            - {name: PAINT, valueFrom: {configMapKeyRef: {name: settings, key: colour}}}
            - {name: SHAPE, valueFrom: {configMapKeyRef: {name: settings, key: shape, optional: true}}}
        """
      When I run "sh -c 'echo $PAINT-$SHAPE'" in Pod "web"
      Then the output is "blue-"

    @id:configuration.configmaps.missing
    Scenario: A container waits for settings that are not there
      It starts as soon as the ConfigMap has been made.

      Given a Pod "web":
        """yaml
        spec: {containers: [{name: main, envFrom: [{configMapRef: {name: late}}]}]}
        """
      And within 60 seconds, Pod "web" matches:
        """yaml
        status: {containerStatuses: [{name: main, state: {waiting: {reason: CreateContainerConfigError}}}]}
        """
      When I create ConfigMap "late"
      Then within 60 seconds, status.phase of Pod "web" is "Running"

  Rule: Settings become files

    @id:configuration.configmaps.files
    Scenario: Every key is a file in the volume
      The mode of the files can be chosen.

      Given a ready Pod "web":
        """yaml
        spec:
          containers: [{name: main, volumeMounts: [{name: settings, mountPath: /etc/settings}]}]
          volumes: [{name: settings, configMap: {name: settings, defaultMode: 0440}}]
        """
      When I run "sh -c 'cd /etc/settings; cat colour size; stat -L -c %a colour'" in Pod "web"
      Then the output is "bluesmall440"

    @id:configuration.configmaps.chosen-files
    Scenario: Chosen keys become files at chosen paths
      Keys that are not listed are left out.

      Given a ready Pod "web":
        """yaml
        spec:
          containers: [{name: main, volumeMounts: [{name: settings, mountPath: /etc/settings}]}]
          volumes: [{name: settings, configMap: {name: settings, items: [{key: colour, path: paint/colour.txt}]}}]
        """
      When I run "cat /etc/settings/paint/colour.txt" in Pod "web"
      Then the output is "blue"
      And as before, running "cat /etc/settings/size" in Pod "web" fails

    @id:configuration.configmaps.update @slow
    Scenario: Files follow the ConfigMap
      A running container sees the new content after a while, and never half of it.

      Given a ready Pod "web":
        """yaml
        spec:
          containers: [{name: main, volumeMounts: [{name: settings, mountPath: /etc/settings}]}]
          volumes: [{name: settings, configMap: {name: settings}}]
        """
      When I patch ConfigMap "settings":
        """yaml
        data: {colour: red, size: null, shape: round}
        """
      Then within 180 seconds, running "cat /etc/settings/colour" in Pod "web" prints "red"
      And running "cat /etc/settings/shape" in Pod "web" prints "round"
      And running "cat /etc/settings/size" in Pod "web" fails

  Rule: A ConfigMap can be made immutable

    @id:configuration.configmaps.immutable
    Scenario: Immutable settings cannot be changed
      Make a new ConfigMap and use that instead.

      Given I patch ConfigMap "settings":
        """yaml
        immutable: true
        """
      When I try to patch ConfigMap "settings":
        """yaml
        data: {colour: red}
        """
      Then it is refused with 422 Invalid
      And the message contains "field is immutable when `immutable` is set"

  Rule: Settings may be left out

    @id:configuration.configmaps.optional
    Scenario: A variable whose key is optional may be missing
      The container starts without it.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec: {containers: [{name: main, env: [{name: SIZE, valueFrom: {configMapKeyRef: {name: nothing, key: size, optional: true}}}]}]}
        """
      Then within 60 seconds, running "sh -c 'echo size:$SIZE'" in Pod "web" prints "size:"

    @id:configuration.configmaps.prefix
    Scenario: The names of all keys can get a prefix
      So the keys of two ConfigMaps do not collide.

      Given a ConfigMap "paint":
        """yaml
        data: {colour: red}
        """
      When I create Pod "web":
        """yaml
        spec: {containers: [{name: main, envFrom: [{prefix: PAINT_, configMapRef: {name: paint}}]}]}
        """
      Then within 60 seconds, running "printenv PAINT_colour" in Pod "web" prints "red"

    @id:configuration.configmaps.binary
    Scenario: Data that is no text is kept as it is
      The field is binaryData, in base64.

      Given a ConfigMap "bytes":
        """yaml
        binaryData: {dump: AAEC/w==}
        """
      When I create Pod "web":
        """yaml
        spec:
          containers: [{name: main, volumeMounts: [{name: bytes, mountPath: /bytes}]}]
          volumes: [{name: bytes, configMap: {name: bytes}}]
        """
      Then within 60 seconds, running "base64 /bytes/dump" in Pod "web" prints "AAEC/w=="

    @id:configuration.configmaps.same-key
    Scenario: A key is either text or not
      The same key in both fields is refused.

      Given an empty Namespace
      When I try to create ConfigMap "bytes":
        """yaml
        data: {dump: text}
        binaryData: {dump: AAEC/w==}
        """
      Then it is refused with 422 Invalid
      And the message contains "duplicate of key"
