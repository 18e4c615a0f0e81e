Feature: Deletion follows finalizers and owners

  Deleting an object is a request. Finalizers hold the object until their owner has cleaned up, and the garbage collector removes what
  belongs to an object that is gone.

  Documentation: https://kubernetes.io/docs/concepts/architecture/garbage-collection/

  Rule: Finalizers hold an object

    @id:api.deletion.finalizer
    Scenario: An object with a finalizer waits to be deleted
      The deletion time says that the object is on its way out.

      Given a ConfigMap "settings":
        """yaml
        metadata: {finalizers: [example.com/clean-up]}
        """
      When I delete ConfigMap "settings"
      Then metadata.deletionTimestamp of ConfigMap "settings" is "<any>"
      And for 3 seconds, ConfigMap "settings" exists

    @id:api.deletion.finalizer-removed
    Scenario: The last finalizer lets the object go
      Whoever put the finalizer there removes it when he is done.

      Given a ConfigMap "settings":
        """yaml
        metadata: {finalizers: [example.com/clean-up]}
        """
      And I delete ConfigMap "settings"
      When I patch ConfigMap "settings":
        """yaml
        metadata: {finalizers: null}
        """
      Then within 5 seconds, ConfigMap "settings" is gone

  Rule: What belongs to a deleted object goes as well

    @id:api.deletion.background
    Scenario: Dependents are removed in the background
      By default the owner goes at once and the garbage collector follows.

      Given a ConfigMap "owner"
      And metadata.uid of ConfigMap "owner" is noted as "uid"
      And a ConfigMap "dependent":
        """yaml
        metadata: {ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: owner, uid: "${uid}"}]}
        """
      When I delete ConfigMap "owner"
      Then within 60 seconds, ConfigMap "dependent" is gone

    @id:api.deletion.orphan
    Scenario: Orphaned dependents stay
      They lose the reference to their owner.

      Given a ConfigMap "owner"
      And metadata.uid of ConfigMap "owner" is noted as "uid"
      And a ConfigMap "dependent":
        """yaml
        metadata: {ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: owner, uid: "${uid}"}]}
        """
      When I delete ConfigMap "owner":
        """yaml
        propagationPolicy: Orphan
        """
      Then within 60 seconds, ConfigMap "owner" is gone
      And within 60 seconds, metadata.ownerReferences of ConfigMap "dependent" is "<none>"

    @id:api.deletion.foreground
    Scenario: In the foreground the owner waits for its dependents
      Only dependents that say blockOwnerDeletion are waited for.

      Given a ConfigMap "owner"
      And metadata.uid of ConfigMap "owner" is noted as "uid"
      And a ConfigMap "dependent":
        """yaml
        metadata:
          finalizers: [example.com/clean-up]
          ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: owner, uid: "${uid}", blockOwnerDeletion: true}]
        """
      When I delete ConfigMap "owner":
        """yaml
        propagationPolicy: Foreground
        """
      Then within 60 seconds, metadata.deletionTimestamp of ConfigMap "dependent" is "<any>"
      And for 3 seconds, metadata.finalizers of ConfigMap "owner" is "</.*foregroundDeletion.*/>"

  Rule: A deletion may be bound to conditions

    @id:api.deletion.precondition
    Scenario: An object with another uid is not deleted
      So nobody deletes a successor of the same name by mistake.

      Given a ConfigMap "settings"
      When I try to delete ConfigMap "settings":
        """yaml
        preconditions: {uid: 00000000-0000-0000-0000-000000000000}
        """
      Then it is refused with 409 Conflict
      And as before, ConfigMap "settings" exists

    @id:api.deletion.collection
    Scenario: A collection is deleted by its label
      Other objects of the kind stay.

      Given a ConfigMap "a":
        """yaml
        metadata: {labels: {colour: red}}
        """
      And a ConfigMap "b":
        """yaml
        metadata: {labels: {colour: red}}
        """
      And a ConfigMap "c"
      When I delete all ConfigMap objects with label "colour=red"
      Then within 5 seconds, there are exactly 0 ConfigMap objects with label "colour=red"
      And as before, ConfigMap "c" exists

    @id:api.deletion.collection-forbidden @needs:cluster-scope
    Scenario: Deleting a collection takes a right of its own
      The right to delete one object is not enough.

      Given a ConfigMap "a":
        """yaml
        metadata: {labels: {colour: red}}
        """
      And a Role "deleter":
        """yaml
        rules: [{apiGroups: [""], resources: [configmaps], verbs: [delete]}]
        """
      And I call "kubectl create rolebinding deleters --role deleter --user jane-${ns}"
      And within 10 seconds, user "jane-${ns}" may delete configmaps
      And I act as user "jane-${ns}"
      When I try to delete all ConfigMap objects with label "colour=red"
      Then it is refused with 403 Forbidden
      And as before, ConfigMap "a" exists
