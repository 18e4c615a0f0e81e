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

    @id:api.namespaces.restored
    Scenario Outline: The root certificate comes back when it is <what>
      Whatever somebody does to it, Pods that start later find it.

      Given a ready Namespace "${ns}-new"
      And within 30 seconds, ConfigMap "${ns}-new/kube-root-ca.crt" exists
      And metadata.uid of ConfigMap "${ns}-new/kube-root-ca.crt" is noted as "uid"
      And metadata.resourceVersion of ConfigMap "${ns}-new/kube-root-ca.crt" is noted as "version"
      When I send <method> "/api/v1/namespaces/${ns}-new/configmaps/kube-root-ca.crt":
        """yaml
        <body>
        """
      Then within 30 seconds, ConfigMap "${ns}-new/kube-root-ca.crt" matches:
        """yaml
        metadata: {<identity>}
        data: {ca.crt: "</(?s).*BEGIN CERTIFICATE.*/>"}
        """

      Examples:
        | what    | method | body                    | identity                                           |
        | deleted | DELETE | {kind: DeleteOptions, apiVersion: v1} | uid: <not ${uid}>                    |
        | changed | PATCH  | {data: {ca.crt: wrong}} | uid: "${uid}", resourceVersion: <not ${version}>   |

  Rule: A namespace can be changed like other objects

    @id:api.namespaces.patched
    Scenario: A label is patched
      Labels of namespaces decide on many policies.

      Given a ready Namespace "${ns}-new"
      When I patch Namespace "${ns}-new":
        """yaml
        metadata: {labels: {colour: red}}
        """
      Then Namespace "${ns}-new" matches:
        """yaml
        metadata: {labels: {colour: red, kubernetes.io/metadata.name: "${ns}-new"}}
        """

    @id:api.namespaces.replaced
    Scenario: The labels are replaced
      The label with the name comes back by itself.

      Given a ready Namespace "${ns}-new"
      When I replace Namespace "${ns}-new":
        """yaml
        metadata: {labels: {colour: red}}
        """
      Then Namespace "${ns}-new" matches:
        """yaml
        metadata: {labels: {colour: red, kubernetes.io/metadata.name: "${ns}-new"}}
        status: {phase: Active}
        """

    @id:api.namespaces.status
    Scenario: A condition is patched into the status
      The phase stays as it is.

      Given a ready Namespace "${ns}-new"
      When I patch the "status" of Namespace "${ns}-new":
        """yaml
        metadata: {annotations: {example.com/note: patched}}
        status: {conditions: [{type: Checked, status: "True", reason: Tried, message: it is good}]}
        """
      Then GET "/api/v1/namespaces/${ns}-new/status" is answered with:
        """yaml
        metadata: {annotations: {example.com/note: patched}}
        status: {phase: Active, conditions: [{type: Checked, status: "True", reason: Tried, message: it is good}]}
        """

    @id:api.namespaces.status-replaced
    Scenario: The status is replaced
      The subresource takes the whole object and writes its status.

      Given a ready Namespace "${ns}-new"
      When I send PUT "/api/v1/namespaces/${ns}-new/status":
        """yaml
        metadata: {name: "${ns}-new"}
        status: {phase: Active, conditions: [{type: Checked, status: "True", reason: Tried, message: it is good}]}
        """
      Then Namespace "${ns}-new" matches:
        """yaml
        spec: {finalizers: [kubernetes]}
        status: {phase: Active, conditions: [{type: Checked, status: "True"}]}
        """

    @id:api.namespaces.finalizers
    Scenario: Finalizers of the spec are set through a subresource
      A namespace is gone when this list is empty, so nobody takes the entry of Kubernetes away by accident.

      Given a ready Namespace "${ns}-new"
      And I send PUT "/api/v1/namespaces/${ns}-new/finalize":
        """yaml
        metadata: {name: "${ns}-new"}
        spec: {finalizers: [kubernetes, example.com/clean-up]}
        """
      And spec.finalizers of Namespace "${ns}-new" is "</.*example.com.clean-up.*/>"
      When I send PUT "/api/v1/namespaces/${ns}-new/finalize":
        """yaml
        metadata: {name: "${ns}-new"}
        spec: {finalizers: [kubernetes]}
        """
      Then Namespace "${ns}-new" matches:
        """yaml
        spec: {finalizers: [kubernetes]}
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

    @id:api.namespaces.services @slow
    Scenario: The Services of a deleted namespace are removed
      A new namespace of the name has none of them.

      Given a ready Namespace "${ns}-old"
      And a Service "${ns}-old/web":
        """yaml
        spec: {ports: [{port: 80}]}
        """
      When I delete Namespace "${ns}-old"
      Then within 5 minutes, Service "${ns}-old/web" is gone

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
