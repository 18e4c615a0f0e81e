Feature: The addresses of Services are objects

  A ServiceCIDR is a range of addresses for Services, an IPAddress is one address that is taken. So everybody can see which ones are left.

  Documentation: https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/

  Rule: The first range is there from the beginning

    @id:network.addresses.range
    Scenario: The range of the cluster is the ServiceCIDR kubernetes
      It holds the address of the API server.

      Given an empty Namespace
      When I get ServiceCIDR "kubernetes"
      Then the answer matches:
        """yaml
        kind: ServiceCIDR
        metadata: {uid: <any>}
        spec: {cidrs: <any>}
        status: {conditions: [{type: Ready, status: "True"}]}
        """

    @id:network.addresses.range-status
    Scenario: The status of a range is read through its subresource
      It is a view of the whole object.

      Given metadata.uid of ServiceCIDR "kubernetes" is noted as "uid"
      When I send GET "/apis/networking.k8s.io/v1/servicecidrs/kubernetes/status"
      Then the answer matches:
        """yaml
        kind: ServiceCIDR
        metadata: {name: kubernetes, uid: "${uid}"}
        status: {conditions: [{type: Ready, status: "True"}]}
        """

    @id:network.addresses.range-listed
    Scenario: Ranges are listed and watched
      A watch without a version begins with what is there.

      Given an empty Namespace
      When I send GET "/apis/networking.k8s.io/v1/servicecidrs?watch=true&timeoutSeconds=1"
      Then the answer contains "ADDED"
      And the answer contains "kubernetes"

  Rule: An address is an object with the address as its name

    @id:network.addresses.life @life-cycle @needs:cluster-scope
    Scenario: The life of an IPAddress
      It tells which object has the address.

      Given I watch IPAddress objects with label "life=${ns}"
      And an IPAddress "2001:db8:5ea:1::1":
        """yaml
        metadata: {labels: {life: "${ns}"}}
        spec: {parentRef: {resource: services, namespace: "${ns}", name: nothing}}
        """
      When I patch IPAddress "2001:db8:5ea:1::1":
        """yaml
        metadata: {annotations: {example.com/note: patched}}
        """
      Then metadata.annotations['example.com/note'] of IPAddress "2001:db8:5ea:1::1" is "patched"
      When I delete IPAddress "2001:db8:5ea:1::1"
      Then within 10 seconds, the watch has seen:
        | ADDED    | 2001:db8:5ea:1::1 |
        | MODIFIED | 2001:db8:5ea:1::1 |
        | DELETED  | 2001:db8:5ea:1::1 |
      And IPAddress "2001:db8:5ea:1::1" is gone

    @id:network.addresses.replaced @needs:cluster-scope
    Scenario: An IPAddress is replaced
      Whose address it is does not change.

      Given an IPAddress "2001:db8:5ea:2::1":
        """yaml
        spec: {parentRef: {resource: services, namespace: "${ns}", name: nothing}}
        """
      And metadata.resourceVersion of IPAddress "2001:db8:5ea:2::1" is noted as "version"
      When I replace IPAddress "2001:db8:5ea:2::1":
        """yaml
        metadata: {resourceVersion: "${version}", annotations: {example.com/note: replaced}}
        spec: {parentRef: {resource: services, namespace: "${ns}", name: nothing}}
        """
      Then metadata.annotations['example.com/note'] of IPAddress "2001:db8:5ea:2::1" is "replaced"

    @id:network.addresses.collection @needs:cluster-scope
    Scenario: IPAddresses are deleted by their label
      The others stay.

      Given an IPAddress "2001:db8:5ea:3::1":
        """yaml
        metadata: {labels: {life: "${ns}"}}
        spec: {parentRef: {resource: services, namespace: "${ns}", name: nothing}}
        """
      And an IPAddress "2001:db8:5ea:3::2":
        """yaml
        spec: {parentRef: {resource: services, namespace: "${ns}", name: nothing}}
        """
      When I delete all IPAddress objects with label "life=${ns}"
      Then within 10 seconds, IPAddress "2001:db8:5ea:3::1" is gone
      And as before, IPAddress "2001:db8:5ea:3::2" exists

    @id:network.addresses.canonical @needs:cluster-scope
    Scenario Outline: The name <name> is refused
      An address has one name only, its shortest form in small letters.

      Given an empty Namespace
      When I try to create IPAddress "<name>":
        """yaml
        spec: {parentRef: {resource: services, namespace: "${ns}", name: nothing}}
        """
      Then it is refused with 422 Invalid
      And the message contains "metadata.name"

      Examples:
        | name               |
        | 2001:db8:5ea::0004 |
        | 2001:DB8:5EA::4    |
        | 192.0.2.004        |
        | nothing            |
