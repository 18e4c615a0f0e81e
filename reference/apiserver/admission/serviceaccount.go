package admission

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/storage/names"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"

	"github.com/seatrial/seatrial/reference/apiserver/auth/node"
)

const (
	defaultServiceAccount = "default"
	tokenMountPath        = "/var/run/secrets/kubernetes.io/serviceaccount"
	tokenVolumePrefix     = "kube-api-access-"
	tokenExpiration       = 3607 // seconds; a value that the API server knows as "of a pod"
	rootCAConfigMap       = "kube-root-ca.crt"

	// A namespace gets its default service account from a controller: a pod
	// that is created together with its namespace waits for it this long.
	defaultAccountWait = time.Second
	defaultAccountPoll = 20 * time.Millisecond
)

// serviceAccount gives every pod a service account, and mounts its token.
type serviceAccount struct {
	handler
	accounts corelisters.ServiceAccountLister
	client   kubernetes.Interface
}

func newServiceAccount(e env) (admission.Interface, error) {
	accounts := e.informers.Core().V1().ServiceAccounts()
	h := newHandler([]admission.Operation{admission.Create, admission.Update}, accounts.Informer())
	return &serviceAccount{handler: h, accounts: accounts.Lister(), client: e.client}, nil
}

// Admit sets the service account, the pull secrets and the token volume of a new pod.
func (p *serviceAccount) Admit(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if !is(a, "", "pods") || a.GetOperation() != admission.Create {
		return nil
	}
	pod, err := object[*corev1.Pod](a)
	if err != nil {
		return err
	}
	if isMirror(pod) { // before other plugins, as upstream
		return p.Validate(ctx, a, nil)
	}
	if pod.Spec.ServiceAccountName == "" {
		pod.Spec.ServiceAccountName = defaultServiceAccount
	}
	if !p.WaitForReady() {
		return notReady(a)
	}
	sa, err := p.account(ctx, a.GetNamespace(), pod.Spec.ServiceAccountName)
	if err != nil {
		return forbid(a, "error looking up service account %s/%s: %w", a.GetNamespace(), pod.Spec.ServiceAccountName, err)
	}
	if mountsToken(sa, pod) {
		mountToken(pod)
	}
	if len(pod.Spec.ImagePullSecrets) == 0 {
		pod.Spec.ImagePullSecrets = append([]corev1.LocalObjectReference(nil), sa.ImagePullSecrets...)
	}
	return p.Validate(ctx, a, nil)
}

// Validate checks a new pod, and the service account of ephemeral containers' secrets.
func (p *serviceAccount) Validate(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	creates := is(a, "", "pods") && a.GetOperation() == admission.Create
	if !creates && !is(a, "", "pods/ephemeralcontainers") {
		return nil
	}
	pod, err := object[*corev1.Pod](a)
	if err != nil {
		return err
	}
	if isMirror(pod) {
		return validateMirror(a, pod)
	}
	if creates && pod.Spec.ServiceAccountName == "" {
		return forbid(a, "no service account specified for pod %s/%s", a.GetNamespace(), pod.Name)
	}
	if !p.WaitForReady() {
		return notReady(a)
	}
	sa, err := p.account(ctx, a.GetNamespace(), pod.Spec.ServiceAccountName)
	if err != nil {
		return forbid(a, "error looking up service account %s/%s: %w", a.GetNamespace(), pod.Spec.ServiceAccountName, err)
	}
	if enforced, err := strconv.ParseBool(sa.Annotations["kubernetes.io/enforce-mountable-secrets"]); err == nil && enforced {
		return validateMountable(a, sa, pod)
	}
	return nil
}

