package evidence

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seatrial/seatrial/steps/client"
)

// Limits of what is gathered, so that a report stays readable and a dying cluster holds nobody up.
const (
	gatherLimit = 15 * time.Second
	atATime     = 8
	maxObjects  = 12       // of a kind
	maxFiles    = 60       // of a scenario
	maxText     = 64 << 10 // bytes of a file
	maxLogs     = 20       // containers
)

// usual are the collections that are looked at for every failure, by the kind of their objects. NS stands for the Namespace.
func usual() map[string]string {
	return map[string]string{
		"Pod": "/api/v1/namespaces/NS/pods", "Service": "/api/v1/namespaces/NS/services", "ResourceQuota": "/api/v1/namespaces/NS/resourcequotas",
		"LimitRange": "/api/v1/namespaces/NS/limitranges", "PersistentVolumeClaim": "/api/v1/namespaces/NS/persistentvolumeclaims",
		"ReplicationController": "/api/v1/namespaces/NS/replicationcontrollers", "Deployment": "/apis/apps/v1/namespaces/NS/deployments",
		"ReplicaSet": "/apis/apps/v1/namespaces/NS/replicasets", "StatefulSet": "/apis/apps/v1/namespaces/NS/statefulsets",
		"DaemonSet": "/apis/apps/v1/namespaces/NS/daemonsets", "Job": "/apis/batch/v1/namespaces/NS/jobs",
		"EndpointSlice": "/apis/discovery.k8s.io/v1/namespaces/NS/endpointslices", "Event": "/api/v1/namespaces/NS/events",
	}
}

// onDemand are the collections that are looked at when what the line reports, or an event, speaks of them.
func onDemand() map[*regexp.Regexp]map[string]string {
	return map[*regexp.Regexp]map[string]string{
		regexp.MustCompile(`webhook "`): {
			"ValidatingWebhookConfiguration": "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
			"MutatingWebhookConfiguration":   "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
		},
		regexp.MustCompile(`ValidatingAdmissionPolicy|policy '`): {
			"ValidatingAdmissionPolicy": "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
		},
		regexp.MustCompile(`(?i)\b503\b|currently unable to handle|service unavailable`): {"APIService": "/apis/apiregistration.k8s.io/v1/apiservices"},
		regexp.MustCompile(unresolved.String() + "|" + noAnswer.String()): {
			"EndpointSlice": "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dkube-dns",
		},
	}
}

// Gather reads what the cluster shows of the subject: the objects of its Namespace, their events and logs, and what decides over them. It
// asks with the rights of the kubeconfig and no others; what cannot be read is left out.
func Gather(ctx context.Context, cluster *client.Cluster, subject Subject) Evidence {
	ctx, cancel := context.WithTimeout(ctx, gatherLimit)
	defer cancel()
	g := &gatherer{cluster: cluster, namespace: subject.Namespace, said: Evidence{Subject: subject}.said()}
	g.found = Evidence{
		Subject: subject, Logs: map[string]string{}, Previous: map[string]string{},
		KitImages: []string{cluster.Images.Agnhost, cluster.Images.BusyBox},
	}
	g.first(ctx)
	g.second(ctx)
	g.sort()
	g.files()
	return g.found
}

// gatherer collects from many requests at a time.
type gatherer struct {
	cluster   *client.Cluster
	namespace string
	said      string
	mu        sync.Mutex
	found     Evidence // while requests are under way, only with the lock
}

// side runs the tasks, a few at a time.
func side(tasks []func()) {
	var running sync.WaitGroup
	places := make(chan struct{}, atATime)
	for _, task := range tasks {
		running.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			task()
		})
	}
	running.Wait()
}

