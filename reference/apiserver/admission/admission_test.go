package admission

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/warning"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/rest"
	ktesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/cache"
	"k8s.io/component-base/compatibility"
)

// bench runs one plugin against objects of a fake cluster.
type bench struct {
	plugin   admission.Interface
	client   *fake.Clientset
	warnings []string
}

// AddWarning implements warning.Recorder.
func (b *bench) AddWarning(_, text string) { b.warnings = append(b.warnings, text) }

// start makes a plugin whose informers have seen objs.
func start(t *testing.T, build func(env) (admission.Interface, error), z authorizer.Authorizer, objs ...runtime.Object) *bench {
	t.Helper()
	b := &bench{client: fake.NewClientset(objs...)}
	factory := informers.NewSharedInformerFactory(b.client, 0)
	var err error
	ctx, stop := context.WithCancel(context.Background())
	var own sync.WaitGroup
	run := func(i cache.SharedIndexInformer) { own.Go(func() { i.RunWithContext(ctx) }) }
	b.plugin, err = build(env{client: b.client, informers: factory, authorizer: z, own: run})
	if err != nil {
		t.Fatal(err)
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	t.Cleanup(func() { stop(); factory.Shutdown(); own.Wait() })
	return b
}

// request is an operation on an object: a create, or an update if old is set.
type request struct {
	path string // "pods", "certificates.k8s.io/certificatesigningrequests/approval"
	obj  runtime.Object
	old  runtime.Object
	user string

	groups []string
	dryRun bool
}

// configured gives a plugin its configuration.
func configured(build func(env) (admission.Interface, error), config string) func(env) (admission.Interface, error) {
	return func(e env) (admission.Interface, error) {
		if config != "" {
			e.config = strings.NewReader(config)
		}
		return build(e)
	}
}

// run admits and validates as the API server does.
func (b *bench) run(t *testing.T, r request) error {
	t.Helper()
	op := admission.Create
	var old runtime.Object
	if r.old != nil {
		op, old = admission.Update, r.old
	}
	group, path := "", r.path
	if g, rest, ok := strings.Cut(path, "/"); ok && strings.Contains(g, ".") {
		group, path = g, rest
	}
	path, sub, _ := strings.Cut(path, "/")
	m := r.obj.(metav1.Object)
	a := admission.NewAttributesRecord(r.obj, old, schema.GroupVersionKind{Group: group, Version: "v1"}, m.GetNamespace(), m.GetName(),
		schema.GroupVersionResource{Group: group, Version: "v1", Resource: path}, sub, op, nil, r.dryRun, &user.DefaultInfo{Name: r.user, Groups: r.groups})
	if !b.plugin.Handles(op) {
		return nil
	}
	ctx := warning.WithWarningRecorder(t.Context(), b)
	if p, ok := b.plugin.(admission.MutationInterface); ok {
		if err := p.Admit(ctx, a, nil); err != nil {
			return err
		}
	}
	if p, ok := b.plugin.(admission.ValidationInterface); ok {
		return p.Validate(ctx, a, nil)
	}
	return nil
}

// expect checks an error by a part of its text; "" means none.
func expect(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("got error %v, want %q", err, want)
	}
}

func meta(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}

func pod(spec corev1.PodSpec) *corev1.Pod {
	if spec.Containers == nil {
		spec.Containers = []corev1.Container{{Name: "c", Image: "i"}}
	}
	return &corev1.Pod{ObjectMeta: meta("blue", "p"), Spec: spec}
}

func TestPluginsAreOnAsDocumented(t *testing.T) {
	got, err := choose(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"NamespaceLifecycle", "LimitRanger", "ServiceAccount", "TaintNodesByCondition", "PodSecurity", "Priority",
		"DefaultTolerationSeconds", "DefaultStorageClass", "StorageObjectInUseProtection", "PersistentVolumeClaimResize", "RuntimeClass",
		"CertificateApproval", "CertificateSigning", "CertificateSubjectRestriction", "DefaultIngressClass", "PodTopologyLabels",
		"PodResizeValidator", "MutatingAdmissionPolicy", "MutatingAdmissionWebhook", "ValidatingAdmissionPolicy",
		"ValidatingAdmissionWebhook", "ResourceQuota",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestFlagsChoosePlugins(t *testing.T) {
	tests := map[string]struct {
		enable, disable []string
		has, hasNot     string
		err             string
	}{
		"enable":            {enable: []string{"AlwaysPullImages"}, has: "AlwaysPullImages"},
		"disable":           {disable: []string{"LimitRanger"}, hasNot: "LimitRanger"},
		"on by default":     {enable: []string{"NamespaceLifecycle", "ResourceQuota"}, has: "ResourceQuota"},
		"unknown":           {enable: []string{"Magic"}, err: `read --enable-admission-plugins: unknown plugin "Magic": want some of AlwaysAdmit, AlwaysDeny`},
		"unknown to remove": {disable: []string{"Magic"}, err: `read --disable-admission-plugins: unknown plugin "Magic"`},
		"removed":           {enable: []string{"PodSecurityPolicy"}, err: `"PodSecurityPolicy" was removed in Kubernetes v1.25: use PodSecurity`},
		"not implemented":   {enable: []string{"ImagePolicyWebhook"}, err: `plugin "ImagePolicyWebhook" is not implemented`},
		"both":              {enable: []string{"Priority"}, disable: []string{"Priority"}, err: `"Priority" is in --enable-admission-plugins too`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := choose(tt.enable, tt.disable)
			expect(t, err, tt.err)
			if tt.has != "" && !slices.Contains(got, tt.has) || tt.hasNot != "" && slices.Contains(got, tt.hasNot) {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestNewMakesTheChain(t *testing.T) {
	config := &rest.Config{Host: "http://127.0.0.1:1"} // New sends nothing
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	dyn, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{
		"AlwaysAdmit", "NamespaceAutoProvision", "NamespaceExists", "LimitPodHardAntiAffinityTopology", "NodeRestriction", "AlwaysPullImages",
		"PodNodeSelector", "PodTolerationRestriction", "ExtendedResourceToleration", "OwnerReferencesPermissionEnforcement",
		"DenyServiceExternalIPs", "AlwaysDeny",
	}
	drained := make(chan struct{})
	defer close(drained)
	a, err := New(Options{
		Enable: all, Client: client, Dynamic: dyn, Loopback: config, Informers: informers.NewSharedInformerFactory(client, 0),
		Authorizer: nobody{}, Services: nil, EffectiveVersion: compatibility.NewEffectiveVersionFromString("1.36", "", ""), Drained: drained,
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Plugins) != 34 || a.Plugins[33] != "AlwaysDeny" || a.Chain == nil {
		t.Errorf("got %v", a.Plugins)
	}
}

// fails is a reaction of the fake client.
func fails(err error) ktesting.ReactionFunc {
	return func(ktesting.Action) (bool, runtime.Object, error) { return true, nil, err }
}

// nobody may do anything.
type nobody struct{}

func (nobody) Authorize(context.Context, authorizer.Attributes) (authorizer.Decision, string, error) {
	return authorizer.DecisionNoOpinion, "", nil
}