// account returns a service account. The informer may be behind, so the
// answer "not found" comes from the API.
func (p *serviceAccount) account(ctx context.Context, namespace, name string) (*corev1.ServiceAccount, error) {
	sa, err := p.accounts.ServiceAccounts(namespace).Get(name)
	if !apierrors.IsNotFound(err) {
		return sa, err
	}
	timeout := time.Duration(0)
	if name == defaultServiceAccount {
		timeout = defaultAccountWait
	}
	live := func(ctx context.Context) (bool, error) {
		sa, err = p.client.CoreV1().ServiceAccounts(namespace).Get(ctx, name, metav1.GetOptions{})
		return !apierrors.IsNotFound(err) || timeout == 0, nil
	}
	if perr := wait.PollUntilContextTimeout(ctx, defaultAccountPoll, timeout+defaultAccountPoll, true, live); perr != nil && err == nil {
		err = perr
	}
	if apierrors.IsNotFound(err) {
		err = apierrors.NewNotFound(groupResource("", "serviceaccount"), name)
	}
	return sa, err
}

func isMirror(pod *corev1.Pod) bool {
	_, ok := pod.Annotations[corev1.MirrorPodAnnotationKey]
	return ok
}

// validateMirror: what a kubelet reports from its own disk must not reach into the API.
func validateMirror(a admission.Attributes, pod *corev1.Pod) error {
	if pod.Spec.ServiceAccountName != "" {
		return forbid(a, "a mirror pod may not reference service accounts")
	}
	var secrets bool
	node.Visit(pod, func(kind, _ string) { secrets = secrets || kind == "secret" })
	if secrets {
		return forbid(a, "a mirror pod may not reference secrets")
	}
	for _, v := range pod.Spec.Volumes {
		if v.Projected != nil && slices.ContainsFunc(v.Projected.Sources, func(s corev1.VolumeProjection) bool { return s.ServiceAccountToken != nil }) {
			return forbid(a, "a mirror pod may not use ServiceAccountToken volume projections")
		}
	}
	return nil
}

// mountsToken: the pod decides, then the service account; the default is yes.
func mountsToken(sa *corev1.ServiceAccount, pod *corev1.Pod) bool {
	if pod.Spec.AutomountServiceAccountToken != nil {
		return *pod.Spec.AutomountServiceAccountToken
	}
	return sa.AutomountServiceAccountToken == nil || *sa.AutomountServiceAccountToken
}

// mountToken mounts the token volume in the containers that mount nothing there.
func mountToken(pod *corev1.Pod) {
	name := ""
	for _, v := range pod.Spec.Volumes { // one that a copied manifest brought along
		if strings.HasPrefix(v.Name, tokenVolumePrefix) {
			name = v.Name
		}
	}
	isNew := name == ""
	if isNew {
		name = names.SimpleNameGenerator.GenerateName(tokenVolumePrefix)
	}
	mounted := false
	for _, list := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range list {
			mounted = mountIn(&list[i], name) || mounted
		}
	}
	if mounted && isNew {
		pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{Projected: tokenProjection()}})
	}
}

func mountIn(c *corev1.Container, volume string) bool {
	for _, m := range c.VolumeMounts {
		if m.MountPath == tokenMountPath {
			return false
		}
	}
	c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{Name: volume, ReadOnly: true, MountPath: tokenMountPath})
	return true
}

func tokenProjection() *corev1.ProjectedVolumeSource {
	return &corev1.ProjectedVolumeSource{
		DefaultMode: new(int32(0o644)),
		Sources: []corev1.VolumeProjection{
			{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: "token", ExpirationSeconds: new(int64(tokenExpiration))}},
			{ConfigMap: &corev1.ConfigMapProjection{
				LocalObjectReference: corev1.LocalObjectReference{Name: rootCAConfigMap},
				Items:                []corev1.KeyToPath{{Key: "ca.crt", Path: "ca.crt"}},
			}},
			{DownwardAPI: &corev1.DownwardAPIProjection{Items: []corev1.DownwardAPIVolumeFile{
				{Path: "namespace", FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: "metadata.namespace"}},
			}}},
		},
	}
}
