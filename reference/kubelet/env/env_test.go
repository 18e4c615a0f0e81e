package env

import (
	"context"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type objects struct {
	configMaps map[string]map[string]string
	secrets    map[string]map[string][]byte
}

func (o objects) ConfigMap(_ context.Context, namespace, name string) (*corev1.ConfigMap, error) {
	if data, ok := o.configMaps[name]; ok {
		return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Data: data}, nil
	}
	return nil, apierrors.NewNotFound(corev1.Resource("configmaps"), name)
}

func (o objects) Secret(_ context.Context, namespace, name string) (*corev1.Secret, error) {
	if data, ok := o.secrets[name]; ok {
		return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Data: data}, nil
	}
	return nil, apierrors.NewNotFound(corev1.Resource("secrets"), name)
}

func source() Source {
	return Source{
		Objects: objects{
			configMaps: map[string]map[string]string{"conf": {"key": "value", "1-odd": "x", "with space=": "y"}},
			secrets:    map[string]map[string][]byte{"sec": {"pw": []byte("hunter2")}},
		},
		Allocatable: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("4"), corev1.ResourceMemory: resource.MustParse("8Gi")},
		File: func(volume, path string) (map[string]string, bool, error) {
			return map[string]string{"IN_FILE": "f"}, volume == "vol" && path == "env", nil
		},
	}
}

func local(name string) corev1.LocalObjectReference { return corev1.LocalObjectReference{Name: name} }

func testPod(container corev1.Container) *corev1.Pod {
	container.Name = "c"
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "pod", UID: "u", Labels: map[string]string{"app": "x"}},
		Spec:       corev1.PodSpec{NodeName: "node", ServiceAccountName: "sa", Containers: []corev1.Container{container}},
		Status:     corev1.PodStatus{PodIP: "10.0.0.1", HostIP: "192.0.2.1"},
	}
}

