Feature: Every kind is used in the same way

  What holds for one kind of object holds for all: it is created under a name, found by its labels, changed in parts or as a whole, watched,
  and deleted alone or together with others. Whoever knows how to use ConfigMaps knows how to use every other kind.

  Documentation: https://kubernetes.io/docs/reference/using-api/api-concepts/

  Rule: An object lives from its creation to its deletion, and every change can be watched

    @id:api.kinds.life @life-cycle
    Scenario Outline: The life of a <kind>
      It is created, found by its label, patched and deleted. The watch tells each of these.

      Given I watch <kind> objects with label "life=${ns}"
      And I create <kind> "${ns}-one":
        """yaml
        metadata: {labels: {life: "${ns}"}}
        <fields>
        """
      And there are exactly 1 <kind> objects with label "life=${ns}":
        """yaml
        metadata: {uid: <any>}
        <fields>
        """
      When I patch <kind> "${ns}-one":
        """yaml
        <change>
        """
      Then <kind> "${ns}-one" matches:
        """yaml
        <change>
        """
      When I delete <kind> "${ns}-one"
      Then within 10 seconds, the watch has seen:
        | ADDED    | ${ns}-one |
        | MODIFIED | ${ns}-one |
        | DELETED  | ${ns}-one |
      And within 10 seconds, <kind> "${ns}-one" is gone

      Examples: Kinds of a namespace
        | kind                  | fields                                                                                                 | change                                                           |
        | ConfigMap             | data: {colour: blue}                                                                                   | data: {colour: red}                                              |
        | Secret                | data: {colour: Ymx1ZQ==}                                                                               | data: {colour: cmVk}                                             |
        | Service               | spec: {ports: [{port: 80}]}                                                                            | spec: {ports: [{port: 81}]}                                      |
        | Endpoints             | subsets: [{addresses: [{ip: 192.0.2.1}], ports: [{port: 80}]}]                                         | subsets: [{addresses: [{ip: 192.0.2.2}], ports: [{port: 8080}]}] |
        | Event                 | involvedObject: {kind: Pod, name: web, namespace: "${ns}"}\nmessage: it is here                        | message: it has gone                                             |
        | ServiceAccount        | automountServiceAccountToken: false                                                                    | automountServiceAccountToken: true                               |
        | PersistentVolumeClaim | spec: {storageClassName: "${ns}", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}} | metadata: {labels: {colour: red}}                                |
        | LimitRange            | spec: {limits: [{type: Container, max: {cpu: "2"}}]}                                                   | spec: {limits: [{type: Container, max: {cpu: "3"}}]}             |
        | ResourceQuota         | spec: {hard: {configmaps: "50"}}                                                                       | spec: {hard: {configmaps: "60"}}                                 |
        | PodTemplate           | template: {metadata: {labels: {app: web}}, spec: {containers: [{name: main, image: web}]}}             | template: {metadata: {labels: {app: shop}}}                      |
        | CronJob               | spec: {schedule: 0 0 31 2 *}                                                                           | spec: {suspend: true}                                            |
        | Lease                 | spec: {holderIdentity: one}                                                                            | spec: {holderIdentity: two}                                      |
        | EndpointSlice         | addressType: IPv4\nendpoints: [{addresses: [192.0.2.1]}]                                               | endpoints: [{addresses: [192.0.2.2]}]                            |
        | Ingress               | spec: {ingressClassName: nobody, defaultBackend: {service: {name: web, port: {number: 80}}}}           | spec: {ingressClassName: somebody}                               |
        | CSIStorageCapacity    | storageClassName: nothing\ncapacity: 1Gi                                                               | capacity: 2Gi                                                    |
        | ResourceClaim         | spec: {devices: {requests: [{name: one, exactly: {deviceClassName: nothing}}]}}                        | metadata: {annotations: {colour: red}}                           |
        | ResourceClaimTemplate | spec: {spec: {devices: {requests: [{name: one, exactly: {deviceClassName: nothing}}]}}}                | metadata: {annotations: {colour: red}}                           |

      @needs:cluster-scope
      Examples: Kinds of the cluster
        | kind                             | fields                                                                                                                                                                       | change                                                           |
        | Node                             | spec: {unschedulable: true, podCIDR: 192.0.2.0/28}                                                                                                                           | metadata: {labels: {colour: red}}                                |
        | PersistentVolume                 | spec: {storageClassName: "${ns}", capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /nothing}}                                                        | metadata: {labels: {colour: red}}                                |
        | IngressClass                     | spec: {controller: example.com/nobody}                                                                                                                                       | spec: {parameters: {kind: Settings, name: fast, scope: Cluster}} |
        | RuntimeClass                     | handler: nothing                                                                                                                                                             | scheduling: {nodeSelector: {colour: red}}                        |
        | PriorityClass                    | value: 100                                                                                                                                                                   | description: a little more important                             |
        | StorageClass                     | provisioner: example.com/nobody                                                                                                                                              | allowVolumeExpansion: true                                       |
        | VolumeAttributesClass            | driverName: csi.example.com\nparameters: {speed: high}                                                                                                                       | metadata: {annotations: {colour: red}}                           |
        | CSIDriver                        | spec: {attachRequired: false}                                                                                                                                                | spec: {requiresRepublish: true}                                  |
        | CSINode                          | spec: {drivers: [{name: csi.example.com, nodeID: one}]}                                                                                                                      | metadata: {annotations: {colour: red}}                           |
        | VolumeAttachment                 | spec: {attacher: csi.example.com, nodeName: nothing, source: {persistentVolumeName: nothing}}                                                                                | metadata: {annotations: {colour: red}}                           |
        | DeviceClass                      | spec: {selectors: [{cel: {expression: device.driver == 'one'}}]}                                                                                                             | spec: {selectors: [{cel: {expression: device.driver == 'two'}}]} |
        | ResourceSlice                    | spec: {driver: dra.example.com, nodeName: nothing, pool: {name: one, generation: 1, resourceSliceCount: 1}, devices: [{name: one}]}                                          | spec: {devices: [{name: two}]}                                   |
        | FlowSchema                       | spec: {matchingPrecedence: 9000, priorityLevelConfiguration: {name: "${ns}-nothing"}}                                                                                        | spec: {matchingPrecedence: 9001}                                 |
        | PriorityLevelConfiguration       | spec: {type: Limited, limited: {nominalConcurrencyShares: 2, limitResponse: {type: Reject}}}                                                                                 | spec: {limited: {nominalConcurrencyShares: 3}}                   |
        | ValidatingAdmissionPolicy        | spec: {matchConstraints: {resourceRules: [{apiGroups: [example.com], apiVersions: [v1], operations: [CREATE], resources: [nothings]}]}, validations: [{expression: "true"}]} | spec: {failurePolicy: Ignore}                                    |
        | ValidatingAdmissionPolicyBinding | spec: {policyName: "${ns}-nothing", validationActions: [Deny]}                                                                                                               | spec: {validationActions: [Warn]}                                |

      @since:v1.36 @needs:cluster-scope
      Examples: Kinds that are new
        | kind                           | fields                                                                                                                                                                                                                                                                       | change                                       |
        | MutatingAdmissionPolicy        | spec: {matchConstraints: {resourceRules: [{apiGroups: [example.com], apiVersions: [v1], operations: [CREATE], resources: [nothings]}]}, reinvocationPolicy: Never, mutations: [{patchType: JSONPatch, jsonPatch: {expression: "[JSONPatch{op: 'remove', path: '/data'}]"}}]} | spec: {failurePolicy: Ignore}                |
        | MutatingAdmissionPolicyBinding | spec: {policyName: "${ns}-nothing"}                                                                                                                                                                                                                                          | spec: {matchResources: {matchPolicy: Exact}} |

  Rule: An object can be replaced as a whole

    @id:api.kinds.replace
    Scenario Outline: A <kind> is replaced
      The new version says everything. It need not name the version that it replaces, though it may.

      Given I create <kind> "${ns}-one":
        """yaml
        <fields>
        """
      And I patch <kind> "${ns}-one":
        """yaml
        <change>
        """
      When I replace <kind> "${ns}-one":
        """yaml
        metadata: {annotations: {example.com/note: replaced}}
        <fields>
        """
      Then <kind> "${ns}-one" matches:
        """yaml
        metadata: {annotations: {example.com/note: replaced}}
        <fields>
        """

      Examples: Kinds of a namespace
        | kind                  | fields                                                                                                 | change                                                           |
        | ConfigMap             | data: {colour: blue}                                                                                   | data: {colour: red}                                              |
        | Secret                | data: {colour: Ymx1ZQ==}                                                                               | data: {colour: cmVk}                                             |
        | Service               | spec: {ports: [{port: 80}]}                                                                            | spec: {ports: [{port: 81}]}                                      |
        | Endpoints             | subsets: [{addresses: [{ip: 192.0.2.1}], ports: [{port: 80}]}]                                         | subsets: [{addresses: [{ip: 192.0.2.2}], ports: [{port: 8080}]}] |
        | Event                 | involvedObject: {kind: Pod, name: web, namespace: "${ns}"}\nmessage: it is here                        | message: it has gone                                             |
        | ServiceAccount        | automountServiceAccountToken: false                                                                    | automountServiceAccountToken: true                               |
        | PersistentVolumeClaim | spec: {storageClassName: "${ns}", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}} | metadata: {labels: {colour: red}}                                |
        | LimitRange            | spec: {limits: [{type: Container, max: {cpu: "2"}}]}                                                   | spec: {limits: [{type: Container, max: {cpu: "3"}}]}             |
        | ResourceQuota         | spec: {hard: {configmaps: "50"}}                                                                       | spec: {hard: {configmaps: "60"}}                                 |
        | PodTemplate           | template: {metadata: {labels: {app: web}}, spec: {containers: [{name: main, image: web}]}}             | template: {metadata: {labels: {app: shop}}}                      |
        | CronJob               | spec: {schedule: 0 0 31 2 *}                                                                           | spec: {suspend: true}                                            |
        | EndpointSlice         | addressType: IPv4\nendpoints: [{addresses: [192.0.2.1]}]                                               | endpoints: [{addresses: [192.0.2.2]}]                            |
        | Ingress               | spec: {ingressClassName: nobody, defaultBackend: {service: {name: web, port: {number: 80}}}}           | spec: {ingressClassName: somebody}                               |
        | ResourceClaim         | spec: {devices: {requests: [{name: one, exactly: {deviceClassName: nothing}}]}}                        | metadata: {annotations: {colour: red}}                           |
        | ResourceClaimTemplate | spec: {spec: {devices: {requests: [{name: one, exactly: {deviceClassName: nothing}}]}}}                | metadata: {annotations: {colour: red}}                           |

      @needs:cluster-scope
      Examples: Kinds of the cluster
        | kind                       | fields                                                                                                                              | change                                                           |
        | Node                       | spec: {unschedulable: true, podCIDR: 192.0.2.0/28}                                                                                  | metadata: {labels: {colour: red}}                                |
        | PersistentVolume           | spec: {storageClassName: "${ns}", capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /nothing}}               | metadata: {labels: {colour: red}}                                |
        | IngressClass               | spec: {controller: example.com/nobody}                                                                                              | spec: {parameters: {kind: Settings, name: fast, scope: Cluster}} |
        | PriorityClass              | value: 100                                                                                                                          | description: a little more important                             |
        | StorageClass               | provisioner: example.com/nobody                                                                                                     | allowVolumeExpansion: true                                       |
        | VolumeAttributesClass      | driverName: csi.example.com\nparameters: {speed: high}                                                                              | metadata: {annotations: {colour: red}}                           |
        | DeviceClass                | spec: {selectors: [{cel: {expression: device.driver == 'one'}}]}                                                                    | spec: {selectors: [{cel: {expression: device.driver == 'two'}}]} |
        | ResourceSlice              | spec: {driver: dra.example.com, nodeName: nothing, pool: {name: one, generation: 1, resourceSliceCount: 1}, devices: [{name: one}]} | spec: {devices: [{name: two}]}                                   |
        | FlowSchema                 | spec: {matchingPrecedence: 9000, priorityLevelConfiguration: {name: "${ns}-nothing"}}                                               | spec: {matchingPrecedence: 9001}                                 |
        | PriorityLevelConfiguration | spec: {type: Limited, limited: {nominalConcurrencyShares: 2, limitResponse: {type: Reject}}}                                        | spec: {limited: {nominalConcurrencyShares: 3}}                   |

    @id:api.kinds.replace-version
    Scenario Outline: A <kind> is replaced by whoever knows its version
      For some kinds it is required to name the version that is replaced.

      Given I create <kind> "${ns}-one":
        """yaml
        <fields>
        """
      And I patch <kind> "${ns}-one":
        """yaml
        <change>
        """
      And metadata.resourceVersion of <kind> "${ns}-one" is noted as "version"
      When I replace <kind> "${ns}-one":
        """yaml
        metadata: {resourceVersion: "${version}", annotations: {example.com/note: replaced}}
        <fields>
        """
      Then <kind> "${ns}-one" matches:
        """yaml
        metadata: {resourceVersion: <not ${version}>, annotations: {example.com/note: replaced}}
        <fields>
        """

      Examples: Kinds of a namespace
        | kind               | fields                                   | change                      |
        | Lease              | spec: {holderIdentity: one}              | spec: {holderIdentity: two} |
        | CSIStorageCapacity | storageClassName: nothing\ncapacity: 1Gi | capacity: 2Gi               |

      @needs:cluster-scope
      Examples: Kinds of the cluster
        | kind                             | fields                                                                                        | change                                    |
        | RuntimeClass                     | handler: nothing                                                                              | scheduling: {nodeSelector: {colour: red}} |
        | CSIDriver                        | spec: {attachRequired: false}                                                                 | spec: {requiresRepublish: true}           |
        | CSINode                          | spec: {drivers: [{name: csi.example.com, nodeID: one}]}                                       | metadata: {annotations: {colour: red}}    |
        | VolumeAttachment                 | spec: {attacher: csi.example.com, nodeName: nothing, source: {persistentVolumeName: nothing}} | metadata: {annotations: {colour: red}}    |
        | ValidatingAdmissionPolicyBinding | spec: {policyName: "${ns}-nothing", validationActions: [Deny]}                                | spec: {validationActions: [Warn]}         |

      @since:v1.36 @needs:cluster-scope
      Examples: Kinds that are new
        | kind                           | fields                                                                                                                                                                                                                                                                       | change                                       |
        | MutatingAdmissionPolicy        | spec: {matchConstraints: {resourceRules: [{apiGroups: [example.com], apiVersions: [v1], operations: [CREATE], resources: [nothings]}]}, reinvocationPolicy: Never, mutations: [{patchType: JSONPatch, jsonPatch: {expression: "[JSONPatch{op: 'remove', path: '/data'}]"}}]} | spec: {failurePolicy: Ignore}                |
        | MutatingAdmissionPolicyBinding | spec: {policyName: "${ns}-nothing"}                                                                                                                                                                                                                                          | spec: {matchResources: {matchPolicy: Exact}} |

  Rule: Many objects can be deleted at once

    @id:api.kinds.collection
    Scenario Outline: Those <kind> objects are deleted that have the label
      The others stay.

      Given I create <kind> "${ns}-one":
        """yaml
        metadata: {labels: {life: "${ns}", colour: red}}
        <fields>
        """
      And I create <kind> "${ns}-two":
        """yaml
        metadata: {labels: {life: "${ns}", colour: blue}}
        <fields>
        """
      And I create <kind> "${ns}-three":
        """yaml
        metadata: {labels: {life: "${ns}", colour: red}}
        <fields>
        """
      And there are exactly 3 <kind> objects with label "life=${ns}"
      When I delete all <kind> objects with label "life=${ns},colour=red"
      Then within 10 seconds, there are exactly 1 <kind> objects with label "life=${ns}"
      And as before, <kind> "${ns}-two" exists

      Examples: Kinds of a namespace
        | kind                  | fields                                                                                                 |
        | ConfigMap             | data: {colour: blue}                                                                                   |
        | Secret                | data: {colour: Ymx1ZQ==}                                                                               |
        | Service               | spec: {ports: [{port: 80}]}                                                                            |
        | Endpoints             | subsets: [{addresses: [{ip: 192.0.2.1}], ports: [{port: 80}]}]                                         |
        | Event                 | involvedObject: {kind: Pod, name: web, namespace: "${ns}"}\nmessage: it is here                        |
        | ServiceAccount        | automountServiceAccountToken: false                                                                    |
        | PersistentVolumeClaim | spec: {storageClassName: "${ns}", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}} |
        | LimitRange            | spec: {limits: [{type: Container, max: {cpu: "2"}}]}                                                   |
        | ResourceQuota         | spec: {hard: {configmaps: "50"}}                                                                       |
        | PodTemplate           | template: {metadata: {labels: {app: web}}, spec: {containers: [{name: main, image: web}]}}             |
        | CronJob               | spec: {schedule: 0 0 31 2 *}                                                                           |
        | Lease                 | spec: {holderIdentity: one}                                                                            |
        | EndpointSlice         | addressType: IPv4\nendpoints: [{addresses: [192.0.2.1]}]                                               |
        | Ingress               | spec: {ingressClassName: nobody, defaultBackend: {service: {name: web, port: {number: 80}}}}           |
        | CSIStorageCapacity    | storageClassName: nothing\ncapacity: 1Gi                                                               |
        | ResourceClaim         | spec: {devices: {requests: [{name: one, exactly: {deviceClassName: nothing}}]}}                        |
        | ResourceClaimTemplate | spec: {spec: {devices: {requests: [{name: one, exactly: {deviceClassName: nothing}}]}}}                |

      @needs:cluster-scope
      Examples: Kinds of the cluster
        | kind                             | fields                                                                                                                                                                       |
        | Node                             | spec: {unschedulable: true, podCIDR: 192.0.2.0/28}                                                                                                                           |
        | PersistentVolume                 | spec: {storageClassName: "${ns}", capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /nothing}}                                                        |
        | IngressClass                     | spec: {controller: example.com/nobody}                                                                                                                                       |
        | RuntimeClass                     | handler: nothing                                                                                                                                                             |
        | PriorityClass                    | value: 100                                                                                                                                                                   |
        | StorageClass                     | provisioner: example.com/nobody                                                                                                                                              |
        | VolumeAttributesClass            | driverName: csi.example.com\nparameters: {speed: high}                                                                                                                       |
        | CSIDriver                        | spec: {attachRequired: false}                                                                                                                                                |
        | CSINode                          | spec: {drivers: [{name: csi.example.com, nodeID: one}]}                                                                                                                      |
        | VolumeAttachment                 | spec: {attacher: csi.example.com, nodeName: nothing, source: {persistentVolumeName: nothing}}                                                                                |
        | DeviceClass                      | spec: {selectors: [{cel: {expression: device.driver == 'one'}}]}                                                                                                             |
        | ResourceSlice                    | spec: {driver: dra.example.com, nodeName: nothing, pool: {name: one, generation: 1, resourceSliceCount: 1}, devices: [{name: one}]}                                          |
        | FlowSchema                       | spec: {matchingPrecedence: 9000, priorityLevelConfiguration: {name: "${ns}-nothing"}}                                                                                        |
        | PriorityLevelConfiguration       | spec: {type: Limited, limited: {nominalConcurrencyShares: 2, limitResponse: {type: Reject}}}                                                                                 |
        | ValidatingAdmissionPolicy        | spec: {matchConstraints: {resourceRules: [{apiGroups: [example.com], apiVersions: [v1], operations: [CREATE], resources: [nothings]}]}, validations: [{expression: "true"}]} |
        | ValidatingAdmissionPolicyBinding | spec: {policyName: "${ns}-nothing", validationActions: [Deny]}                                                                                                               |

      @since:v1.36 @needs:cluster-scope
      Examples: Kinds that are new
        | kind                           | fields                                                                                                                                                                                                                                                                       |
        | MutatingAdmissionPolicy        | spec: {matchConstraints: {resourceRules: [{apiGroups: [example.com], apiVersions: [v1], operations: [CREATE], resources: [nothings]}]}, reinvocationPolicy: Never, mutations: [{patchType: JSONPatch, jsonPatch: {expression: "[JSONPatch{op: 'remove', path: '/data'}]"}}]} |
        | MutatingAdmissionPolicyBinding | spec: {policyName: "${ns}-nothing"}                                                                                                                                                                                                                                          |

  Rule: The status has a door of its own

    @id:api.kinds.status
    Scenario Outline: The status of a <kind> is patched
      The spec is left alone, whatever the request says; of some kinds the labels and annotations as well.

      Given I create <kind> "${ns}-one":
        """yaml
        <fields>
        """
      And metadata.uid of <kind> "${ns}-one" is noted as "uid"
      When I patch the "status" of <kind> "${ns}-one":
        """yaml
        metadata: {annotations: {example.com/note: patched}}
        spec: null
        <status>
        """
      Then GET "<path>/${ns}-one/status" is answered with:
        """yaml
        kind: <kind>
        metadata: {uid: "${uid}", annotations: <notes>}
        <fields>
        <status>
        """

      Examples:
        | kind                       | path                                                              | fields                                                                                        | status                                                                                                                                   | notes                       |
        | Service                    | /api/v1/namespaces/${ns}/services                                 | spec: {ports: [{port: 80}]}                                                                   | status: {conditions: [{type: Tried, status: "False", reason: Tried, message: it is silent, lastTransitionTime: "2026-01-01T00:00:00Z"}]} | {example.com/note: patched} |
        | CronJob                    | /apis/batch/v1/namespaces/${ns}/cronjobs                          | spec: {schedule: 0 0 31 2 *}                                                                  | status: {lastScheduleTime: "2026-01-01T00:00:00Z"}                                                                                       | {example.com/note: patched} |
        | Ingress                    | /apis/networking.k8s.io/v1/namespaces/${ns}/ingresses             | spec: {ingressClassName: nobody, defaultBackend: {service: {name: web, port: {number: 80}}}}  | status: {loadBalancer: {ingress: [{ip: 203.0.113.10}]}}                                                                                  | {example.com/note: patched} |
        | ResourceClaim              | /apis/resource.k8s.io/v1/namespaces/${ns}/resourceclaims          | spec: {devices: {requests: [{name: one, exactly: {deviceClassName: nothing}}]}}               | status: {allocation: {devices: {results: [{request: one, driver: dra.example.com, pool: one, device: one}]}}}                            | <none>                      |

      @needs:cluster-scope
      Examples: Those of the cluster
        | kind                       | path                                                              | fields                                                                                        | status                                                                                                                                   | notes                       |
        | FlowSchema                 | /apis/flowcontrol.apiserver.k8s.io/v1/flowschemas                 | spec: {matchingPrecedence: 9000, priorityLevelConfiguration: {name: "${ns}-nothing"}}         | status: {conditions: [{type: Checked, status: "False", reason: Tried}]}                                                                  | <none>                      |
        | PriorityLevelConfiguration | /apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations | spec: {type: Limited, limited: {nominalConcurrencyShares: 2, limitResponse: {type: Reject}}}  | status: {conditions: [{type: Checked, status: "False", reason: Tried}]}                                                                  | <none>                      |
        | VolumeAttachment           | /apis/storage.k8s.io/v1/volumeattachments                         | spec: {attacher: csi.example.com, nodeName: nothing, source: {persistentVolumeName: nothing}} | status: {attached: true}                                                                                                                 | <none>                      |

    @id:api.kinds.status-replace
    Scenario Outline: The status of a <kind> is replaced
      What else the request says is ignored.

      Given I create <kind> "${ns}-one":
        """yaml
        <fields>
        """
      When I send PUT "<path>/${ns}-one/status":
        """yaml
        metadata: {name: "${ns}-one"}
        <fields>
        <status>
        """
      Then <kind> "${ns}-one" matches:
        """yaml
        <fields>
        <status>
        """

      Examples:
        | kind                       | path                                                              | fields                                                                                       | status                                                                                                                                                                                                                                                                                                 |
        | Service                    | /api/v1/namespaces/${ns}/services                                 | spec: {ports: [{port: 80}]}                                                                  | status: {conditions: [{type: Reached, status: "True", reason: Tried, message: it answers, lastTransitionTime: "2026-01-01T00:00:00Z"}]}                                                                                                                                                                |
        | CronJob                    | /apis/batch/v1/namespaces/${ns}/cronjobs                          | spec: {schedule: 0 0 31 2 *}                                                                 | status: {lastSuccessfulTime: "2026-01-01T00:00:00Z"}                                                                                                                                                                                                                                                   |
        | Ingress                    | /apis/networking.k8s.io/v1/namespaces/${ns}/ingresses             | spec: {ingressClassName: nobody, defaultBackend: {service: {name: web, port: {number: 80}}}} | status: {loadBalancer: {ingress: [{hostname: web.example.com}]}}                                                                                                                                                                                                                                       |
        | ResourceClaim              | /apis/resource.k8s.io/v1/namespaces/${ns}/resourceclaims          | spec: {devices: {requests: [{name: one, exactly: {deviceClassName: nothing}}]}}              | status: {allocation: {devices: {results: [{request: one, driver: dra.example.com, pool: one, device: one}]}}, devices: [{driver: dra.example.com, pool: one, device: one, conditions: [{type: Warm, status: "True", reason: Used, message: it is warm, lastTransitionTime: "2026-01-01T00:00:00Z"}]}]} |

      @needs:cluster-scope
      Examples: Those of the cluster
        | kind                       | path                                                              | fields                                                                                       | status                                                                                                                                                                                                                                                                                                 |
        | FlowSchema                 | /apis/flowcontrol.apiserver.k8s.io/v1/flowschemas                 | spec: {matchingPrecedence: 9000, priorityLevelConfiguration: {name: "${ns}-nothing"}}        | status: {conditions: [{type: Looked, status: "True", reason: Tried}]}                                                                                                                                                                                                                                  |
        | PriorityLevelConfiguration | /apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations | spec: {type: Limited, limited: {nominalConcurrencyShares: 2, limitResponse: {type: Reject}}} | status: {conditions: [{type: Looked, status: "True", reason: Tried}]}                                                                                                                                                                                                                                  |
