package admission

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func limitRange(name string, items ...corev1.LimitRangeItem) *corev1.LimitRange {
	return &corev1.LimitRange{ObjectMeta: meta("blue", name), Spec: corev1.LimitRangeSpec{Limits: items}}
}

func needs(requests, limits corev1.ResourceList) corev1.ResourceRequirements {
	return corev1.ResourceRequirements{Requests: requests, Limits: limits}
}

func TestLimitRangeFillsContainers(t *testing.T) {
	b := start(t, newLimitRanger, nil, limitRange("r", corev1.LimitRangeItem{
		Type: corev1.LimitTypeContainer, Default: list("cpu", "500m", "memory", "1Gi"), DefaultRequest: list("cpu", "100m", "memory", "200Mi"),
	}))
	p := pod(corev1.PodSpec{
		Containers:     []corev1.Container{{Name: "none"}, {Name: "own", Resources: needs(list("cpu", "1"), list("cpu", "2", "memory", "3Gi"))}},
		InitContainers: []corev1.Container{{Name: "init"}},
	})
	expect(t, b.run(t, request{path: "pods", obj: p}), "")
	filled := needs(list("cpu", "100m", "memory", "200Mi"), list("cpu", "500m", "memory", "1Gi"))
	for what, pair := range map[string][2]corev1.ResourceRequirements{
		"none": {filled, p.Spec.Containers[0].Resources},
		"own":  {needs(list("cpu", "1", "memory", "200Mi"), list("cpu", "2", "memory", "3Gi")), p.Spec.Containers[1].Resources},
		"init": {filled, p.Spec.InitContainers[0].Resources},
	} {
		if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	want := "LimitRanger plugin set: cpu, memory request for container none; cpu, memory limit for container none; " +
		"memory request for container own; cpu, memory request for init container init; cpu, memory limit for init container init"
	if got := p.Annotations["kubernetes.io/limit-ranger"]; got != want {
		t.Errorf("annotation\n got %q\nwant %q", got, want)
	}
}

func TestLimitRangeLimits(t *testing.T) {
	container := func(r corev1.ResourceRequirements) corev1.PodSpec {
		return corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Resources: r}}}
	}
	of := func(typ corev1.LimitType, least, most, ratio corev1.ResourceList) corev1.LimitRangeItem {
		return corev1.LimitRangeItem{Type: typ, Min: least, Max: most, MaxLimitRequestRatio: ratio}
	}
	two := func(requests, limits corev1.ResourceList) corev1.PodSpec {
		return corev1.PodSpec{Containers: []corev1.Container{{Name: "a", Resources: needs(requests, limits)}, {Name: "b", Resources: needs(requests, limits)}}}
	}
	tests := map[string]struct {
		item corev1.LimitRangeItem
		spec corev1.PodSpec
		want string
	}{
		"within":                {of("Container", list("cpu", "1"), list("cpu", "3"), nil), container(needs(list("cpu", "1"), list("cpu", "3"))), ""},
		"request below minimum": {of("Container", list("cpu", "1"), nil, nil), container(needs(list("cpu", "500m"), nil)), "minimum cpu usage per Container is 1, but request is 500m"},
		"no request":            {of("Container", list("cpu", "1"), nil, nil), container(needs(nil, nil)), "minimum cpu usage per Container is 1.  No request is specified"},
		"limit above maximum":   {of("Container", nil, list("memory", "1Gi"), nil), container(needs(nil, list("memory", "2Gi"))), "maximum memory usage per Container is 1Gi, but limit is 2Gi"},
		"no limit":              {of("Container", nil, list("memory", "1Gi"), nil), container(needs(nil, nil)), "maximum memory usage per Container is 1Gi.  No limit is specified"},
		"request above maximum": {of("Container", nil, list("cpu", "1"), nil), container(needs(list("cpu", "2"), list("cpu", "1"))), "maximum cpu usage per Container is 1, but request is 2"},
		"ratio":                 {of("Container", nil, nil, list("cpu", "2")), container(needs(list("cpu", "1"), list("cpu", "3"))), "cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000"},
		"ratio kept":            {of("Container", nil, nil, list("cpu", "2")), container(needs(list("cpu", "1"), list("cpu", "2"))), ""},
		"pod sum above maximum": {of("Pod", nil, list("cpu", "3"), nil), two(list("cpu", "1"), list("cpu", "2")), "maximum cpu usage per Pod is 3, but limit is 4"},
		"pod sum within":        {of("Pod", list("cpu", "2"), list("cpu", "4"), nil), two(list("cpu", "1"), list("cpu", "2")), ""},
		"pod without a limit":   {of("Pod", nil, list("cpu", "4"), nil), two(list("cpu", "1"), nil), "maximum cpu usage per Pod is 4.  No limit is specified"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			expect(t, start(t, newLimitRanger, nil, limitRange("r", tt.item)).run(t, request{path: "pods", obj: pod(tt.spec)}), tt.want)
		})
	}
}

func TestLimitRangeLimitsClaims(t *testing.T) {
	b := start(t, newLimitRanger, nil, limitRange("r", corev1.LimitRangeItem{Type: corev1.LimitTypePersistentVolumeClaim, Min: list("storage", "1Gi"), Max: list("storage", "2Gi")}))
	claim := func(size string) *corev1.PersistentVolumeClaim {
		return &corev1.PersistentVolumeClaim{ObjectMeta: meta("blue", "c"), Spec: corev1.PersistentVolumeClaimSpec{Resources: corev1.VolumeResourceRequirements{Requests: list("storage", size)}}}
	}
	expect(t, b.run(t, request{path: "persistentvolumeclaims", obj: claim("2Gi")}), "")
	expect(t, b.run(t, request{path: "persistentvolumeclaims", obj: claim("500Mi")}), "minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 500Mi")
	expect(t, b.run(t, request{path: "persistentvolumeclaims", obj: claim("3Gi")}), "maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi")
}

func TestLimitRangeOfAnotherNamespaceCountsNot(t *testing.T) {
	r := limitRange("r", corev1.LimitRangeItem{Type: corev1.LimitTypeContainer, Min: list("cpu", "1")})
	r.Namespace = "red"
	expect(t, start(t, newLimitRanger, nil, r).run(t, request{path: "pods", obj: pod(corev1.PodSpec{})}), "")
}
