Feature: Tokens of service accounts are made for a purpose

  A token names the account, whom it is for, how long it holds, and perhaps an object that it goes with. The API server signs it and keeps
  no copy.

  Documentation: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/

  Rule: A request for a token says what it is for

    @id:access.tokens.audiences
    Scenario: The audiences are those that were asked for
      A service takes only tokens that name it.

      Given a ServiceAccount "robot"
      When I send POST "/api/v1/namespaces/${ns}/serviceaccounts/robot/token":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: TokenRequest
        spec: {audiences: [vault.example.com, store.example.com], expirationSeconds: 1200}
        """
      Then the answer matches:
        """yaml
        spec: {audiences: [vault.example.com, store.example.com], expirationSeconds: 1200, boundObjectRef: <none>}
        status: {token: <any>, expirationTimestamp: <any>}
        """

    @id:access.tokens.expiration
    Scenario Outline: A token that would end <when> is refused
      At least ten minutes must be asked for, at most as many seconds as a signed number of 32 bits can hold.

      Given a ServiceAccount "robot"
      When I try to send POST "/api/v1/namespaces/${ns}/serviceaccounts/robot/token":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: TokenRequest
        spec: {expirationSeconds: <seconds>}
        """
      Then it is refused with 422 Invalid
      And the message contains "spec.expirationSeconds"

      Examples:
        | when     | seconds    |
        | too soon | 599        |
        | too late | 5000000000 |

    @id:access.tokens.missing
    Scenario: There is no token for an account that does not exist
      The account is looked up when the token is made.

      Given an empty Namespace
      When I try to send POST "/api/v1/namespaces/${ns}/serviceaccounts/nobody/token":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: TokenRequest
        """
      Then it is refused with 404 NotFound

    @id:access.tokens.right @needs:cluster-scope
    Scenario: The right to read an account is not the right to its tokens
      The subresource takes a rule of its own.

      Given a ServiceAccount "robot"
      And a Role "reader":
        """yaml
        rules: [{apiGroups: [""], resources: [serviceaccounts], verbs: ["*"]}]
        """
      And a RoleBinding "readers":
        """yaml
        subjects: [{kind: User, name: "jane-${ns}", apiGroup: rbac.authorization.k8s.io}]
        roleRef: {kind: Role, name: reader, apiGroup: rbac.authorization.k8s.io}
        """
      And within 10 seconds, user "jane-${ns}" may get serviceaccounts
      And I act as user "jane-${ns}"
      When I try to send POST "/api/v1/namespaces/${ns}/serviceaccounts/robot/token":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: TokenRequest
        """
      Then it is refused with 403 Forbidden

  Rule: A token can be bound to an object

    @id:access.tokens.secret-gone
    Scenario: A token that is bound to a Secret goes with the Secret
      So tokens can be revoked without removing the account.

      Given a ServiceAccount "robot"
      And a Secret "leash"
      And I send POST "/api/v1/namespaces/${ns}/serviceaccounts/robot/token":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: TokenRequest
        spec: {boundObjectRef: {apiVersion: v1, kind: Secret, name: leash}}
        """
      And status.token of the answer is noted as "token"
      And a request with the token "${token}" is refused with 403 Forbidden
      When I delete Secret "leash"
      Then within 60 seconds, a request with the token "${token}" is refused with 401 Unauthorized

    @id:access.tokens.uid
    Scenario: A token is not bound to a successor of the same name
      The uid tells them apart.

      Given a ServiceAccount "robot"
      And a Secret "leash"
      When I try to send POST "/api/v1/namespaces/${ns}/serviceaccounts/robot/token":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: TokenRequest
        spec: {boundObjectRef: {apiVersion: v1, kind: Secret, name: leash, uid: 00000000-0000-0000-0000-000000000000}}
        """
      Then it is refused with 409 Conflict

    @id:access.tokens.other-account
    Scenario: A token is not bound to a Pod of another account
      Otherwise it would outlive what it is for.

      Given a ServiceAccount "robot"
      And a Pod "web":
        """yaml
        spec: {schedulingGates: [{name: example.com/wait}]}
        """
      When I try to send POST "/api/v1/namespaces/${ns}/serviceaccounts/robot/token":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: TokenRequest
        spec: {boundObjectRef: {apiVersion: v1, kind: Pod, name: web}}
        """
      Then it is refused with 400 BadRequest

    @id:access.tokens.kind
    Scenario: A token is bound to a Pod, a Secret or a Node and to nothing else
      The API server must be able to see whether the object is there.

      Given a ServiceAccount "robot"
      And a ConfigMap "leash"
      When I try to send POST "/api/v1/namespaces/${ns}/serviceaccounts/robot/token":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: TokenRequest
        spec: {boundObjectRef: {apiVersion: v1, kind: ConfigMap, name: leash}}
        """
      Then it is refused with 400 BadRequest

    @id:access.tokens.told
    Scenario: A bound token tells which Pod it is for
      The attributes of the bearer hold the name and the uid of the Pod.

      Given a Pod "web":
        """yaml
        spec: {schedulingGates: [{name: example.com/wait}]}
        """
      And metadata.uid of Pod "web" is noted as "uid"
      And I send POST "/api/v1/namespaces/${ns}/serviceaccounts/default/token":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: TokenRequest
        spec: {boundObjectRef: {apiVersion: v1, kind: Pod, name: web}}
        """
      And status.token of the answer is noted as "token"
      And I act with the token "${token}"
      When I send POST "/apis/authentication.k8s.io/v1/selfsubjectreviews":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: SelfSubjectReview
        """
      Then the answer matches:
        """yaml
        status:
          userInfo:
            extra:
              authentication.kubernetes.io/pod-name: [web]
              authentication.kubernetes.io/pod-uid: ["${uid}"]
              authentication.kubernetes.io/credential-id: [</JTI=.*/>]
        """

  Rule: A Secret can hold a token that does not end

    @id:access.tokens.legacy
    Scenario: A Secret of the right type gets a token
      Nobody makes such a Secret unasked.

      Given a ServiceAccount "robot"
      When I create Secret "key":
        """yaml
        metadata: {annotations: {kubernetes.io/service-account.name: robot}}
        type: kubernetes.io/service-account-token
        """
      Then within 30 seconds, Secret "key" matches:
        """yaml
        metadata: {annotations: {kubernetes.io/service-account.uid: <any>}}
        data: {token: <any>, ca.crt: <any>, namespace: <any>}
        """

    @id:access.tokens.legacy-gone
    Scenario: The Secret goes with its account
      The token in it was worth nothing without the account.

      Given a ServiceAccount "robot"
      And a Secret "key":
        """yaml
        metadata: {annotations: {kubernetes.io/service-account.name: robot}}
        type: kubernetes.io/service-account-token
        """
      And within 30 seconds, data.token of Secret "key" is "<any>"
      When I delete ServiceAccount "robot"
      Then within 30 seconds, Secret "key" is gone

    @id:access.tokens.legacy-nobody
    Scenario: A Secret for the token of nobody is refused
      The annotation must be there.

      Given an empty Namespace
      When I try to create Secret "key":
        """yaml
        type: kubernetes.io/service-account-token
        """
      Then it is refused with 422 Invalid
      And the message contains "metadata.annotations[kubernetes.io/service-account.name]"

    @id:access.tokens.none-unasked
    Scenario: An account has no Secret of its own
      Tokens are asked for when they are needed.

      Given an empty Namespace
      When I create ServiceAccount "robot"
      Then ServiceAccount "robot" matches:
        """yaml
        metadata: {name: robot}
        secrets: <none>
        """
