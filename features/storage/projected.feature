@needs:nodes
Feature: A projected volume brings several sources together

  Settings, secrets, facts about the Pod and tokens can be put into one directory, and are kept up to date there.

  Documentation: https://kubernetes.io/docs/concepts/storage/projected-volumes/

  Rule: Several sources make one directory

    @id:storage.projected.together
    Scenario: A ConfigMap, a Secret and the Pod itself in one volume
      Each source lists the paths of its files.

      Given a ConfigMap "settings":
        """yaml
        data: {colour: blue}
        """
      And a Secret "password":
        """yaml
        stringData: {word: hush}
        """
      And a ready Pod "web":
        """yaml
        spec:
          containers: [{name: main, volumeMounts: [{name: all, mountPath: /all}]}]
          volumes:
          - name: all
            projected:
              sources:
              - configMap: {name: settings}
              - secret: {name: password, items: [{key: word, path: secret/word}]}
              - downwardAPI: {items: [{path: name, fieldRef: {fieldPath: metadata.name}}]}
        """
      When I run "sh -c 'cd /all; echo $(cat colour) $(cat secret/word) $(cat name)'" in Pod "web"
      Then the output is "blue hush web"

  Rule: Facts about the Pod follow the Pod

    @id:storage.downward.labels @slow
    Scenario: The labels in a file follow the labels of the Pod
      The file holds a line for each label.

      Given a ready Pod "web":
        """yaml
        metadata: {labels: {colour: blue}}
        spec:
          containers: [{name: main, volumeMounts: [{name: facts, mountPath: /facts}]}]
          volumes: [{name: facts, downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}}]
        """
      And running "cat /facts/labels" in Pod "web" prints a text with "blue"
      When I patch Pod "web":
        """yaml
        metadata: {labels: {colour: red}}
        """
      Then within 180 seconds, running "grep colour /facts/labels" in Pod "web" prints a text with "red"

  Rule: Tokens are made for a Pod and an audience

    @id:storage.projected.token
    Scenario: A container gets a token for the audience it names
      A token for another audience is of no use at the API server.

      Given a ready Pod "web":
        """yaml
        spec:
          containers: [{name: main, volumeMounts: [{name: token, mountPath: /token}]}]
          volumes: [{name: token, projected: {sources: [{serviceAccountToken: {path: vault, audience: vault.example.com, expirationSeconds: 3600}}]}}]
        """
      When I run "sh -c 'cut -d. -f2 /token/vault | tr _- /+ | base64 -d 2>/dev/null || true'" in Pod "web"
      Then the output contains "vault.example.com"
      And the output contains "system:serviceaccount:${ns}:default"
