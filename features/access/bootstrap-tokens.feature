Feature: A node that joins shows a bootstrap token

  A new node has no certificate yet. A short token, kept in a Secret of kube-system, lets it ask for one, and for nothing else.

  Documentation: https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/

  Rule: A Secret of the right type and name is a token

    @id:access.bootstrap-tokens.identity @needs:cluster-scope @exclusive:bootstrap-tokens
    Scenario: A bootstrap token makes its bearer a bootstrapper
      The user is named after the token, the groups are in the Secret.

      Given a Secret "kube-system/bootstrap-token-sea001":
        """yaml
        type: bootstrap.kubernetes.io/token
        stringData:
          token-id: sea001
          token-secret: 0123456789abcdef
          usage-bootstrap-authentication: "true"
          auth-extra-groups: system:bootstrappers:workers
        """
      And I act with the token "sea001.0123456789abcdef"
      When I send POST "/apis/authentication.k8s.io/v1/selfsubjectreviews":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: SelfSubjectReview
        """
      Then the answer matches:
        """yaml
        status:
          userInfo:
            username: system:bootstrap:sea001
            groups: [system:bootstrappers, "system:bootstrappers:workers", system:authenticated]
        """

  Rule: Only a token that is meant for it and has not ended is accepted

    @id:access.bootstrap-tokens.expired @needs:cluster-scope @exclusive:bootstrap-tokens
    Scenario: An expired bootstrap token is refused
      The time is in the Secret; a controller deletes what has expired.

      Given a Secret "kube-system/bootstrap-token-sea002":
        """yaml
        type: bootstrap.kubernetes.io/token
        stringData:
          token-id: sea002
          token-secret: 0123456789abcdef
          usage-bootstrap-authentication: "true"
          expiration: "2020-01-01T00:00:00Z"
        """
      And I act with the token "sea002.0123456789abcdef"
      When I try to send GET "/version"
      Then it is refused with 401 Unauthorized

    @id:access.bootstrap-tokens.usage @needs:cluster-scope @exclusive:bootstrap-tokens
    Scenario: A bootstrap token for signing does not authenticate
      Each usage is switched on by itself.

      Given a Secret "kube-system/bootstrap-token-sea003":
        """yaml
        type: bootstrap.kubernetes.io/token
        stringData:
          token-id: sea003
          token-secret: 0123456789abcdef
          usage-bootstrap-signing: "true"
        """
      And I act with the token "sea003.0123456789abcdef"
      When I try to send GET "/version"
      Then it is refused with 401 Unauthorized

    @id:access.bootstrap-tokens.secret @needs:cluster-scope @exclusive:bootstrap-tokens
    Scenario: The second half of a bootstrap token is a password
      Who knows only the name of the Secret gets nowhere.

      Given a Secret "kube-system/bootstrap-token-sea004":
        """yaml
        type: bootstrap.kubernetes.io/token
        stringData:
          token-id: sea004
          token-secret: 0123456789abcdef
          usage-bootstrap-authentication: "true"
        """
      And I act with the token "sea004.fedcba9876543210"
      When I try to send GET "/version"
      Then it is refused with 401 Unauthorized
