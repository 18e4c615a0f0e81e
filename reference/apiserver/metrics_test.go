package apiserver_test

import (
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
)

// ranges counts the runs of the test: metrics are of the process, and those of
// another run have another range.
var ranges atomic.Uint32

// The list has upstream's stable and beta metrics of the same requests, and
// those of the allocators, of audit, PodSecurity and tokens.
// https://kubernetes.io/docs/reference/instrumentation/metrics/
//
// It runs alone: a server that ends takes apiserver_storage_objects with it,
// for all servers of the process.
func TestMetricsThatDashboardsUseAreThere(t *testing.T) {
	prefix := fmt.Sprintf("10.201.%d.", ranges.Add(1))
	s := apiservertest.Run(t, apiserver.Options{ServiceCIDR: netip.MustParsePrefix(prefix + "0/24")})
	client := kubernetes.NewForConfigOrDie(s.ClientConfig("admin", "system:masters"))
	for name, ip := range map[string]string{"asked": prefix + "9", "any": "", "gone": ""} {
		service := &corev1.Service{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeNodePort, ClusterIP: ip, Ports: []corev1.ServicePort{{Port: 80}}},
		}
		must[*corev1.Service](t)(client.CoreV1().Services("default").Create(t.Context(), service, metav1.CreateOptions{}))
	}
	if err := client.CoreV1().Services("default").Delete(t.Context(), "gone", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	taken := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "taken"}, Spec: corev1.ServiceSpec{ClusterIP: prefix + "9", Ports: []corev1.ServicePort{{Port: 80}}}}
	if _, err := client.CoreV1().Services("default").Create(t.Context(), taken, metav1.CreateOptions{}); err == nil {
		t.Error("an address is given away twice")
	}
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "i"}}}}
	must[*corev1.Pod](t)(client.CoreV1().Pods("default").Create(t.Context(), pod, metav1.CreateOptions{}))

	_, text := asker(t, s, "admin", "system:masters")("/metrics")
	var got []string
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (\S+)`).FindAllStringSubmatch(text, -1) {
		got = append(got, m[1])
	}
	for name := range strings.FieldsSeq(string(must[[]byte](t)(os.ReadFile("testdata/metrics.txt")))) {
		if !slices.Contains(got, name) {
			t.Errorf("there is no %s", name)
		}
	}
	const allocator = "\nkube_apiserver_clusterip_allocator_"
	for _, line := range []string{ // with default/kubernetes
		allocator + `allocated_ips{cidr="RANGE"} 3` + "\n",
		allocator + `available_ips{cidr="RANGE"} 251` + "\n",
		allocator + `allocation_total{cidr="RANGE",scope="dynamic"} 2` + "\n",
		allocator + `allocation_total{cidr="RANGE",scope="static"} 2` + "\n",
		allocator + `allocation_errors_total{cidr="RANGE",scope="static"} 1` + "\n",
	} {
		if line = strings.ReplaceAll(line, "RANGE", prefix+"0/24"); !strings.Contains(text, line) {
			t.Errorf("there is no %s", line)
		}
	}
	if t.Failed() {
		t.Logf("%q", regexp.MustCompile(`(?m)^kube_apiserver_.*$`).FindAllString(text, -1))
	}
}
