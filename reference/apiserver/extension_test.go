package apiserver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	apiregistrationv1 "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	aggregator "k8s.io/kube-aggregator/pkg/client/clientset_generated/clientset"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
	"github.com/seatrial/seatrial/reference/pki"
)

// hostIP is an address of this machine that may stand in an EndpointSlice.
func hostIP(t *testing.T) netip.Addr {
	t.Helper()
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() && p.Addr().IsGlobalUnicast() {
			return p.Addr()
		}
	}
	t.Skip("this machine has loopback addresses only, which no endpoint may have")
	return netip.Addr{}
}

// serviceFor runs an HTTPS server and makes the Service ext/name lead to it.
func serviceFor(t *testing.T, client kubernetes.Interface, name string, h http.Handler) {
	t.Helper()
	ip := hostIP(t)
	listener, err := net.Listen("tcp", netip.AddrPortFrom(ip, 0).String())
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: h}}
	server.StartTLS()
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	s := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 443}}},
	}
	must[*corev1.Service](t)(client.CoreV1().Services("default").Create(t.Context(), s, metav1.CreateOptions{}))
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Name: name, Labels: map[string]string{discoveryv1.LabelServiceName: name}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Endpoints:   []discoveryv1.Endpoint{{Addresses: []string{ip.String()}}},
		Ports:       []discoveryv1.EndpointPort{{Name: new(""), Port: new(int32(number))}},
	}
	must[*discoveryv1.EndpointSlice](t)(client.DiscoveryV1().EndpointSlices("default").Create(t.Context(), slice, metav1.CreateOptions{}))
}

func TestAggregatorProxiesToAnExtensionServer(t *testing.T) {
	bundle, err := pki.Ensure(t.TempDir(), pki.Options{})
	if err != nil {
		t.Fatal(err)
	}
	config := apiservertest.Run(t, apiserver.Options{
		ProxyClientCertFile: bundle.Path("front-proxy-client.crt"), ProxyClientKeyFile: bundle.Path("front-proxy-client.key"),
		RequestHeaderCA: bundle.FrontProxyCA.PEM(),
	}).ClientConfig("kubernetes-admin", "system:masters")
	client := kubernetes.NewForConfigOrDie(config)
	serviceFor(t, client, "extension", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/moved") {
			http.Redirect(w, r, "https://elsewhere.example/", http.StatusFound)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"kind":"APIResourceList","groupVersion":"ext.example.com/v1","user":%q,"resources":[]}`, r.Header.Get("X-Remote-User"))
	}))
	services := aggregator.NewForConfigOrDie(config).ApiregistrationV1().APIServices()
	_, err = services.Create(t.Context(), &apiregistrationv1.APIService{
		ObjectMeta: metav1.ObjectMeta{Name: "v1.ext.example.com"},
		Spec: apiregistrationv1.APIServiceSpec{
			Group: "ext.example.com", Version: "v1", GroupPriorityMinimum: 1000, VersionPriority: 15, InsecureSkipTLSVerify: true,
			Service: &apiregistrationv1.ServiceReference{Namespace: "default", Name: "extension"},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	err = wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, 20*time.Second, true, func(ctx context.Context) (bool, error) {
		raw, err := client.RESTClient().Get().AbsPath("/apis/ext.example.com/v1").DoRaw(ctx)
		if err != nil {
			return false, nil // not registered or not available yet
		}
		return true, json.Unmarshal(raw, &doc)
	})
	if err != nil || doc["user"] != "kubernetes-admin" {
		t.Errorf("extension server saw %v, %v", doc, err)
	}
	// A client that followed it would show its credentials elsewhere.
	var code int
	if err := client.RESTClient().Get().AbsPath("/apis/ext.example.com/v1/moved").Do(t.Context()).StatusCode(&code).Error(); code != http.StatusBadGateway {
		t.Errorf("a redirect of the extension server is answered with %d, %v", code, err)
	}
	s, err := services.Get(t.Context(), "v1.ext.example.com", metav1.GetOptions{})
	if err != nil || s.Status.Conditions[0].Status != apiregistrationv1.ConditionTrue {
		t.Errorf("APIService: %v, %v", s.Status, err)
	}
}
