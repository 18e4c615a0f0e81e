package apiserver_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
)

func service(name string, kind corev1.ServiceType) *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.ServiceSpec{
			Type: kind, Selector: map[string]string{"app": name},
			Ports: []corev1.ServicePort{{Port: 80}},
		},
	}
}

// held returns the names of all IPAddresses but that of default/kubernetes.
func held(t *testing.T, client kubernetes.Interface) []string {
	t.Helper()
	list := must[*networkingv1.IPAddressList](t)(client.NetworkingV1().IPAddresses().List(t.Context(), metav1.ListOptions{}))
	var all []string
	for _, ip := range list.Items {
		if ip.Name != "10.96.0.1" {
			all = append(all, ip.Name)
		}
	}
	return all
}

func TestServiceAddressesAreTakenAndGivenBack(t *testing.T) {
	client := kubernetes.NewForConfigOrDie(apiservertest.Start(t))
	services := client.CoreV1().Services("default")
	dry := must[*corev1.Service](t)(services.Create(t.Context(), service("a", ""), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}))
	if dry.Spec.ClusterIP == "" || len(held(t, client)) != 0 {
		t.Errorf("dry run gave %q and holds %v", dry.Spec.ClusterIP, held(t, client))
	}
	a := must[*corev1.Service](t)(services.Create(t.Context(), service("a", ""), metav1.CreateOptions{}))
	if ips := held(t, client); len(ips) != 1 || ips[0] != a.Spec.ClusterIP || a.Spec.IPFamilies[0] != corev1.IPv4Protocol || *a.Spec.IPFamilyPolicy != corev1.IPFamilyPolicySingleStack {
		t.Errorf("service %v holds %v", a.Spec, ips)
	}
	b := service("b", "")
	b.Spec.ClusterIP = a.Spec.ClusterIP
	if _, err := services.Create(t.Context(), b, metav1.CreateOptions{}); !apierrors.IsInvalid(err) {
		t.Errorf("second service with the same address: %v", err)
	}
	b.Spec.ClusterIP = "192.0.2.1"
	if _, err := services.Create(t.Context(), b, metav1.CreateOptions{}); !apierrors.IsInvalid(err) {
		t.Errorf("address outside of the range: %v", err)
	}
	if _, err := services.Create(t.Context(), service("a", ""), metav1.CreateOptions{}); !apierrors.IsAlreadyExists(err) {
		t.Errorf("second service of the same name: %v", err)
	}
	if ips := held(t, client); len(ips) != 1 {
		t.Errorf("failed creates left %v", ips)
	}
	if err := services.Delete(t.Context(), "a", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if ips := held(t, client); len(ips) != 0 {
		t.Errorf("delete left %v", ips)
	}
}

func TestSmallRangeIsUsedToTheLastAddress(t *testing.T) {
	server := apiservertest.Run(t, apiserver.Options{ServiceCIDR: netip.MustParsePrefix("10.0.0.0/29")})
	client := kubernetes.NewForConfigOrDie(server.ClientConfig("admin", "system:masters"))
	services := client.CoreV1().Services("default")
	const free = 5 // of eight: the first, the last, and that of default/kubernetes are taken
	var group sync.WaitGroup
	errs := make([]error, free)
	for i := range free {
		group.Go(func() {
			_, errs[i] = services.Create(t.Context(), service(fmt.Sprintf("s%d", i), ""), metav1.CreateOptions{})
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if _, err := services.Create(t.Context(), service("more", ""), metav1.CreateOptions{}); !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), "range is full") {
		t.Errorf("service in a full range: %v", err)
	}
	if err := services.Delete(t.Context(), "s3", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	must[*corev1.Service](t)(services.Create(t.Context(), service("more", ""), metav1.CreateOptions{}))
}

func TestServiceChangesItsType(t *testing.T) {
	client := kubernetes.NewForConfigOrDie(apiservertest.Start(t))
	services := client.CoreV1().Services("default")
	patch := func(body string, dry ...string) (*corev1.Service, error) {
		return services.Patch(t.Context(), "a", types.StrategicMergePatchType, []byte(body), metav1.PatchOptions{DryRun: dry})
	}
	must[*corev1.Service](t)(services.Create(t.Context(), service("a", corev1.ServiceTypeNodePort), metav1.CreateOptions{}))
	a := must[*corev1.Service](t)(services.Get(t.Context(), "a", metav1.GetOptions{}))
	port := a.Spec.Ports[0].NodePort
	if port < 30000 || port > 32767 {
		t.Fatalf("node port is %d", port)
	}
	b := service("b", corev1.ServiceTypeNodePort)
	b.Spec.Ports[0].NodePort = port
	if _, err := services.Create(t.Context(), b, metav1.CreateOptions{}); !apierrors.IsInvalid(err) {
		t.Errorf("second service with the same node port: %v", err)
	}
	if a := must[*corev1.Service](t)(patch(`{"spec":{"type":"ClusterIP"}}`, metav1.DryRunAll)); a.Spec.Ports[0].NodePort != 0 {
		t.Errorf("as ClusterIP it has node port %d", a.Spec.Ports[0].NodePort)
	}
	if _, err := services.Create(t.Context(), b, metav1.CreateOptions{}); !apierrors.IsInvalid(err) {
		t.Errorf("a dry run gave the node port away: %v", err)
	}
	must[*corev1.Service](t)(patch(`{"spec":{"type":"ClusterIP"}}`))
	must[*corev1.Service](t)(services.Create(t.Context(), b, metav1.CreateOptions{}))

	a = must[*corev1.Service](t)(patch(`{"spec":{"type":"ExternalName","externalName":"example.com"}}`))
	if a.Spec.ClusterIP != "" || len(held(t, client)) != 1 {
		t.Errorf("as ExternalName it has %q; held are %v", a.Spec.ClusterIP, held(t, client))
	}
	a = must[*corev1.Service](t)(patch(`{"spec":{"type":"ClusterIP","externalName":null}}`))
	if a.Spec.ClusterIP == "" || len(held(t, client)) != 2 {
		t.Errorf("as ClusterIP again it has %q; held are %v", a.Spec.ClusterIP, held(t, client))
	}
}

func TestHeadlessServiceHasNoAddress(t *testing.T) {
	client := kubernetes.NewForConfigOrDie(apiservertest.Start(t))
	s := service("a", "")
	s.Spec.ClusterIP = corev1.ClusterIPNone
	a := must[*corev1.Service](t)(client.CoreV1().Services("default").Create(t.Context(), s, metav1.CreateOptions{}))
	if a.Spec.ClusterIP != corev1.ClusterIPNone || len(a.Spec.ClusterIPs) != 1 || len(held(t, client)) != 0 {
		t.Errorf("got %v, held are %v", a.Spec, held(t, client))
	}
}

func TestStatusUpdateKeepsAddresses(t *testing.T) {
	client := kubernetes.NewForConfigOrDie(apiservertest.Start(t))
	services := client.CoreV1().Services("default")
	a := must[*corev1.Service](t)(services.Create(t.Context(), service("a", corev1.ServiceTypeLoadBalancer), metav1.CreateOptions{}))
	a.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: "192.0.2.1"}}
	b := must[*corev1.Service](t)(services.UpdateStatus(t.Context(), a, metav1.UpdateOptions{}))
	if b.Spec.ClusterIP != a.Spec.ClusterIP || len(b.Status.LoadBalancer.Ingress) != 1 || len(held(t, client)) != 1 {
		t.Errorf("got %v %v", b.Spec, b.Status)
	}
}
