Feature: kubectl shows and changes a cluster

  kubectl is the command line of Kubernetes. It knows no kinds by itself: tables, names and schemas come from the API server.

  Documentation: https://kubernetes.io/docs/reference/kubectl/

  Rule: kubectl reads objects

    @id:cli.kubectl.get-names
    Scenario: Objects are listed by their names
      Short names of kinds work as well.

      Given a ConfigMap "a":
        """yaml
        metadata: {labels: {colour: red}}
        """
      And a ConfigMap "b"
      When I call "kubectl get cm -l colour=red -o name"
      Then the output is "configmap/a"

    @id:cli.kubectl.get-path
    Scenario: A field is printed by its path
      The output format jsonpath picks it.

      Given a ConfigMap "settings":
        """yaml
        data: {colour: blue}
        """
      When I call "kubectl get configmap settings -o jsonpath={.data.colour}"
      Then the output is "blue"

    @id:cli.kubectl.missing
    Scenario: An object that does not exist is an error
      The exit code is 1.

      Given a ConfigMap "settings"
      When I try to call "kubectl get configmap nothing"
      Then the command fails with exit code 1
      And the output contains "NotFound"

    @id:cli.kubectl.explain
    Scenario: A field is explained from the schema of the cluster
      The text is that of the API reference.

      Given a ConfigMap "settings"
      When I call "kubectl explain deployment.spec.replicas"
      Then the output contains "FIELD: replicas <integer>"

    @id:cli.kubectl.describe
    Scenario: An object is described for people
      Related objects are shown with it.

      Given a Deployment "web":
        """yaml
        spec: {replicas: 0}
        """
      When I call "kubectl describe deployment web"
      Then the output contains "StrategyType:"
      And the output contains "0 desired"

  Rule: kubectl changes objects

    @id:cli.kubectl.apply
    Scenario: Manifests are applied
      What is not there is created.

      Given an empty Namespace
      When I call "kubectl apply -f -":
        """yaml
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings}
        data: {colour: blue}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: password}
        """
      Then the output contains "configmap/settings created"
      And Secret "password" exists
      And data.colour of ConfigMap "settings" is "blue"

    @id:cli.kubectl.invalid
    Scenario: A manifest with an unknown field is refused
      Nothing is created.

      Given an empty Namespace
      When I try to call "kubectl apply -f -":
        """yaml
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings}
        date: {colour: blue}
        """
      Then the command fails with exit code 1
      And the output contains "unknown field"
      And as before, ConfigMap "settings" does not exist

    @id:cli.kubectl.create-expose
    Scenario: A Deployment is exposed by a Service
      The Service selects the Pods of the Deployment.

      Given a Deployment "web":
        """yaml
        spec: {replicas: 0}
        """
      When I call "kubectl expose deployment web --port 80 --target-port 8080"
      Then Service "web" matches:
        """yaml
        spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
        """

    @id:cli.kubectl.scale
    Scenario: A Deployment is scaled
      The number of replicas is set.

      Given a Deployment "web":
        """yaml
        spec: {replicas: 0}
        """
      When I call "kubectl scale deployment web --replicas 2"
      Then spec.replicas of Deployment "web" is "2"

    @id:cli.kubectl.label
    Scenario: A label is set and taken away
      A label that is there is changed only with --overwrite.

      Given a ConfigMap "settings":
        """yaml
        metadata: {labels: {colour: blue, size: small}}
        """
      When I call "kubectl label configmap settings colour=red size- --overwrite"
      Then ConfigMap "settings" matches:
        """yaml
        metadata: {labels: {colour: red, size: <none>}}
        """

    @id:cli.kubectl.delete
    Scenario: Objects are deleted and waited for
      The command ends when the object is gone.

      Given a ConfigMap "settings"
      When I call "kubectl delete configmap settings"
      Then the output contains "deleted"
      And ConfigMap "settings" is gone

  Rule: kubectl knows what one may do

    @id:cli.kubectl.can-i
    Scenario: A user asks what he may do
      The exit code is 1 when the answer is no.

      Given I act as user "jane-${ns}"
      When I try to call "kubectl auth can-i delete pods"
      Then the command fails with exit code 1
      And the output is "no"
