@needs:cluster-scope
Feature: A namespace holds the objects of one purpose

  Namespaces part a cluster among teams or projects. Everything in a namespace goes with it.

  Documentation: https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/

  Rule: A new namespace is ready for Pods

    @id:api.namespaces.contents
    Scenario: A new namespace gets its service account and the root certificate
      Pods need both to talk to the API server.

      Given an empty Namespace
      When I create Namespace "${ns}-new"
      Then within 30 seconds, status.phase of Namespace "${ns}-new" is "Active"
      And within 30 seconds, ServiceAccount "${ns}-new/default" exists
      And within 30 seconds, ConfigMap "${ns}-new/kube-root-ca.crt" matches:
        """yaml
        data: {ca.crt: "</(?s).*BEGIN CERTIFICATE.*/>"}
        """

    @id:api.namespaces.label
    Scenario: Every namespace bears its name as a label
      So selectors can pick a namespace by its name.

      Given an empty Namespace
      When I create Namespace "${ns}-new"
      Then Namespace "${ns}-new" matches:
        """yaml
        metadata: {labels: {kubernetes.io/metadata.name: "${ns}-new"}}
        """

  Rule: A deleted namespace takes everything with it

    @id:api.namespaces.delete @slow
    Scenario: The contents of a deleted namespace are removed
      The conditions of a namespace that stays tell which contents are left. Many namespaces that go at once take their time.

      Given a ready Namespace "${ns}-old"
      And a ConfigMap "${ns}-old/settings"
      And a Secret "${ns}-old/password"
      When I delete Namespace "${ns}-old"
      Then within 5 minutes, Namespace "${ns}-old" is gone
      And ConfigMap "${ns}-old/settings" is gone

    @id:api.namespaces.terminating
    Scenario: Nothing new is made in a namespace that is being deleted
      The cause NamespaceTerminating tells this refusal from others.

      Given a ready Namespace "${ns}-old"
      And a ConfigMap "${ns}-old/settings":
        """yaml
        metadata: {finalizers: [example.com/clean-up]}
        """
      And I delete Namespace "${ns}-old"
      When I try to create ConfigMap "${ns}-old/late"
      Then it is refused with 403 Forbidden
      And the message contains "because it is being terminated"
