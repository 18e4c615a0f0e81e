Feature: The API server refuses what makes no sense

  An object is checked before it is stored. A refusal says what is wrong and where, and nothing is stored by half.

  Documentation: https://kubernetes.io/docs/reference/using-api/api-concepts/

  Rule: Unknown and duplicate fields are reported in strict mode

    @id:api.validation.unknown-field
    Scenario: An unknown field is refused
      Field validation is chosen by the query parameter fieldValidation.

      Given an empty Namespace
      When I try to send POST "/apis/apps/v1/namespaces/${ns}/deployments?fieldValidation=Strict":
        """yaml
        metadata: {name: web}
        spec:
          replica: 3
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: main, image: x}]}
        """
      Then it is refused with 400 BadRequest
      And the message contains "spec.replica"
      And as before, Deployment "web" does not exist

  Rule: Values must be valid

    @id:api.validation.name
    Scenario: A name with capital letters is refused
      The names of most kinds are DNS subdomain names.

      Given an empty Namespace
      When I try to create ConfigMap "Settings"
      Then it is refused with 422 Invalid
      And the message contains "a lowercase RFC 1123 subdomain"

    @id:api.validation.causes
    Scenario: A refusal lists every fault with its field
      Programs read the causes, people the message.

      Given an empty Namespace
      When I try to create Pod "web":
        """yaml
        spec: {restartPolicy: Sometimes, containers: [{name: Main, image: x}]}
        """
      Then it is refused with 422 Invalid
      And the answer matches:
        """yaml
        kind: Status
        details:
          kind: Pod
          name: web
          causes:
          - {field: "spec.containers[0].name", reason: FieldValueInvalid}
          - {field: spec.restartPolicy, reason: FieldValueNotSupported}
        """

    @id:api.validation.selector
    Scenario: A Deployment must select the Pods that it makes
      Otherwise it would make Pods without end.

      Given an empty Namespace
      When I try to create Deployment "web":
        """yaml
        spec:
          selector: {matchLabels: {app: web}}
          template: {metadata: {labels: {app: other}}}
        """
      Then it is refused with 422 Invalid
      And the message contains "`selector` does not match template `labels`"

  Rule: Some fields never change

    @id:api.validation.immutable
    Scenario: The selector of a Deployment cannot be changed
      Make a new Deployment instead.

      Given a Deployment "web":
        """yaml
        spec: {replicas: 0}
        """
      When I try to patch Deployment "web":
        """yaml
        spec:
          selector: {matchLabels: {app: other}}
          template: {metadata: {labels: {app: other}}}
        """
      Then it is refused with 422 Invalid
      And the message contains "field is immutable"

  Rule: A dry run does everything but store

    @id:api.validation.dry-run
    Scenario: A dry run answers as if the object had been stored
      The answer holds the defaults and the identity; the object is not there afterwards.

      Given an empty Namespace
      When I send POST "/api/v1/namespaces/${ns}/pods?dryRun=All":
        """yaml
        metadata: {name: web}
        spec: {containers: [{name: main, image: x}]}
        """
      Then the answer matches:
        """yaml
        metadata: {uid: <any>}
        spec: {restartPolicy: Always, dnsPolicy: ClusterFirst}
        """
      And as before, Pod "web" does not exist
