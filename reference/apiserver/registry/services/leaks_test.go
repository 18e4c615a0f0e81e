package services_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
	"github.com/seatrial/seatrial/reference/etcd"
)

// claimsPrefix is where claimed node ports are stored.
const claimsPrefix = "/registry/claims/nodeports/"

// bench is a dual-stack cluster whose claims can be counted.
type bench struct {
	t      *testing.T
	etcd   *clientv3.Client
	client kubernetes.Interface
}

func newBench(t *testing.T) *bench {
	t.Helper()
	member, err := etcd.Start(t.Context(), etcd.Options{Dir: t.TempDir(), TickMs: 10})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(member.Stop)
	s := apiservertest.Run(t, apiserver.Options{
		Etcd: member.Client(), EtcdReady: member.Ready,
		ServiceCIDR: netip.MustParsePrefix("10.96.0.0/16"), SecondServiceCIDR: netip.MustParsePrefix("fd00:10:96::/112"),
	})
	return &bench{t: t, etcd: member.Client(), client: clientOf(s)}
}

func clientOf(s *apiserver.Server) kubernetes.Interface {
	config := rest.CopyConfig(s.ClientConfig("admin", "system:masters"))
	config.QPS = -1
	return kubernetes.NewForConfigOrDie(config)
}

// claimed are the addresses and node ports that are claimed.
func (b *bench) claimed() []string {
	b.t.Helper()
	ips, err := b.client.NetworkingV1().IPAddresses().List(b.t.Context(), metav1.ListOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	var all []string
	for i := range ips.Items {
		all = append(all, ips.Items[i].Name)
	}
	ports, err := b.etcd.Get(b.t.Context(), claimsPrefix, clientv3.WithPrefix())
	if err != nil {
		b.t.Fatal(err)
	}
	for _, kv := range ports.Kvs {
		all = append(all, strings.TrimPrefix(string(kv.Key), claimsPrefix))
	}
	slices.Sort(all)
	return all
}

// held is what the stored services hold.
func (b *bench) held() []string {
	b.t.Helper()
	list, err := b.client.CoreV1().Services("").List(b.t.Context(), metav1.ListOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	set := map[string]bool{}
	for i := range list.Items {
		spec := &list.Items[i].Spec
		for _, ip := range spec.ClusterIPs {
			set[ip] = true
		}
		for _, p := range spec.Ports {
			set[fmt.Sprint(p.NodePort)] = true
		}
		set[fmt.Sprint(spec.HealthCheckNodePort)] = true
	}
	delete(set, "0")
	delete(set, "None")
	return slices.Sorted(maps.Keys(set))
}

func (b *bench) create(namespace, name, spec string, dryRun ...string) error {
	s := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if err := json.Unmarshal([]byte(spec), &s.Spec); err != nil {
		return err
	}
	_, err := b.client.CoreV1().Services(namespace).Create(b.t.Context(), s, metav1.CreateOptions{DryRun: dryRun})
	return err
}

func (b *bench) patch(name, body string, dryRun ...string) error {
	_, err := b.client.CoreV1().Services("default").Patch(b.t.Context(), name, types.MergePatchType, []byte(body), metav1.PatchOptions{DryRun: dryRun})
	return err
}

const (
	local    = `{"type":"LoadBalancer","externalTrafficPolicy":"Local","ipFamilyPolicy":"RequireDualStack","selector":{"a":"b"},"ports":[{"port":80,"name":"a"},{"port":81,"name":"b"}]}`
	nodePort = `{"type":"NodePort","ports":[{"port":80,"name":"a"},{"port":80,"name":"b","protocol":"UDP"}]}`
	plain    = `{"ports":[{"port":80}]}`
)

// After every write the claims are exactly what the stored services hold.
func TestNothingLeaks(t *testing.T) {
	b := newBench(t)
	b.denyNodePorts("q")
	dry := metav1.DryRunAll
	ok, invalid, exists, conflict, forbidden := func(err error) bool { return err == nil }, apierrors.IsInvalid, apierrors.IsAlreadyExists, apierrors.IsConflict, apierrors.IsForbidden
	remove := func(name string, opts metav1.DeleteOptions) func() error {
		return func() error { return b.client.CoreV1().Services("default").Delete(t.Context(), name, opts) }
	}
	create := func(namespace, name, spec string, dryRun ...string) func() error {
		return func() error { return b.create(namespace, name, spec, dryRun...) }
	}
	patch := func(name, body string, dryRun ...string) func() error {
		return func() error { return b.patch(name, body, dryRun...) }
	}
	for _, step := range []struct {
		name string
		do   func() error
		want func(error) bool
	}{
		{"dry run of a create", create("default", "a", local, dry), ok},
		{"create with everything", create("default", "a", local), ok},
		{"create with both protocols", create("default", "n", nodePort), ok},
		{"create a plain one", create("default", "p", plain), ok},
		{"create the same again", create("default", "a", local), exists},
		{"create the same again with node ports", create("default", "p", nodePort), exists},
		{"create with a wrong label, after allocation", create("default", "x", `{"type":"NodePort","selector":{"-":"b"},"ports":[{"port":80}]}`), invalid},
		{"create with a wrong second address", create("default", "x", `{"ipFamilyPolicy":"PreferDualStack","clusterIP":"10.96.7.7","clusterIPs":["10.96.7.7","2001:db8::1"],"ports":[{"port":80}]}`), invalid},
		{"create with a taken second port", create("default", "x", `{"type":"NodePort","ports":[{"port":80,"name":"a"},{"port":81,"name":"b","nodePort":1}]}`), invalid},
		{"create that the quota denies", create("q", "x", local), forbidden},
		{"create a plain one beside the quota", create("q", "y", plain), ok},
		{"change type against the quota", func() error {
			_, err := b.client.CoreV1().Services("q").Patch(t.Context(), "y", types.MergePatchType, []byte(`{"spec":{"type":"NodePort"}}`), metav1.PatchOptions{})
			return err
		}, forbidden},
		{"stale update that wants more", patch("p", `{"metadata":{"resourceVersion":"1"},"spec":{"type":"NodePort","ipFamilyPolicy":"PreferDualStack"}}`), conflict},
		{"invalid update that wants more", patch("p", `{"spec":{"type":"LoadBalancer","selector":{"-":"b"},"externalTrafficPolicy":"Local","ipFamilyPolicy":"PreferDualStack"}}`), invalid},
		{"dry run of a change of type", patch("a", `{"spec":{"type":"ExternalName","externalName":"a.example"}}`, dry), ok},
		{"dry run of a wish for more", patch("p", `{"spec":{"type":"NodePort","ipFamilyPolicy":"PreferDualStack"}}`, dry), ok},
		{"one port less", patch("a", `{"spec":{"ports":[{"port":81,"name":"b"}]}}`), ok},
		{"another node port", patch("n", `{"spec":{"ports":[{"port":80,"name":"a","nodePort":30007},{"port":80,"name":"b","protocol":"UDP","nodePort":30007}]}}`), ok},
		{"no health check", patch("a", `{"spec":{"externalTrafficPolicy":"Cluster"}}`), ok},
		{"a health check again", patch("a", `{"spec":{"externalTrafficPolicy":"Local"}}`), ok},
		{"one family", patch("a", `{"spec":{"ipFamilyPolicy":"SingleStack"}}`), ok},
		{"two families", patch("a", `{"spec":{"ipFamilyPolicy":"PreferDualStack"}}`), ok},
		{"no address", patch("a", `{"spec":{"type":"ExternalName","externalName":"a.example"}}`), ok},
		{"addresses again", patch("a", `{"spec":{"type":"NodePort","externalName":null,"ipFamilyPolicy":"PreferDualStack"}}`), ok},
		{"a finalizer", patch("a", `{"metadata":{"finalizers":["a.example/f"]}}`), ok},
		{"dry run of a delete", remove("n", metav1.DeleteOptions{DryRun: []string{dry}}), ok},
		{"delete of another", remove("n", metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions("x")}), conflict},
		{"delete", remove("n", metav1.DeleteOptions{}), ok},
		{"delete of a service with a finalizer", remove("a", metav1.DeleteOptions{}), ok},
		{"its end", patch("a", `{"metadata":{"finalizers":null}}`), ok},
	} {
		if err := step.do(); !step.want(err) {
			t.Errorf("%s: %v", step.name, err)
		}
		if held, claimed := b.held(), b.claimed(); !slices.Equal(held, claimed) {
			t.Errorf("%s: services hold\n%v but claimed are\n%v", step.name, held, claimed)
		}
	}
	err := removeAll(t.Context(), b.client, "q", "")
	if left := b.claimed(); err != nil || len(left) != 2 { // p and default/kubernetes
		t.Errorf("after all %v is left, %v", left, err)
	}
}

// removeAll deletes a collection, for which client-go has no method.
func removeAll(ctx context.Context, client kubernetes.Interface, namespace, selector string) error {
	return client.CoreV1().RESTClient().Delete().Namespace(namespace).Resource("services").Param("labelSelector", selector).Do(ctx).Error()
}

// denyNodePorts makes a namespace whose quota, with the work of its controller, allows no node port.
func (b *bench) denyNodePorts(namespace string) {
	b.t.Helper()
	ctx := b.t.Context()
	if _, err := b.client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, metav1.CreateOptions{}); err != nil {
		b.t.Fatal(err)
	}
	hard := corev1.ResourceList{corev1.ResourceServicesNodePorts: resource.MustParse("0")}
	quota, err := b.client.CoreV1().ResourceQuotas(namespace).Create(ctx, &corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Name: "none"}, Spec: corev1.ResourceQuotaSpec{Hard: hard},
	}, metav1.CreateOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	quota.Status = corev1.ResourceQuotaStatus{Hard: hard, Used: hard}
	if _, err := b.client.CoreV1().ResourceQuotas(namespace).UpdateStatus(ctx, quota, metav1.UpdateOptions{}); err != nil {
		b.t.Fatal(err)
	}
}

