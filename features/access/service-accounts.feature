Feature: Programs have accounts of their own

  A ServiceAccount is an identity for programs. Every Pod has one, and gets a token for it that the API server takes.

  Documentation: https://kubernetes.io/docs/concepts/security/service-accounts/

  Rule: A token is bound to an account, an audience and a time

    @id:access.service-accounts.token
    Scenario: A token for an account can be asked for
      The token is not kept; it ends by itself.

      Given a ServiceAccount "robot"
      When I send POST "/api/v1/namespaces/${ns}/serviceaccounts/robot/token":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: TokenRequest
        spec: {expirationSeconds: 3600}
        """
      Then the answer matches:
        """yaml
        spec: {expirationSeconds: 3600, audiences: <any>}
        status: {token: "</ey[^.]+[.][^.]+[.][^.]+/>", expirationTimestamp: <any>}
        """

    @id:access.service-accounts.identity
    Scenario: A token makes its bearer the account
      Name and groups tell the namespace of the account.

      Given a ServiceAccount "robot"
      And I act as ServiceAccount "robot"
      When I send POST "/apis/authentication.k8s.io/v1/selfsubjectreviews":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: SelfSubjectReview
        """
      Then the answer matches:
        """yaml
        status:
          userInfo:
            username: system:serviceaccount:${ns}:robot
            groups: [system:serviceaccounts, "system:serviceaccounts:${ns}", system:authenticated]
        """

    @id:access.service-accounts.audience
    Scenario: A token for another audience is refused
      A token for a vault opens no API server.

      Given a ServiceAccount "robot"
      And I send POST "/api/v1/namespaces/${ns}/serviceaccounts/robot/token":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: TokenRequest
        spec: {audiences: [vault.example.com]}
        """
      And status.token of the answer is noted as "token"
      And I act with the token "${token}"
      When I try to send GET "/api/v1/namespaces/${ns}/configmaps"
      Then it is refused with 401 Unauthorized

    @id:access.service-accounts.review @needs:cluster-scope
    Scenario: A server can have a token reviewed
      It learns who the bearer is and for which of its audiences the token is.

      Given a ServiceAccount "robot"
      And I send POST "/api/v1/namespaces/${ns}/serviceaccounts/robot/token":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: TokenRequest
        spec: {audiences: [vault.example.com]}
        """
      And status.token of the answer is noted as "token"
      When I send POST "/apis/authentication.k8s.io/v1/tokenreviews":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: TokenReview
        spec: {token: "${token}", audiences: [vault.example.com, other.example.com]}
        """
      Then the answer matches:
        """yaml
        status: {authenticated: true, audiences: [vault.example.com], user: {username: "system:serviceaccount:${ns}:robot"}}
        """

    @id:access.service-accounts.deleted
    Scenario: The tokens of a deleted account are worthless
      Whoever still has one is refused.

      Given a ServiceAccount "robot"
      And I send POST "/api/v1/namespaces/${ns}/serviceaccounts/robot/token":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: TokenRequest
        """
      And status.token of the answer is noted as "token"
      And a request with the token "${token}" is refused with 403 Forbidden
      When I delete ServiceAccount "robot"
      Then within 60 seconds, a request with the token "${token}" is refused with 401 Unauthorized

    @id:access.service-accounts.pod-gone
    Scenario: A token that is bound to a Pod goes with the Pod
      The tokens in Pods are of this kind.

      Given a Pod "web":
        """yaml
        spec: {schedulingGates: [{name: example.com/wait}]}
        """
      And I send POST "/api/v1/namespaces/${ns}/serviceaccounts/default/token":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: TokenRequest
        spec: {boundObjectRef: {apiVersion: v1, kind: Pod, name: web}}
        """
      And status.token of the answer is noted as "token"
      And a request with the token "${token}" is refused with 403 Forbidden
      When I delete Pod "web"
      Then within 60 seconds, a request with the token "${token}" is refused with 401 Unauthorized

    @id:access.service-accounts.reviewed @needs:cluster-scope
    Scenario: A token for the API server is reviewed without naming an audience
      The answer tells whose it is, and that nothing is wrong with it.

      Given a ServiceAccount "robot"
      And I send POST "/api/v1/namespaces/${ns}/serviceaccounts/robot/token":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: TokenRequest
        """
      And status.token of the answer is noted as "token"
      When I send POST "/apis/authentication.k8s.io/v1/tokenreviews":
        """yaml
        apiVersion: authentication.k8s.io/v1
        kind: TokenReview
        spec: {token: "${token}"}
        """
      Then the answer matches:
        """yaml
        status: {authenticated: true, error: <none>, user: {username: "system:serviceaccount:${ns}:robot"}}
        """

  Rule: A Pod acts as its service account

    @id:access.service-accounts.default
    @needs:nodes
    Scenario: A Pod gets the default account and its token
      The token, the certificate of the API server and the namespace are files in every container.

      Given an empty Namespace
      When I create Pod "web"
      Then spec.serviceAccountName of Pod "web" is "default"
      And within 60 seconds, running "cat /var/run/secrets/kubernetes.io/serviceaccount/namespace" in Pod "web" prints "${ns}"
      And running "head -c 2 /var/run/secrets/kubernetes.io/serviceaccount/token" in Pod "web" prints "ey"
      And running "head -c 27 /var/run/secrets/kubernetes.io/serviceaccount/ca.crt" in Pod "web" prints "-----BEGIN CERTIFICATE-----"

    @id:access.service-accounts.in-cluster
    @needs:nodes
    Scenario: A Pod talks to the API server with the rights of its account
      Address and port of the API server are in the environment.

      Given a Role "reader":
        """yaml
        rules: [{apiGroups: [""], resources: [configmaps], verbs: [list]}]
        """
      And a RoleBinding "readers":
        """yaml
        subjects: [{kind: ServiceAccount, name: default, namespace: "${ns}"}]
        roleRef: {kind: Role, name: reader, apiGroup: rbac.authorization.k8s.io}
        """
      And a ready Pod "web"
      When I run "sh -c 'cd /var/run/secrets/kubernetes.io/serviceaccount; curl -s -k -H Authorization:Bearer\ $(cat token) https://kubernetes.default.svc/api/v1/namespaces/$(cat namespace)/configmaps'" in Pod "web"
      Then the output contains "ConfigMapList"

    @id:access.service-accounts.no-token
    @needs:nodes
    Scenario: A Pod can do without a token
      Programs that do not talk to the API server need none.

      Given an empty Namespace
      When I create Pod "web":
        """yaml
        spec: {automountServiceAccountToken: false}
        """
      Then spec.volumes of Pod "web" is "<none>"
      And within 60 seconds, running "ls /var/run/secrets/kubernetes.io" in Pod "web" fails

    @id:access.service-accounts.opt-out
    Scenario Outline: The account says <account>, the Pod says <pod>: the Pod gets <what>
      The Pod has the last word. Without a word of either the token is there.

      Given a ServiceAccount "robot":
        """yaml
        automountServiceAccountToken: <account>
        """
      When I create Pod "web":
        """yaml
        spec: {serviceAccountName: robot, automountServiceAccountToken: <pod>, schedulingGates: [{name: example.com/wait}]}
        """
      Then Pod "web" matches:
        """yaml
        spec: {serviceAccountName: robot, containers: [{name: main, volumeMounts: <mounts>}]}
        """

      Examples:
        | case          | account | pod   | what     | mounts                                                                       |
        | silent-silent | null    | null  | a token  | [{mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}] |
        | silent-yes    | null    | true  | a token  | [{mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}] |
        | silent-no     | null    | false | no token | <none>                                                                       |
        | yes-silent    | true    | null  | a token  | [{mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}] |
        | yes-no        | true    | false | no token | <none>                                                                       |
        | no-silent     | false   | null  | no token | <none>                                                                       |
        | no-yes        | false   | true  | a token  | [{mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}] |
        | no-no         | false   | false | no token | <none>                                                                       |

    @id:access.service-accounts.missing
    Scenario: A Pod of an account that does not exist is refused
      Make the account first.

      Given an empty Namespace
      When I try to create Pod "web":
        """yaml
        spec: {serviceAccountName: nobody}
        """
      Then it is refused with 403 Forbidden
      And the message contains "nobody"
