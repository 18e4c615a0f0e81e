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

    @id:cli.kubectl.columns
    Scenario: Columns can be chosen
      Each is the path of a field.

      Given a ConfigMap "settings":
        """yaml
        data: {colour: blue}
        """
      When I call "kubectl get configmap settings --no-headers -o custom-columns=NAME:.metadata.name,COLOUR:.data.colour"
      Then the output is "settings   blue"

    @id:cli.kubectl.kinds
    Scenario: The kinds of the cluster are listed
      With their short names, their versions and whether they are namespaced.

      Given an empty Namespace
      When I call "kubectl api-resources --api-group=apps --no-headers -o name"
      Then the output has the line "deployments.apps"
      And the output has the line "statefulsets.apps"

    @id:cli.kubectl.events
    Scenario: The events of an object are shown
      The newest one is the last.

      Given an Event "arrival":
        """yaml
        involvedObject: {apiVersion: v1, kind: Pod, name: web, namespace: "${ns}"}
        reason: Arrived
        message: it is here
        type: Normal
        """
      When I call "kubectl events --for pod/web"
      Then the output contains "it is here"

    @id:cli.kubectl.whoami
    Scenario: A user learns who he is
      The API server says it.

      Given a ServiceAccount "robot"
      And I act as ServiceAccount "robot"
      When I call "kubectl auth whoami"
      Then the output contains "system:serviceaccount:${ns}:robot"

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

    @id:cli.kubectl.set-image
    Scenario: The image of a Deployment is set
      The other fields stay as they are.

      Given a Deployment "myapp":
        """yaml
        spec: {replicas: 0, template: {spec: {containers: [{name: myapp, image: "myapp:1.0"}]}}}
        """
      When I call "kubectl set image deployment myapp myapp=myapp:1.1"
      Then the output contains "image updated"
      And spec.template.spec.containers[0].image of Deployment "myapp" is "myapp:1.1"

    @id:cli.kubectl.history
    Scenario: The history of a roll-out is shown
      Each revision has its cause, if one was noted.

      Given a Deployment "myapp":
        """yaml
        metadata: {annotations: {kubernetes.io/change-cause: the first version}}
        spec: {replicas: 0}
        """
      And within 30 seconds, metadata.annotations['deployment.kubernetes.io/revision'] of Deployment "myapp" is "1"
      When I call "kubectl rollout history deployment myapp"
      Then the output contains "1         the first version"

    @id:cli.kubectl.restart
    Scenario: A roll-out is started again
      A new annotation of the template makes a new version.

      Given a Deployment "myapp":
        """yaml
        spec: {replicas: 0}
        """
      When I call "kubectl rollout restart deployment myapp"
      Then spec.template.metadata.annotations['kubectl.kubernetes.io/restartedAt'] of Deployment "myapp" is "<any>"

    @id:cli.kubectl.server-side
    Scenario: A manifest is applied on the server
      The fields belong to the manager kubectl.

      Given an empty Namespace
      When I call "kubectl apply --server-side -f -":
        """yaml
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings}
        data: {colour: blue}
        """
      Then the output contains "serverside-applied"
      And ConfigMap "settings" matches:
        """yaml
        metadata: {managedFields: [{manager: kubectl, operation: Apply}]}
        data: {colour: blue}
        """

    @id:cli.kubectl.diff
    Scenario: A difference is shown before it is applied
      The exit code is 1 when there is one. Nothing is changed.

      Given a ConfigMap "settings":
        """yaml
        data: {colour: blue}
        """
      When I try to call "kubectl diff -f -":
        """yaml
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings}
        data: {colour: red}
        """
      Then the command fails with exit code 1
      And the output contains "+  colour: red"
      And as before, data.colour of ConfigMap "settings" is "blue"

    @id:cli.kubectl.patch
    Scenario: An object is patched
      The type of the patch can be chosen; a merge patch is written in JSON or in YAML.

      Given a ConfigMap "settings":
        """yaml
        data: {colour: blue}
        """
      When I call "kubectl patch configmap settings --type=merge -p 'data: {colour: null, size: small}'"
      Then ConfigMap "settings" matches:
        """yaml
        data: {colour: <none>, size: small}
        """

    @id:cli.kubectl.annotate
    Scenario: An annotation is set
      Several objects can be named at once.

      Given a ConfigMap "one"
      And a ConfigMap "two"
      When I call "kubectl annotate configmap one two example.com/note=checked"
      Then metadata.annotations['example.com/note'] of ConfigMap "one" is "checked"
      And metadata.annotations['example.com/note'] of ConfigMap "two" is "checked"

    @id:cli.kubectl.create
    Scenario Outline: A <kind> is created from the command line
      No manifest is needed for simple objects.

      Given an empty Namespace
      When I call "kubectl create <arguments>"
      Then <kind> "<name>" matches:
        """yaml
        <fields>
        """

      Examples:
        | kind           | arguments                                                             | name  | fields                                                                          |
        | ConfigMap      | configmap conf --from-literal=colour=blue                             | conf  | data: {colour: blue}                                                            |
        | Secret         | secret generic key --from-literal=colour=blue                         | key   | data: {colour: Ymx1ZQ==}                                                        |
        | Deployment     | deployment web --image=web:1 --replicas=0                             | web   | spec: {replicas: 0, template: {spec: {containers: [{image: "web:1"}]}}}         |
        | Service        | service nodeport web --tcp=80:8080                                    | web   | spec: {type: NodePort, ports: [{port: 80, targetPort: 8080}]}                   |
        | ServiceAccount | serviceaccount robot                                                  | robot | {kind: ServiceAccount}                                                          |
        | Ingress        | ingress web --rule=web.example.com/path=web:80                        | web   | spec: {rules: [{host: web.example.com}]}                                        |
        | Job            | job sum --image=sum:1                                                 | sum   | spec: {template: {spec: {restartPolicy: Never, containers: [{image: "sum:1"}]}}} |
        | Role           | role reader --verb=get --resource=pods                                | reader | rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]                    |

    @id:cli.kubectl.wait @needs:cluster-scope
    Scenario: A condition is waited for
      The command ends when it holds.

      Given a ready Namespace "${ns}-other"
      When I call "kubectl wait namespace/${ns}-other --for=jsonpath={.status.phase}=Active --timeout=20s"
      Then the output contains "condition met"

    @id:cli.kubectl.wait-fails
    Scenario: Waiting in vain is an error
      The exit code is 1 when the time is over.

      Given a ConfigMap "settings"
      When I try to call "kubectl wait configmap/settings --for=delete --timeout=2s"
      Then the command fails with exit code 1

  Rule: kubectl knows what one may do

    @id:cli.kubectl.can-i @needs:cluster-scope
    Scenario: A user asks what he may do
      The exit code is 1 when the answer is no.

      Given I act as user "jane-${ns}"
      When I try to call "kubectl auth can-i delete pods"
      Then the command fails with exit code 1
      And the output is "no"

  Rule: kubectl looks after nodes

    @id:cli.kubectl.cordon @needs:cluster-scope
    Scenario: A node is closed for new Pods
      It is marked as unschedulable, and gets a taint.

      Given a simulated Node "${ns}-one"
      When I call "kubectl cordon ${ns}-one"
      Then spec.unschedulable of Node "${ns}-one" is "true"
      And within 30 seconds, spec.taints[key=node.kubernetes.io/unschedulable].effect of Node "${ns}-one" is "NoSchedule"

    @id:cli.kubectl.uncordon @needs:cluster-scope
    Scenario: A node is opened again
      The taint goes as well.

      Given a simulated Node "${ns}-one":
        """yaml
        spec: {unschedulable: true}
        """
      And within 30 seconds, spec.taints[key=node.kubernetes.io/unschedulable].effect of Node "${ns}-one" is "NoSchedule"
      When I call "kubectl uncordon ${ns}-one"
      Then spec.unschedulable of Node "${ns}-one" is "<none>"
      And within 30 seconds, spec.taints[key=node.kubernetes.io/unschedulable] of Node "${ns}-one" is "<none>"

    @id:cli.kubectl.taint @needs:cluster-scope
    Scenario: A node gets a taint
      The effect stands behind the colon.

      Given a simulated Node "${ns}-one"
      When I call "kubectl taint node ${ns}-one example.com/gpu=yes:NoSchedule"
      Then Node "${ns}-one" matches:
        """yaml
        spec: {taints: [{key: example.com/gpu, value: "yes", effect: NoSchedule}]}
        """

    @id:cli.kubectl.drain @needs:cluster-scope
    Scenario: A node is drained
      Its Pods are evicted; those that no controller would replace only by force.

      Given a simulated Node "${ns}-one"
      And a Pod "web"
      And within 30 seconds, spec.nodeName of Pod "web" is "${ns}-one"
      When I try to call "kubectl drain ${ns}-one --force --timeout=1s"
      Then within 10 seconds, metadata.deletionTimestamp of Pod "web" is "<any>"
      And spec.unschedulable of Node "${ns}-one" is "true"

  Rule: kubectl reaches into containers

    @id:cli.kubectl.exec @needs:nodes
    Scenario: A command is run in a container
      The command stands behind two dashes.

      Given a ready Pod "web"
      When I call "kubectl exec web -- hostname"
      Then the output is "web"

    @id:cli.kubectl.logs @needs:nodes
    Scenario: The log of all Pods with a label is read
      Every line can be marked with the Pod it came from.

      Given a Pod "web":
        """yaml
        metadata: {labels: {app: web}}
        spec: {restartPolicy: Never, containers: [{name: main, command: [echo, hello]}]}
        """
      And within 60 seconds, status.phase of Pod "web" is "Succeeded"
      When I call "kubectl logs -l app=web --prefix"
      Then the output is "[pod/web/main] hello"

    @id:cli.kubectl.exec-input @needs:nodes
    Scenario: A command in a container is given input
      With -i the input of kubectl is that of the command.

      Given a ready Pod "web"
      When I call "kubectl exec -i web -- tee /tmp/file":
        """
        news
        """
      Then the output is "news"
      And running "cat /tmp/file" in Pod "web" prints "news"

    @id:cli.kubectl.run @needs:nodes
    Scenario: A Pod is run from the command line
      It is removed when its command has ended and its output was shown.

      Given an empty Namespace
      When I call "kubectl run job --image=${agnhost} --restart=Never --attach --rm --quiet --command -- echo hello"
      Then the output contains "hello"
      And as before, Pod "job" does not exist

    @id:cli.kubectl.debug @needs:nodes
    Scenario: A container is added to a running Pod
      It is an ephemeral container: it is not started again, and goes with the Pod.

      Given a ready Pod "web"
      When I call "kubectl debug web --image=${busybox} --container=look --target=main -- sleep 1000"
      Then within 60 seconds, Pod "web" matches:
        """yaml
        spec: {ephemeralContainers: [{name: look, targetContainerName: main}]}
        status: {ephemeralContainerStatuses: [{name: look, state: {running: <any>}}]}
        """

  Rule: kubectl knows the cluster

    @id:cli.kubectl.version
    Scenario: Both versions are shown
      kubectl may be one minor version older or newer than the cluster.

      Given an empty Namespace
      When I call "kubectl version"
      Then the output contains "Client Version: v1."
      And the output contains "Server Version: v1."

    @id:cli.kubectl.api-versions
    Scenario: The versions of the API are listed
      The core group has no name in front of the version.

      Given an empty Namespace
      When I call "kubectl api-versions"
      Then the output has the line "v1"
      And the output has the line "apps/v1"
      And the output has the line "storage.k8s.io/v1"

    @id:cli.kubectl.cluster-info
    Scenario: The address of the control plane is shown
      The addresses of Services follow that say of themselves that they belong to the cluster.

      Given an empty Namespace
      When I call "kubectl cluster-info"
      Then the output contains "Kubernetes control plane"
      And the output contains "is running at"

    @id:cli.kubectl.proxy
    Scenario Outline: A proxy on <door> needs no credentials
      kubectl adds those of the user, so that a browser or a script need not know them.

      Given an empty Namespace
      When I start kubectl proxy on <door>
      Then within 10 seconds, the proxy answers "/api/" with:
        """yaml
        kind: APIVersions
        versions: [v1]
        """

      Examples:
        | door         |
        | a local port |
        | a socket     |

  Rule: kubectl can rehearse

    @id:cli.kubectl.dry-run
    Scenario: A dry run on the server changes nothing
      The answer is that of a real change.

      Given a Pod "web":
        """yaml
        spec: {schedulingGates: [{name: example.com/wait}], containers: [{name: main, image: "web:1"}]}
        """
      When I call "kubectl patch pod web --dry-run=server -p 'spec: {containers: [{name: main, image: web:2}]}'"
      Then the output contains "pod/web patched"
      And as before, spec.containers[0].image of Pod "web" is "web:1"

    @id:cli.kubectl.diff-image
    Scenario: The difference of a Deployment is shown line by line
      What the cluster would make of the manifest is compared, with all of its defaults.

      Given a Deployment "web":
        """yaml
        spec: {replicas: 0, template: {spec: {containers: [{name: main, image: "web:1"}]}}}
        """
      When I try to call "kubectl diff -f -":
        """yaml
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          selector: {matchLabels: {app: web}}
          template: {metadata: {labels: {app: web}}, spec: {containers: [{name: main, image: "web:2"}]}}
        """
      Then the command fails with exit code 1
      And the output contains "-      - image: web:1"
      And the output contains "+      - image: web:2"

    @id:cli.kubectl.run-once
    Scenario: A Pod is made from an image
      With the restart policy Never it is not started again.

      Given within 30 seconds, ServiceAccount "default" exists
      When I call "kubectl run web --image=web:1 --restart=Never"
      Then Pod "web" matches:
        """yaml
        metadata: {labels: {run: web}}
        spec: {restartPolicy: Never, containers: [{name: web, image: "web:1"}]}
        """
