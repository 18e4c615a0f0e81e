@needs:cluster-scope
Feature: A StorageClass describes a kind of storage

  A class says who makes volumes, when, and what becomes of them. Claims name the class they want.

  Documentation: https://kubernetes.io/docs/concepts/storage/storage-classes/

  Rule: What a class does not say has a default

    @id:storage.classes.defaults
    Scenario: Volumes are made at once and deleted with their claim
      Unless the class says otherwise.

      Given an empty Namespace
      When I create StorageClass "${ns}":
        """yaml
        provisioner: example.com/nobody
        """
      Then StorageClass "${ns}" matches:
        """yaml
        reclaimPolicy: Delete
        volumeBindingMode: Immediate
        """

  Rule: A class does not change

    @id:storage.classes.immutable
    Scenario Outline: The <field> of a class cannot be changed
      Volumes of one class are alike.

      Given a StorageClass "${ns}":
        """yaml
        provisioner: example.com/nobody
        """
      When I try to patch StorageClass "${ns}":
        """yaml
        <change>
        """
      Then it is refused with 422 Invalid
      And the message contains "<field>"

      Examples:
        | field         | change                              |
        | provisioner   | provisioner: example.com/somebody   |
        | parameters    | parameters: {speed: fast}           |
        | reclaimPolicy | reclaimPolicy: Retain               |

  Rule: A Pod waits for its claim

    @id:storage.classes.pod-waits
    Scenario: A Pod whose claim does not exist is not placed
      The condition says what is missing.

      Given a simulated Node "${ns}-only"
      When I create Pod "web":
        """yaml
        spec: {volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]}
        """
      Then within 30 seconds, Pod "web" matches:
        """yaml
        spec: {nodeName: <none>}
        status: {conditions: [{type: PodScheduled, status: "False", message: "</.*persistentvolumeclaim .data. not found.*/>"}]}
        """
