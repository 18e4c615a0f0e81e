package services_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest/recording"
)

// The answers of testdata/families were recorded on bare API servers of
// upstream v1.36.3, one for each file:
//
//	kube-apiserver --service-cluster-ip-range RANGES ...
//	go test ./reference/apiserver/registry/services -run 'TestFamiliesAsUpstream/^NAME$' -upstream KUBECONFIG
var upstream = flag.String("upstream", "", "kubeconfig of a server to record the answers of")

// clusters are the ranges by the name of the file.
var clusters = []struct{ name, first, second string }{
	{"v4", "10.96.0.0/16", ""},
	{"v6", "fd00:10:96::/112", ""},
	{"v4-v6", "10.96.0.0/16", "fd00:10:96::/112"},
	{"v6-v4", "fd00:10:96::/112", "10.96.0.0/16"},
}

// answer is what a server makes of one write. Addresses that it chose are "any" of their family.
type answer struct {
	Case   string   `json:"case"`
	Code   int      `json:"code"`
	Stored string   `json:"stored,omitempty"` // type, addresses, families, policy
	Causes []string `json:"causes,omitempty"` // reason, field and message, sorted
}

func TestFamiliesAsUpstream(t *testing.T) {
	for _, c := range clusters {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join("testdata", "families", c.name+".jsonl")
			if *upstream != "" {
				config, err := clientcmd.BuildConfigFromFlags("", *upstream)
				if err != nil {
					t.Fatal(err)
				}
				recording.Write(t, file, ask(t, config))
				return
			}
			o := apiserver.Options{ServiceCIDR: netip.MustParsePrefix(c.first)}
			if c.second != "" {
				o.SecondServiceCIDR = netip.MustParsePrefix(c.second)
			}
			want, got := recording.Read[answer](t, file), ask(t, apiservertest.Run(t, o).ClientConfig("admin", "system:masters"))
			if len(want) != len(got) {
				t.Fatalf("%d answers recorded, %d given", len(want), len(got))
			}
			for i := range want {
				w, g := fmt.Sprintf("%+v", want[i]), fmt.Sprintf("%+v", got[i])
				if w != g && want[i].Code != 0 && want[i].Code != http.StatusConflict {
					t.Errorf("\nupstream %s\n     got %s", w, g)
				}
			}
		})
	}
}

// asker writes services to a server.
type asker struct {
	t      *testing.T
	client rest.Interface
	n      int
}

// ask creates services in all combinations of families, policy and addresses, and changes some of them.
func ask(t *testing.T, config *rest.Config) []answer {
	t.Helper()
	config = rest.CopyConfig(config)
	config.QPS = -1
	a := &asker{t: t, client: kubernetes.NewForConfigOrDie(config).CoreV1().RESTClient()}
	all := make([]answer, 0, 600)
	for _, spec := range creates() {
		s, got := a.create(spec)
		all = append(all, got)
		a.remove(s)
	}
	for _, base := range bases {
		for _, change := range changes {
			s, made := a.create(base)
			if s == nil {
				made.Case = base + " <- " + change
				all = append(all, made)
				continue
			}
			all = append(all, a.patch(s, base, change))
			a.remove(s)
		}
	}
	return all
}

