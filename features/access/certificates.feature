@needs:cluster-scope
Feature: Users can have client certificates

  A CertificateSigningRequest asks for a certificate. When somebody with the right to do so has approved it, the signer issues the certificate,
  and its bearer is the user that it names.

  Documentation: https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/

  Background:
    Given a certificate request of user "jane-${ns}" in group "readers-${ns}" is noted as "request"
    And a CertificateSigningRequest "${ns}-jane":
      """yaml
      spec: {request: "${request}", signerName: kubernetes.io/kube-apiserver-client, usages: [client auth], expirationSeconds: 3600}
      """

  Rule: A certificate is issued when the request is approved

    @id:access.certificates.approved
    Scenario: An approved request gets its certificate
      The certificate is in the status.

      Given an empty Namespace
      When I patch the "approval" of CertificateSigningRequest "${ns}-jane":
        """yaml
        status: {conditions: [{type: Approved, status: "True", reason: Seatrial, message: for a test}]}
        """
      Then within 30 seconds, status.certificate of CertificateSigningRequest "${ns}-jane" is "</[A-Za-z0-9+/=]+/>"
      And status.conditions[type=Approved].status of CertificateSigningRequest "${ns}-jane" is "True"

    @id:access.certificates.denied
    Scenario: A denied request gets none
      It cannot be approved afterwards.

      Given I patch the "approval" of CertificateSigningRequest "${ns}-jane":
        """yaml
        status: {conditions: [{type: Denied, status: "True", reason: Seatrial, message: for a test}]}
        """
      When I try to patch the "approval" of CertificateSigningRequest "${ns}-jane":
        """yaml
        status: {conditions: [{type: Denied, status: "True"}, {type: Approved, status: "True"}]}
        """
      Then it is refused with 422 Invalid
      And for 2 seconds, status.certificate of CertificateSigningRequest "${ns}-jane" is "<none>"

    @id:access.certificates.requester
    Scenario: A request tells who made it
      The API server fills it in, whatever the request says.

      Given an empty Namespace
      When I get CertificateSigningRequest "${ns}-jane"
      Then the answer matches:
        """yaml
        spec: {username: <any>, groups: <any>, signerName: kubernetes.io/kube-apiserver-client}
        """

  Rule: The certificate says who its bearer is

    @id:access.certificates.user
    Scenario: The common name is the user, the organizations are the groups
      No other credentials are needed.

      Given I call "kubectl certificate approve ${ns}-jane"
      And within 30 seconds, status.certificate of CertificateSigningRequest "${ns}-jane" is "<any>"
      And I act with the certificate of CertificateSigningRequest "${ns}-jane"
      When I send POST "/apis/authentication.k8s.io/v1/selfsubjectreviews":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: SelfSubjectReview
        """
      Then the answer matches:
        """yaml
        status: {userInfo: {username: "jane-${ns}", groups: ["readers-${ns}", "system:authenticated"]}}
        """

    @id:access.certificates.rights
    Scenario: The rights of the group are those of the bearer
      What is bound to the group holds for whoever has such a certificate, and nothing else does.

      Given I call "kubectl create rolebinding readers --clusterrole view --group readers-${ns}"
      And I call "kubectl certificate approve ${ns}-jane"
      And within 30 seconds, status.certificate of CertificateSigningRequest "${ns}-jane" is "<any>"
      And I act with the certificate of CertificateSigningRequest "${ns}-jane"
      When I try to call "kubectl auth can-i list pods"
      Then the output is "yes"

  Rule: Not everybody may ask for every certificate

    @id:access.certificates.signer
    Scenario: A user without the right to approve is refused
      It takes the right to approve for the signer, beyond the right to change the request.

      Given a ClusterRole "${ns}-approver":
        """yaml
        rules: [{apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests, certificatesigningrequests/approval], verbs: [get, update, patch]}]
        """
      And a ClusterRoleBinding "${ns}-approver":
        """yaml
        subjects: [{kind: User, name: "mallory-${ns}", apiGroup: rbac.authorization.k8s.io}]
        roleRef: {kind: ClusterRole, name: "${ns}-approver", apiGroup: rbac.authorization.k8s.io}
        """
      And within 10 seconds, user "mallory-${ns}" may patch certificatesigningrequests.certificates.k8s.io
      And I act as user "mallory-${ns}"
      When I try to patch the "approval" of CertificateSigningRequest "${ns}-jane":
        """yaml
        status: {conditions: [{type: Approved, status: "True", reason: Mine, message: mine}]}
        """
      Then it is refused with 403 Forbidden

  Rule: A request is an object like others

    @id:access.certificates.life @life-cycle
    Scenario: The life of a request
      It can be labelled and deleted; what it asks for never changes.

      Given I watch CertificateSigningRequest objects with label "life=${ns}"
      When I patch CertificateSigningRequest "${ns}-jane":
        """yaml
        metadata: {labels: {life: "${ns}"}}
        """
      Then there are exactly 1 CertificateSigningRequest objects with label "life=${ns}":
        """yaml
        spec: {expirationSeconds: 3600}
        """
      When I delete CertificateSigningRequest "${ns}-jane"
      Then within 10 seconds, the watch has seen:
        | ADDED   | ${ns}-jane |
        | DELETED | ${ns}-jane |
      And CertificateSigningRequest "${ns}-jane" is gone

    @id:access.certificates.replaced
    Scenario: A replacement changes the metadata only
      The request in it is that of the first version.

      Given metadata.resourceVersion of CertificateSigningRequest "${ns}-jane" is noted as "version"
      When I replace CertificateSigningRequest "${ns}-jane":
        """yaml
        metadata: {resourceVersion: "${version}", annotations: {example.com/note: replaced}}
        spec: {request: "${request}", signerName: kubernetes.io/kube-apiserver-client, usages: [client auth], expirationSeconds: 3600}
        """
      Then CertificateSigningRequest "${ns}-jane" matches:
        """yaml
        metadata: {annotations: {example.com/note: replaced}}
        spec: {expirationSeconds: 3600, username: <any>}
        """

    @id:access.certificates.collection
    Scenario: Requests are deleted by their label
      The others stay.

      Given I patch CertificateSigningRequest "${ns}-jane":
        """yaml
        metadata: {labels: {life: "${ns}"}}
        """
      And a CertificateSigningRequest "${ns}-other":
        """yaml
        spec: {request: "${request}", signerName: example.com/nobody, usages: [client auth]}
        """
      When I delete all CertificateSigningRequest objects with label "life=${ns}"
      Then within 10 seconds, CertificateSigningRequest "${ns}-jane" is gone
      And as before, CertificateSigningRequest "${ns}-other" exists

    @id:access.certificates.subresources
    Scenario Outline: The <part> is read and replaced through a subresource
      Each needs a right of its own; both are views of the whole object.

      Given a CertificateSigningRequest "${ns}-other":
        """yaml
        spec: {request: "${request}", signerName: example.com/nobody, usages: [client auth]}
        """
      And I send GET "/apis/certificates.k8s.io/v1/certificatesigningrequests/${ns}-other/<part>"
      And metadata.resourceVersion of the answer is noted as "version"
      When I send PUT "/apis/certificates.k8s.io/v1/certificatesigningrequests/${ns}-other/<part>":
        """yaml
        metadata: {name: "${ns}-other", resourceVersion: "${version}"}
        spec: {request: "${request}", signerName: example.com/nobody, usages: [client auth]}
        status: {conditions: [{type: <type>, status: "True", reason: Tried, message: for a test}]}
        """
      Then CertificateSigningRequest "${ns}-other" matches:
        """yaml
        status: {conditions: [{type: <type>, status: "True", reason: Tried, message: for a test, lastUpdateTime: <any>}]}
        """

      Examples:
        | part     | type     |
        | approval | Approved |
        | status   | Checked  |