// Eight writers make and delete services on two API servers of one etcd.
func TestTwoServersNeverGiveTheSame(t *testing.T) {
	const writers, each = 8, 100
	store := apiservertest.RemoteStore(t)
	clients := make([]kubernetes.Interface, 0, 2)
	for range 2 {
		clients = append(clients, clientOf(apiservertest.Run(t, apiserver.Options{
			Etcd: store(), SharedStore: true,
			// Small, so that writers collide and also find their last resort.
			ServiceCIDR: netip.MustParsePrefix("10.96.0.0/22"), SecondServiceCIDR: netip.MustParsePrefix("fd00:10:96::/112"),
		})))
	}
	errs := make([]error, writers)
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() { errs[w] = churn(t.Context(), clients[w%2], w, each) })
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, etcd: store(), client: clients[0]}
	holders := map[string]string{}
	list, err := b.client.CoreV1().Services("default").List(t.Context(), metav1.ListOptions{})
	if err != nil || len(list.Items) != writers*each/2+1 {
		t.Fatalf("%d services, %v", len(list.Items), err)
	}
	for i := range list.Items {
		s := &list.Items[i]
		keys := slices.Clone(s.Spec.ClusterIPs)
		for _, p := range s.Spec.Ports {
			if p.NodePort != 0 {
				keys = append(keys, fmt.Sprint(p.NodePort))
			}
		}
		for _, key := range keys {
			if holders[key] != "" {
				t.Errorf("%s belongs to %s and %s", key, holders[key], s.Name)
			}
			holders[key] = s.Name
		}
	}
	if held, claimed := b.held(), b.claimed(); !slices.Equal(held, claimed) {
		t.Errorf("services hold\n%v but claimed are\n%v", held, claimed)
	}
	if err := removeAll(t.Context(), clients[1], "default", "w"); err != nil {
		t.Fatal(err)
	}
	if left := b.claimed(); !slices.Equal(left, []string{"10.96.0.1"}) {
		t.Errorf("left after all were deleted: %v", left)
	}
}

// churn creates services and deletes every other one.
func churn(ctx context.Context, client kubernetes.Interface, writer, n int) error {
	services := client.CoreV1().Services("default")
	for i := range n {
		s := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("w%d-%d", writer, i), Labels: map[string]string{"w": ""}}, Spec: corev1.ServiceSpec{
			Type: corev1.ServiceTypeNodePort, IPFamilyPolicy: new(corev1.IPFamilyPolicyPreferDualStack),
			Ports: []corev1.ServicePort{{Name: "a", Port: 80}, {Name: "b", Port: 81}},
		}}
		if _, err := services.Create(ctx, s, metav1.CreateOptions{}); err != nil {
			return err
		}
		if i%2 == 0 {
			continue
		}
		if err := services.Delete(ctx, s.Name, metav1.DeleteOptions{}); err != nil {
			return err
		}
	}
	return nil
}
