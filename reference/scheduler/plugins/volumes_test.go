package plugins

import "testing"

const volumeWorld = `
nodes: [{metadata: {name: a}}, {metadata: {name: b}}]
classes:
- {metadata: {name: now}, provisioner: example.com/p, volumeBindingMode: Immediate}
- {metadata: {name: local}, provisioner: kubernetes.io/no-provisioner, volumeBindingMode: WaitForFirstConsumer}
- {metadata: {name: late}, provisioner: example.com/p, volumeBindingMode: WaitForFirstConsumer,
   allowedTopologies: [{matchLabelExpressions: [{key: kubernetes.io/hostname, values: [a]}]}]}
volumes:
- {metadata: {name: on-a}, status: {phase: Available}, spec: {storageClassName: local, capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce],
   nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [a]}]}]}}}}
- {metadata: {name: taken}, status: {phase: Bound}, spec: {storageClassName: local, capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce],
   claimRef: {namespace: default, name: bound},
   nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [b]}]}]}}}}
claims:
- {metadata: {name: bound}, status: {phase: Bound}, spec: {volumeName: taken, storageClassName: local}}
- {metadata: {name: lost}, status: {phase: Bound}, spec: {volumeName: gone, storageClassName: local}}
- {metadata: {name: pending}, spec: {storageClassName: now}}
- {metadata: {name: local}, spec: {storageClassName: local, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}
- {metadata: {name: large}, spec: {storageClassName: local, accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}}}
- {metadata: {name: late}, spec: {storageClassName: late, accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}}}
- {metadata: {name: exclusive}, status: {phase: Bound}, spec: {volumeName: on-a, accessModes: [ReadWriteOncePod]}}
`

func TestVolumeFilters(t *testing.T) {
	everywhere := func(reason string) map[string]string { return map[string]string{"a": reason, "b": reason} }
	const none = "VolumeBinding: node(s) didn't find available persistent volumes to bind (permanent)"
	for claim, want := range map[string]map[string]string{
		"bound":   {"a": "VolumeBinding: node(s) didn't match PersistentVolume's node affinity (permanent)", "b": ""},
		"lost":    everywhere("VolumeBinding: node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s) (permanent)"),
		"absent":  everywhere(`VolumeBinding: persistentvolumeclaim "absent" not found (permanent)`),
		"pending": everywhere("VolumeBinding: pod has unbound immediate PersistentVolumeClaims (permanent)"),
		"local":   {"a": "", "b": none},
		"large":   everywhere(none),
		"late":    {"a": "", "b": none},
	} {
		t.Run(claim, func(t *testing.T) {
			check(t, parse(t, volumeWorld+`
pod: {metadata: {name: p}, spec: {volumes: [{name: v, persistentVolumeClaim: {claimName: `+claim+`}}]}}`), want)
		})
	}
}

func TestTwoClaimsDoNotGetTheSameVolume(t *testing.T) {
	check(t, parse(t, volumeWorld+`
- {metadata: {name: second}, spec: {storageClassName: local, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}
pod: {metadata: {name: p}, spec: {volumes: [
  {name: v, persistentVolumeClaim: {claimName: local}}, {name: w, persistentVolumeClaim: {claimName: second}}]}}`), map[string]string{
		"a": "VolumeBinding: node(s) didn't find available persistent volumes to bind (permanent)",
		"b": "VolumeBinding: node(s) didn't find available persistent volumes to bind (permanent)",
	})
}

func TestClaimForOnePodIsUsedByOne(t *testing.T) {
	const reason = "VolumeRestrictions: node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"
	check(t, parse(t, volumeWorld+`
pods: [{metadata: {name: user}, spec: {nodeName: a, volumes: [{name: v, persistentVolumeClaim: {claimName: exclusive}}]}}]
pod: {metadata: {name: p}, spec: {volumes: [{name: v, persistentVolumeClaim: {claimName: exclusive}}]}}`), map[string]string{
		"a": reason, "b": reason + " (permanent)",
	})
}
