package admission

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

func accounts() []runtime.Object {
	quiet := &corev1.ServiceAccount{ObjectMeta: meta("blue", "quiet"), AutomountServiceAccountToken: new(false)}
	puller := &corev1.ServiceAccount{ObjectMeta: meta("blue", "puller"), ImagePullSecrets: []corev1.LocalObjectReference{{Name: "pull"}}}
	strict := &corev1.ServiceAccount{ObjectMeta: meta("blue", "strict"), Secrets: []corev1.ObjectReference{{Name: "mine"}}}
	strict.Annotations = map[string]string{"kubernetes.io/enforce-mountable-secrets": "true"}
	return []runtime.Object{&corev1.ServiceAccount{ObjectMeta: meta("blue", "default")}, quiet, puller, strict}
}

func TestPodGetsDefaultServiceAccountAndToken(t *testing.T) {
	b := start(t, newServiceAccount, nil, accounts()...)
	p := pod(corev1.PodSpec{InitContainers: []corev1.Container{{Name: "init"}}})
	expect(t, b.run(t, request{path: "pods", obj: p}), "")
	if p.Spec.ServiceAccountName != "default" {
		t.Errorf("service account %q", p.Spec.ServiceAccountName)
	}
	if len(p.Spec.Volumes) != 1 || !strings.HasPrefix(p.Spec.Volumes[0].Name, "kube-api-access-") || len(p.Spec.Volumes[0].Name) != 21 {
		t.Fatalf("volumes %v", p.Spec.Volumes)
	}
	mount := []corev1.VolumeMount{{Name: p.Spec.Volumes[0].Name, ReadOnly: true, MountPath: "/var/run/secrets/kubernetes.io/serviceaccount"}}
	for _, c := range slices.Concat(p.Spec.InitContainers, p.Spec.Containers) {
		if diff := cmp.Diff(mount, c.VolumeMounts); diff != "" {
			t.Errorf("container %q: %s", c.Name, diff)
		}
	}
	want := &corev1.ProjectedVolumeSource{DefaultMode: new(int32(420)), Sources: []corev1.VolumeProjection{
		{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: "token", ExpirationSeconds: new(int64(3607))}},
		{ConfigMap: &corev1.ConfigMapProjection{LocalObjectReference: corev1.LocalObjectReference{Name: "kube-root-ca.crt"}, Items: []corev1.KeyToPath{{Key: "ca.crt", Path: "ca.crt"}}}},
		{DownwardAPI: &corev1.DownwardAPIProjection{Items: []corev1.DownwardAPIVolumeFile{{Path: "namespace", FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: "metadata.namespace"}}}}},
	}}
	if diff := cmp.Diff(want, p.Spec.Volumes[0].Projected); diff != "" {
		t.Error(diff)
	}
	before := p.DeepCopy()
	expect(t, b.run(t, request{path: "pods", obj: p}), "")
	if diff := cmp.Diff(before, p); diff != "" {
		t.Errorf("a second run changes the pod: %s", diff)
	}
}

func TestTokenIsMountedOnlyWhereWanted(t *testing.T) {
	own := corev1.VolumeMount{Name: "v", MountPath: "/var/run/secrets/kubernetes.io/serviceaccount"}
	tests := map[string]struct {
		spec    corev1.PodSpec
		volumes int
	}{
		"account says no":               {corev1.PodSpec{ServiceAccountName: "quiet"}, 0},
		"pod says yes":                  {corev1.PodSpec{ServiceAccountName: "quiet", AutomountServiceAccountToken: new(true)}, 1},
		"pod says no":                   {corev1.PodSpec{AutomountServiceAccountToken: new(false)}, 0},
		"container mounts something":    {corev1.PodSpec{Containers: []corev1.Container{{Name: "c", VolumeMounts: []corev1.VolumeMount{own}}}}, 0},
		"one of two containers mounts":  {corev1.PodSpec{Containers: []corev1.Container{{Name: "c", VolumeMounts: []corev1.VolumeMount{own}}, {Name: "d"}}}, 1},
		"copied manifest with a volume": {corev1.PodSpec{Volumes: []corev1.Volume{{Name: "kube-api-access-abcde"}}}, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := pod(tt.spec)
			expect(t, start(t, newServiceAccount, nil, accounts()...).run(t, request{path: "pods", obj: p}), "")
			if len(p.Spec.Volumes) != tt.volumes {
				t.Errorf("volumes %v, want %d", p.Spec.Volumes, tt.volumes)
			}
		})
	}
}

func TestServiceAccountRules(t *testing.T) {
	mirror := pod(corev1.PodSpec{})
	mirror.Annotations = map[string]string{"kubernetes.io/config.mirror": "x"}
	mirrorWithAccount := mirror.DeepCopy()
	mirrorWithAccount.Spec.ServiceAccountName = "default"
	mirrorWithSecret := mirror.DeepCopy()
	mirrorWithSecret.Spec.Volumes = []corev1.Volume{{Name: "s", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "x"}}}}
	secret := func(account, name string) *corev1.Pod {
		return pod(corev1.PodSpec{ServiceAccountName: account, Volumes: []corev1.Volume{{Name: "s", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: name}}}}})
	}
	tests := map[string]struct {
		pod  *corev1.Pod
		want string
	}{
		"unknown account":            {pod(corev1.PodSpec{ServiceAccountName: "nobody"}), `pods "p" is forbidden: error looking up service account blue/nobody: serviceaccount "nobody" not found`},
		"mirror pod":                 {mirror, ""},
		"mirror pod with an account": {mirrorWithAccount, "a mirror pod may not reference service accounts"},
		"mirror pod with a secret":   {mirrorWithSecret, "a mirror pod may not reference secrets"},
		"any secret":                 {secret("default", "x"), ""},
		"own secret":                 {secret("strict", "mine"), ""},
		"foreign secret":             {secret("strict", "other"), "does not reference that secret"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			expect(t, start(t, newServiceAccount, nil, accounts()...).run(t, request{path: "pods", obj: tt.pod}), tt.want)
		})
	}
}

func TestPullSecretsComeFromTheAccount(t *testing.T) {
	p := pod(corev1.PodSpec{ServiceAccountName: "puller"})
	b := start(t, newServiceAccount, nil, accounts()...)
	expect(t, b.run(t, request{path: "pods", obj: p}), "")
	if len(p.Spec.ImagePullSecrets) != 1 || p.Spec.ImagePullSecrets[0].Name != "pull" {
		t.Errorf("pull secrets %v", p.Spec.ImagePullSecrets)
	}
	own := pod(corev1.PodSpec{ServiceAccountName: "puller", ImagePullSecrets: []corev1.LocalObjectReference{{Name: "own"}}})
	expect(t, b.run(t, request{path: "pods", obj: own}), "")
	if len(own.Spec.ImagePullSecrets) != 1 || own.Spec.ImagePullSecrets[0].Name != "own" {
		t.Errorf("pull secrets %v", own.Spec.ImagePullSecrets)
	}
}

func TestDefaultAccountMayComeLate(t *testing.T) {
	b := start(t, newServiceAccount, nil)
	late := make(chan error, 1)
	go func() { // a controller makes it after the pod was sent
		_, err := b.client.CoreV1().ServiceAccounts("blue").Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: meta("blue", "default")}, metav1.CreateOptions{})
		late <- err
	}()
	expect(t, b.run(t, request{path: "pods", obj: pod(corev1.PodSpec{})}), "")
	if err := <-late; err != nil {
		t.Error(err)
	}
}