func TestMake(t *testing.T) {
	field := func(path string) *corev1.EnvVarSource {
		return &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: path}}
	}
	amount := func(name, divisor string) *corev1.EnvVarSource {
		ref := &corev1.ResourceFieldSelector{Resource: name}
		if divisor != "" {
			ref.Divisor = resource.MustParse(divisor)
		}
		return &corev1.EnvVarSource{ResourceFieldRef: ref}
	}
	limits := corev1.ResourceRequirements{
		Limits:   corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1250m")},
		Requests: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("33Mi")},
	}
	for _, tt := range []struct {
		name      string
		container corev1.Container
		want      []string
		err       string
		skipped   []string
	}{
		{
			name: "later values may use earlier ones", want: []string{"A=1", "B=x1", "C=$(D)", "D=2"},
			container: corev1.Container{Env: []corev1.EnvVar{{Name: "A", Value: "1"}, {Name: "B", Value: "x$(A)"}, {Name: "C", Value: "$(D)"}, {Name: "D", Value: "2"}}},
		},
		{
			name: "a name set twice has the last value", want: []string{"A=2"},
			container: corev1.Container{Env: []corev1.EnvVar{{Name: "A", Value: "1"}, {Name: "A", Value: "2"}}},
		},
		{
			name: "envFrom with a prefix, env wins", want: []string{"P_1-odd=x", "P_key=own", "P_pw=hunter2"}, skipped: []string{"with space="},
			container: corev1.Container{
				EnvFrom: []corev1.EnvFromSource{
					{Prefix: "P_", ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: local("conf")}},
					{Prefix: "P_", SecretRef: &corev1.SecretEnvSource{LocalObjectReference: local("sec")}},
				},
				Env: []corev1.EnvVar{{Name: "P_key", Value: "own"}},
			},
		},
		{
			name: "fields", want: []string{"N=pod", "IP=10.0.0.1", "H=192.0.2.1", "L=x"},
			container: corev1.Container{Env: []corev1.EnvVar{
				{Name: "N", ValueFrom: field("metadata.name")},
				{Name: "IP", ValueFrom: field("status.podIP")},
				{Name: "H", ValueFrom: field("status.hostIP")},
				{Name: "L", ValueFrom: field("metadata.labels['app']")},
			}},
		},
		{
			name: "resources are rounded up; a missing limit is the node's", want: []string{"CPU=2", "MILLI=1250", "MEM=34603008", "MI=33", "LIMIT=8589934592"},
			container: corev1.Container{Resources: limits, Env: []corev1.EnvVar{
				{Name: "CPU", ValueFrom: amount("limits.cpu", "")},
				{Name: "MILLI", ValueFrom: amount("limits.cpu", "1m")},
				{Name: "MEM", ValueFrom: amount("requests.memory", "")},
				{Name: "MI", ValueFrom: amount("requests.memory", "1Mi")},
				{Name: "LIMIT", ValueFrom: amount("limits.memory", "")},
			}},
		},
		{
			name: "missing config map", err: `configmaps "none" not found`,
			container: corev1.Container{EnvFrom: []corev1.EnvFromSource{{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: local("none")}}}},
		},
		{
			name:      "missing optional config map",
			container: corev1.Container{EnvFrom: []corev1.EnvFromSource{{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: local("none"), Optional: new(true)}}}},
		},
		{
			name: "missing key", err: "couldn't find key nope in Secret ns/sec",
			container: corev1.Container{Env: []corev1.EnvVar{{Name: "A", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: local("sec"), Key: "nope"}}}}},
		},
		{
			name:      "missing optional key",
			container: corev1.Container{Env: []corev1.EnvVar{{Name: "A", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: local("sec"), Key: "nope", Optional: new(true)}}}}},
		},
		{
			name: "from a file", want: []string{"A=f"},
			container: corev1.Container{Env: []corev1.EnvVar{{Name: "A", ValueFrom: &corev1.EnvVarSource{FileKeyRef: &corev1.FileKeySelector{VolumeName: "vol", Path: "env", Key: "IN_FILE"}}}}},
		},
		{
			name: "from a file that is missing", err: "no such file",
			container: corev1.Container{Env: []corev1.EnvVar{{Name: "A", ValueFrom: &corev1.EnvVarSource{FileKeyRef: &corev1.FileKeySelector{VolumeName: "vol", Path: "none", Key: "IN_FILE"}}}}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			pod := testPod(tt.container)
			vars, skipped, err := source().Make(t.Context(), pod, &pod.Spec.Containers[0])
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("error = %v; want %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range vars {
				got = append(got, v.Name+"="+v.Value)
			}
			if !slices.Equal(got, tt.want) || !slices.Equal(skipped, tt.skipped) {
				t.Errorf("got %q, skipped %q; want %q, %q", got, skipped, tt.want, tt.skipped)
			}
		})
	}
}

func TestServices(t *testing.T) {
	service := func(name, ip string, ports ...corev1.ServicePort) *corev1.Service {
		return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.ServiceSpec{ClusterIP: ip, Ports: ports}}
	}
	vars := Services([]*corev1.Service{
		service("redis-primary", "10.0.0.11", corev1.ServicePort{Name: "main-port", Port: 6379, Protocol: corev1.ProtocolTCP}, corev1.ServicePort{Port: 53, Protocol: corev1.ProtocolUDP}),
		service("headless", corev1.ClusterIPNone, corev1.ServicePort{Port: 1}),
		service("external", ""),
	})
	var got []string
	for _, v := range vars {
		got = append(got, v.Name+"="+v.Value)
	}
	want := []string{
		"REDIS_PRIMARY_SERVICE_HOST=10.0.0.11", "REDIS_PRIMARY_SERVICE_PORT=6379", "REDIS_PRIMARY_SERVICE_PORT_MAIN_PORT=6379",
		"REDIS_PRIMARY_PORT=tcp://10.0.0.11:6379",
		"REDIS_PRIMARY_PORT_6379_TCP=tcp://10.0.0.11:6379", "REDIS_PRIMARY_PORT_6379_TCP_PROTO=tcp", "REDIS_PRIMARY_PORT_6379_TCP_PORT=6379", "REDIS_PRIMARY_PORT_6379_TCP_ADDR=10.0.0.11",
		"REDIS_PRIMARY_PORT_53_UDP=udp://10.0.0.11:53", "REDIS_PRIMARY_PORT_53_UDP_PROTO=udp", "REDIS_PRIMARY_PORT_53_UDP_PORT=53", "REDIS_PRIMARY_PORT_53_UDP_ADDR=10.0.0.11",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