// first reads what is looked at for every failure.
func (g *gatherer) first(ctx context.Context) {
	collections := usual()
	tasks := []func(){func() { g.clock(ctx) }, func() { g.whoAmI(ctx) }}
	if g.namespace == "" {
		side(tasks)
		return
	}
	tasks = append(tasks, func() { g.namespaceItself(ctx) })
	for kind, path := range collections {
		tasks = append(tasks, func() { g.collect(ctx, kind, strings.Replace(path, "NS", g.namespace, 1)) })
	}
	for _, kind := range g.found.Kinds {
		if _, known := collections[kind]; !known && kind != "Namespace" && kind != "Node" {
			tasks = append(tasks, func() { g.ofKind(ctx, kind) })
		}
	}
	side(tasks)
}

// second reads what the first round points to: logs, Nodes, and who refused.
func (g *gatherer) second(ctx context.Context) {
	lines := []string{g.said}
	for _, event := range g.found.Events {
		lines = append(lines, field(event, "message"))
	}
	spoken := strings.Join(lines, "\n")
	var tasks []func()
	for says, collections := range onDemand() {
		if !says.MatchString(spoken) {
			continue
		}
		for kind, path := range collections {
			tasks = append(tasks, func() { g.collect(ctx, kind, path) })
		}
	}
	pods := g.found.ofKind("Pod")
	if slices.Contains(g.found.Kinds, "Node") || slices.ContainsFunc(pods, func(pod map[string]any) bool { return field(pod, "status.phase") == "Pending" }) {
		tasks = append(tasks, func() { g.collect(ctx, "Node", "/api/v1/nodes?limit=500") })
	}
	tasks = append(tasks, g.logTasks(ctx, pods)...)
	side(tasks)
}

func (g *gatherer) collect(ctx context.Context, kind, path string) {
	answer, err := g.cluster.Send(ctx, client.Request{Method: http.MethodGet, Path: path})
	object, ok := answer.Object.(map[string]any)
	if err != nil || answer.Refused() || !ok {
		return
	}
	g.keep(kind, field(object, "apiVersion"), list(object, "items"))
}

func (g *gatherer) keep(kind, apiVersion string, objects []map[string]any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if kind == "Event" {
		g.found.Events = append(g.found.Events, objects...)
		return
	}
	for _, object := range objects {
		object["kind"], object["apiVersion"] = kind, apiVersion
	}
	g.found.Objects = append(g.found.Objects, objects...)
}

// ofKind reads the objects of a kind that are in the Namespace, or bear its name in theirs.
func (g *gatherer) ofKind(ctx context.Context, name string) {
	kind, err := g.cluster.Kinds.Find(ctx, name, "")
	if err != nil {
		return
	}
	answer, err := g.cluster.Send(ctx, client.Request{Method: http.MethodGet, Path: kind.Path(g.namespace, "", "")})
	object, ok := answer.Object.(map[string]any)
	if err != nil || answer.Refused() || !ok {
		return
	}
	objects := list(object, "items")
	if !kind.Namespaced {
		objects = slices.DeleteFunc(objects, func(o map[string]any) bool { return !strings.Contains(field(o, "metadata.name"), g.namespace) })
	}
	g.keep(kind.Kind, kind.APIVersion(), objects)
}

func (g *gatherer) namespaceItself(ctx context.Context) {
	answer, err := g.cluster.Send(ctx, client.Request{Method: http.MethodGet, Path: "/api/v1/namespaces/" + g.namespace})
	if object, ok := answer.Object.(map[string]any); err == nil && !answer.Refused() && ok {
		g.keep("Namespace", "v1", []map[string]any{object})
	}
}

// sort puts the objects and events in an order that does not depend on which answer came first.
func (g *gatherer) sort() {
	slices.SortFunc(g.found.Objects, func(a, b map[string]any) int {
		return strings.Compare(kind(a)+"/"+field(a, "metadata.namespace")+"/"+name(a), kind(b)+"/"+field(b, "metadata.namespace")+"/"+name(b))
	})
	slices.SortStableFunc(g.found.Events, func(a, b map[string]any) int { return strings.Compare(eventTime(a), eventTime(b)) })
}
