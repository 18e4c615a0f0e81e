@needs:nodes
Feature: A node reports what it is and what runs on it

  The kubelet registers its machine as a Node, keeps its status up to date, and tells of every Pod how it is.

  Documentation: https://kubernetes.io/docs/concepts/architecture/nodes/

  Rule: A Node reports its resources and its health

    @id:node.nodes.status
    Scenario: The status of a Node tells its conditions, resources and software
      The Node is the one that runs the Pod.

      Given a ready Pod "web"
      And spec.nodeName of Pod "web" is noted as "node"
      When I get Node "${node}"
      Then the answer matches:
        """yaml
        metadata: {labels: {kubernetes.io/hostname: <any>, kubernetes.io/os: linux, kubernetes.io/arch: <any>}}
        status:
          conditions: [{type: Ready, status: "True"}, {type: MemoryPressure, status: "False"}, {type: DiskPressure, status: "False"}]
          capacity: {cpu: <any>, memory: <any>, pods: <any>}
          allocatable: {cpu: <any>, memory: <any>, pods: <any>}
          addresses: [{type: InternalIP, address: <any>}]
          nodeInfo: {kubeletVersion: "</v1\\..*/>", containerRuntimeVersion: "</.*://.*/>"}
        """

    @id:node.nodes.lease
    Scenario: A Node renews its lease
      The lease is the sign of life; a Node whose lease is old is not Ready.

      Given a ready Pod "web"
      And spec.nodeName of Pod "web" is noted as "node"
      And spec.renewTime of Lease "kube-node-lease/${node}" is noted as "before"
      When I get Lease "kube-node-lease/${node}"
      Then the answer matches:
        """yaml
        spec: {holderIdentity: "${node}", leaseDurationSeconds: <any>}
        """
      And within 40 seconds, spec.renewTime of Lease "kube-node-lease/${node}" is "<not ${before}>"

  Rule: The status of a Pod tells where and how it runs

    @id:node.nodes.pod-status
    Scenario: A running Pod tells its addresses, its node and its containers
      The address of the node is one of the addresses in the status of the Node.

      Given an empty Namespace
      When I create Pod "web"
      Then within 60 seconds, Pod "web" matches:
        """yaml
        spec: {nodeName: <any>}
        status:
          phase: Running
          podIP: <any>
          podIPs: [{ip: <any>}]
          hostIP: <any>
          startTime: <any>
          conditions: [{type: PodScheduled, status: "True"}, {type: Initialized, status: "True"}, {type: ContainersReady, status: "True"}, {type: Ready, status: "True"}]
          containerStatuses: [{name: main, ready: true, started: true, restartCount: 0, image: <any>, imageID: <any>, containerID: "</.+://.+/>", state: {running: {startedAt: <any>}}}]
        """

  Rule: An image that cannot be had is reported

    @id:node.images.cannot-pull
    Scenario: A container waits for an image that cannot be pulled
      The attempts go on with growing pauses; the Pod starts as soon as the image can be had.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec: {containers: [{name: main, image: "invalid.invalid/no/such:image"}]}
        """
      Then within 90 seconds, Pod "web" matches:
        """yaml
        status: {phase: Pending, containerStatuses: [{name: main, state: {waiting: {reason: </ErrImagePull|ImagePullBackOff/>}}}]}
        """

    @id:node.images.never
    Scenario: The pull policy Never uses only images that are there
      The state says ErrImageNeverPull.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec: {containers: [{name: main, image: "invalid.invalid/no/such:image", imagePullPolicy: Never}]}
        """
      Then within 60 seconds, Pod "web" matches:
        """yaml
        status: {containerStatuses: [{name: main, state: {waiting: {reason: ErrImageNeverPull}}}]}
        """