func creates() []string {
	var all []string
	for _, kind := range []string{`"selector":{"a":"b"}`, `"publishNotReadyAddresses":true`} {
		for _, policy := range []string{``, `,"ipFamilyPolicy":"SingleStack"`, `,"ipFamilyPolicy":"PreferDualStack"`, `,"ipFamilyPolicy":"RequireDualStack"`} {
			for _, list := range []string{``, `,"ipFamilies":["IPv4"]`, `,"ipFamilies":["IPv6"]`, `,"ipFamilies":["IPv4","IPv6"]`, `,"ipFamilies":["IPv6","IPv4"]`} {
				for _, ips := range []string{
					``, `,"clusterIP":"None"`, `,"clusterIP":"10.96.9.9"`, `,"clusterIP":"fd00:10:96::9"`,
					`,"clusterIP":"10.96.9.9","clusterIPs":["10.96.9.9","fd00:10:96::9"]`, `,"clusterIP":"fd00:10:96::9","clusterIPs":["fd00:10:96::9","10.96.9.9"]`,
				} {
					all = append(all, `{"ports":[{"port":80}],`+kind+policy+list+ips+`}`)
				}
			}
		}
	}
	return append(all,
		`{"type":"ExternalName","externalName":"a.example"}`,
		`{"type":"ExternalName","externalName":"a.example","ipFamilyPolicy":"PreferDualStack"}`,
		`{"type":"ExternalName","externalName":"a.example","ipFamilies":["IPv6"]}`,
		`{"type":"NodePort","ports":[{"port":80}],"ipFamilyPolicy":"PreferDualStack"}`,
		`{"type":"LoadBalancer","ports":[{"port":80}],"ipFamilyPolicy":"RequireDualStack","ipFamilies":["IPv6"]}`,
		`{"ports":[{"port":80}],"clusterIP":"10.96.0.0"}`,
		`{"ports":[{"port":80}],"clusterIP":"10.96.255.255"}`,
		`{"ports":[{"port":80}],"clusterIP":"fd00:10:96::"}`,
		`{"ports":[{"port":80}],"clusterIP":"192.0.2.1"}`,
		`{"ports":[{"port":80}],"clusterIP":"2001:db8::1"}`,
		`{"ports":[{"port":80}],"clusterIP":"fd00:10:96::0009"}`,
		`{"ports":[{"port":80}],"clusterIP":"::ffff:10.96.9.9"}`,
		`{"ports":[{"port":80}],"clusterIP":"10.96.9.9","clusterIPs":["10.96.9.9","192.0.2.1"]}`,
		`{"ports":[{"port":80}],"ipFamilyPolicy":"PreferDualStack","clusterIP":"10.96.7.7","clusterIPs":["10.96.7.7","2001:db8::1"]}`,
		`{"ports":[{"port":80}],"ipFamilyPolicy":"Odd","ipFamilies":["Odd"]}`,
		`{"ports":[{"port":80}],"ipFamilies":["IPv4","IPv4"]}`,
	)
}

var bases = []string{
	`{"ports":[{"port":80}],"selector":{"a":"b"}}`,
	`{"ports":[{"port":80}],"selector":{"a":"b"},"ipFamilyPolicy":"PreferDualStack"}`,
	`{"ports":[{"port":80}],"selector":{"a":"b"},"ipFamilyPolicy":"RequireDualStack"}`,
	`{"ports":[{"port":80}],"selector":{"a":"b"},"ipFamilies":["IPv6"]}`,
	`{"ports":[{"port":80}],"selector":{"a":"b"},"clusterIP":"None"}`,
	`{"ports":[{"port":80}],"selector":{"a":"b"},"clusterIP":"None","ipFamilyPolicy":"PreferDualStack"}`,
	`{"ports":[{"port":80}],"clusterIP":"None"}`,
	`{"type":"ExternalName","externalName":"a.example"}`,
	`{"type":"LoadBalancer","ports":[{"port":80}],"ipFamilyPolicy":"PreferDualStack"}`,
}

// changes are merge patches of the spec; $0 and $1 are the addresses of the service.
var changes = []string{
	`{}`,
	`{"ipFamilyPolicy":null}`,
	`{"ipFamilyPolicy":"SingleStack"}`,
	`{"ipFamilyPolicy":"PreferDualStack"}`,
	`{"ipFamilyPolicy":"RequireDualStack"}`,
	`{"ipFamilies":null}`,
	`{"ipFamilies":["IPv4"]}`,
	`{"ipFamilies":["IPv6"]}`,
	`{"ipFamilies":["IPv4","IPv6"]}`,
	`{"ipFamilies":["IPv6","IPv4"]}`,
	`{"ipFamilyPolicy":"SingleStack","ipFamilies":["IPv4"]}`,
	`{"ipFamilyPolicy":"SingleStack","ipFamilies":["IPv6"]}`,
	`{"ipFamilyPolicy":"SingleStack","ipFamilies":null,"clusterIPs":null}`,
	`{"ipFamilyPolicy":"SingleStack","clusterIPs":["$0"]}`,
	`{"ipFamilyPolicy":"SingleStack","ipFamilies":["IPv4"],"clusterIPs":["$0"]}`,
	`{"ipFamilyPolicy":"PreferDualStack","ipFamilies":["IPv4","IPv6"]}`,
	`{"ipFamilyPolicy":"PreferDualStack","ipFamilies":["IPv6","IPv4"]}`,
	`{"ipFamilyPolicy":"RequireDualStack","ipFamilies":["IPv6"]}`,
	`{"ipFamilyPolicy":"PreferDualStack","clusterIPs":["$0","fd00:10:96::9"]}`,
	`{"ipFamilyPolicy":"PreferDualStack","clusterIPs":["$0","10.96.9.9"]}`,
	`{"ipFamilyPolicy":"PreferDualStack","clusterIPs":["$0","2001:db8::9"]}`,
	`{"clusterIPs":["$0"]}`,
	`{"clusterIPs":["$1","$0"]}`,
	`{"clusterIPs":null}`,
	`{"clusterIP":null}`,
	`{"clusterIP":null,"clusterIPs":null}`,
	`{"clusterIP":"10.96.8.8"}`,
	`{"clusterIP":"10.96.8.8","clusterIPs":["10.96.8.8"]}`,
	`{"clusterIP":"None"}`,
	`{"clusterIP":"None","clusterIPs":["None"]}`,
	`{"selector":null}`,
	`{"selector":{"c":"d"}}`,
	`{"type":"NodePort"}`,
	`{"type":"ClusterIP","externalName":null,"ports":[{"port":80}]}`,
	`{"type":"ClusterIP","externalName":null,"ports":[{"port":80}],"ipFamilyPolicy":"PreferDualStack"}`,
	`{"type":"ClusterIP","externalName":null,"ports":[{"port":80}],"ipFamilies":["IPv6"]}`,
	`{"type":"ExternalName","externalName":"a.example"}`,
	`{"type":"ExternalName","externalName":"a.example","clusterIP":null,"clusterIPs":null,"ipFamilies":null,"ipFamilyPolicy":null}`,
	`{"type":"ExternalName","externalName":"a.example","ipFamilyPolicy":"SingleStack"}`,
}

