Feature: A LimitRange bounds the objects of a namespace one by one

  A quota limits the sum, a LimitRange each object: how much a container may ask for at least and at most, and what it gets when it does not
  say.

  Documentation: https://kubernetes.io/docs/concepts/policy/limit-range/

  Rule: What is left out gets a default

    @id:policy.limit-ranges.defaults
    Scenario: A container gets the default requests and limits
      Only what it does not say itself is filled in.

      Given an empty Namespace
      When I create LimitRange "bounds":
        """yaml
        spec: {limits: [{type: Container, default: {cpu: 500m, memory: 64Mi}, defaultRequest: {cpu: 250m}}]}
        """
      Then within 30 seconds, creating Pod "web" would make:
        """yaml
        spec: {containers: [{resources: {limits: {cpu: 500m, memory: 64Mi}, requests: {cpu: 250m, memory: 64Mi}}}]}
        """

    @id:policy.limit-ranges.own
    Scenario: What a container says itself stays
      The default for the request is not more than the limit that was given.

      Given a LimitRange "bounds":
        """yaml
        spec: {limits: [{type: Container, max: {cpu: "1"}, default: {cpu: 500m}, defaultRequest: {cpu: 100m}}]}
        """
      And within 30 seconds, creating Pod "large" would be refused with 403 Forbidden:
        """yaml
        spec: {containers: [{resources: {limits: {cpu: "2"}}}]}
        """
      When I create Pod "web":
        """yaml
        spec: {schedulingGates: [{name: example.com/wait}], containers: [{resources: {requests: {cpu: 200m}, limits: {cpu: 300m}}}]}
        """
      Then Pod "web" matches:
        """yaml
        spec: {containers: [{resources: {requests: {cpu: 200m}, limits: {cpu: 300m}}}]}
        """

  Rule: What is out of bounds is refused

    @id:policy.limit-ranges.bounds
    Scenario Outline: A <type> beyond the bound <bound> is refused
      The message names the bound.

      Given an empty Namespace
      When I create LimitRange "bounds":
        """yaml
        spec: {limits: [{type: <type>, <bound>: <limit>}]}
        """
      Then within 30 seconds, creating <kind> "web" would be refused with 403 Forbidden:
        """yaml
        spec: {<spec>}
        """
      And the message contains "<message>"

      Examples:
        | case              | type                  | bound                | kind                  | limit              | spec                                                                      | message                            |
        | container maximum | Container             | max                  | Pod                   | {memory: 64Mi}     | containers: [{resources: {limits: {memory: 65Mi}}}]                       | maximum memory usage per Container is 64Mi |
        | container minimum | Container             | min                  | Pod                   | {memory: 64Mi}     | containers: [{resources: {requests: {memory: 63Mi}}}]                     | minimum memory usage per Container is 64Mi |
        | container ratio   | Container             | maxLimitRequestRatio | Pod                   | {cpu: "2"}         | containers: [{resources: {requests: {cpu: 100m}, limits: {cpu: 300m}}}]   | cpu max limit to request ratio per Container is 2 |
        | pod maximum       | Pod                   | max                  | Pod                   | {cpu: "1"}         | containers: [{name: a, resources: {limits: {cpu: 600m}}}, {name: b, resources: {limits: {cpu: 600m}}}] | maximum cpu usage per Pod is 1 |
        | claim maximum     | PersistentVolumeClaim | max                  | PersistentVolumeClaim | {storage: 1Gi}     | accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}       | maximum storage usage per PersistentVolumeClaim is 1Gi |

    @id:policy.limit-ranges.inconsistent
    Scenario: A LimitRange that contradicts itself is refused
      A minimum may not be above the maximum.

      Given an empty Namespace
      When I try to create LimitRange "bounds":
        """yaml
        spec: {limits: [{type: Container, min: {cpu: "2"}, max: {cpu: "1"}}]}
        """
      Then it is refused with 422 Invalid
      And the message contains "spec.limits[0].min[cpu]"

  Rule: A change of the bounds counts from then on

    @id:policy.limit-ranges.changed
    Scenario: What was too little before is enough when the bound is lowered
      Pods that are there are not looked at again.

      Given a LimitRange "bounds":
        """yaml
        spec: {limits: [{type: Container, min: {cpu: 500m}, max: {cpu: "2"}}]}
        """
      And within 30 seconds, creating Pod "web" would be refused with 403 Forbidden:
        """yaml
        spec: {containers: [{resources: {requests: {cpu: 100m}, limits: {cpu: "1"}}}]}
        """
      When I replace LimitRange "bounds":
        """yaml
        spec: {limits: [{type: Container, min: {cpu: 50m}, max: {cpu: "2"}}]}
        """
      Then within 30 seconds, creating Pod "web" would be accepted:
        """yaml
        spec: {containers: [{resources: {requests: {cpu: 100m}, limits: {cpu: "1"}}}]}
        """
      And as before, creating Pod "web" would be refused with 403 Forbidden:
        """yaml
        spec: {containers: [{resources: {requests: {cpu: 100m}, limits: {cpu: "3"}}}]}
        """

    @id:policy.limit-ranges.gone
    Scenario: Without the LimitRange there is no bound
      The defaults are gone with it as well.

      Given a LimitRange "bounds":
        """yaml
        spec: {limits: [{type: Container, max: {cpu: "2"}}]}
        """
      And within 30 seconds, creating Pod "web" would be refused with 403 Forbidden:
        """yaml
        spec: {containers: [{resources: {limits: {cpu: "3"}}}]}
        """
      When I delete LimitRange "bounds"
      Then within 30 seconds, creating Pod "web" would be accepted:
        """yaml
        spec: {containers: [{resources: {limits: {cpu: "3"}}}]}
        """