func (a *asker) create(spec string) (*corev1.Service, answer) {
	a.t.Helper()
	a.n++
	body := fmt.Sprintf(`{"apiVersion":"v1","kind":"Service","metadata":{"name":"f%d"},"spec":%s}`, a.n, spec)
	result := a.client.Post().Namespace("default").Resource("services").SetHeader("Content-Type", "application/json").
		SetHeader("Accept", "application/json").Body([]byte(body)).Do(a.t.Context())
	return a.answer(result, spec)
}

func (a *asker) patch(s *corev1.Service, base, change string) answer {
	a.t.Helper()
	ips := append(slices.Clone(s.Spec.ClusterIPs), "", "")
	body := `{"spec":` + strings.NewReplacer("$0", ips[0], "$1", ips[1]).Replace(change) + `}`
	result := a.client.Patch(types.MergePatchType).Namespace("default").Resource("services").Name(s.Name).
		SetHeader("Accept", "application/json").Body([]byte(body)).Do(a.t.Context())
	_, out := a.answer(result, base+" <- "+change)
	for _, ip := range s.Spec.ClusterIPs {
		if ip != "None" && ip != "" {
			out.Stored = strings.ReplaceAll(out.Stored, ip, wildcard(ip))
			for i := range out.Causes {
				out.Causes[i] = strings.ReplaceAll(out.Causes[i], ip, wildcard(ip))
			}
		}
	}
	slices.Sort(out.Causes)
	return out
}

func (a *asker) remove(s *corev1.Service) {
	a.t.Helper()
	if s == nil {
		return
	}
	if err := a.client.Delete().Namespace("default").Resource("services").Name(s.Name).Do(a.t.Context()).Error(); err != nil {
		a.t.Fatal(err)
	}
}

func wildcard(ip string) string {
	if strings.Contains(ip, ":") {
		return "any6"
	}
	return "any4"
}

func (a *asker) answer(result rest.Result, what string) (*corev1.Service, answer) {
	a.t.Helper()
	out := answer{Case: what}
	raw, _ := result.StatusCode(&out.Code).Raw()
	// Upstream's code panics where a service that prefers two families and has one becomes headless, and tries again at times.
	if len(raw) == 0 || out.Code == http.StatusConflict {
		out.Code = 0
		return nil, out
	}
	if out.Code >= http.StatusBadRequest {
		var status metav1.Status
		if err := json.Unmarshal(raw, &status); err != nil || status.Details == nil {
			a.t.Fatalf("%s: %s, %v", what, raw, err)
		}
		for _, c := range status.Details.Causes {
			out.Causes = append(out.Causes, fmt.Sprintf("%s %s %s", c.Type, c.Field, c.Message))
		}
		slices.Sort(out.Causes)
		return nil, out
	}
	s := &corev1.Service{}
	if err := json.Unmarshal(raw, s); err != nil {
		a.t.Fatalf("%s: %s, %v", what, raw, err)
	}
	policy := "none"
	if s.Spec.IPFamilyPolicy != nil {
		policy = string(*s.Spec.IPFamilyPolicy)
	}
	ips := make([]string, 0, 3)
	for _, ip := range append([]string{s.Spec.ClusterIP}, s.Spec.ClusterIPs...) {
		if ip != "" && ip != "None" && !strings.Contains(what, ip) {
			ip = wildcard(ip)
		}
		ips = append(ips, ip)
	}
	out.Stored = fmt.Sprintf("%s %q %v %s", s.Spec.Type, ips, s.Spec.IPFamilies, policy)
	return s, out
}
