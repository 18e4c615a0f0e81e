package capability

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/partial"
)

// Options say how to look.
type Options struct {
	// Namespace is where Pods would be made; empty means default. Nothing is made there.
	Namespace string
}

// Detect asks the cluster what it offers, everything at once and nothing that changes it. What the user may not ask counts as absent. The
// error tells that the cluster did not answer. Whether load balancers and network policies work is not known before Probe.
func Detect(ctx context.Context, cluster *client.Cluster, o Options) (Set, error) {
	if o.Namespace == "" {
		o.Namespace = "default"
	}
	d := &detection{cluster: cluster, namespace: o.Namespace, set: Set{findings: map[string]Finding{}, versions: map[string]bool{"v1": true}}}
	const unseen = "it cannot be seen, and was not tried since no behaviour that is selected needs it"
	d.set.findings[LoadBalancer] = Finding{Reason: unseen, Unknown: true}
	d.set.findings[NetworkPolicy] = Finding{Reason: unseen, Unknown: true}
	looks := []func(context.Context) error{d.nodes, d.dns, d.storage, d.metrics, d.apis, d.scope, d.admin, d.privileged, d.baseline, d.families, d.restriction, d.history}
	var running sync.WaitGroup
	for _, look := range looks {
		running.Go(func() {
			if err := look(ctx); err != nil {
				d.fail(err)
			}
		})
	}
	running.Wait()
	if !d.set.Has(Nodes) && d.set.Has(DNS) {
		d.set.findings[DNS] = Finding{Reason: "no Node runs Pods that could ask it"}
	}
	return d.set, d.failed
}

// detection is one survey of a cluster.
type detection struct {
	cluster   *client.Cluster
	namespace string

	mu     sync.Mutex
	set    Set
	failed error
}

func (d *detection) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failed == nil {
		d.failed = fmt.Errorf("detect capabilities: %w", err)
	}
}

// found notes that the capability is offered if the reason against it is empty.
func (d *detection) found(name, reason string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.set.findings[name] = Finding{Offered: reason == "", Reason: reason}
}

func (d *detection) get(ctx context.Context, path string) (client.Answer, error) {
	return d.cluster.Send(ctx, client.Request{Method: http.MethodGet, Path: path})
}

// items are the objects of a list.
func items(answer client.Answer) []any {
	found, _ := partial.Field(answer.Object, "items")
	list, _ := found.([]any)
	return list
}

func text(object any, path string) string {
	value, err := partial.Field(object, path)
	if err != nil || value == nil {
		return ""
	}
	return partial.Text(value)
}

func (d *detection) dns(ctx context.Context) error {
	// Every DNS add-on carries the label and most the name, which the documentation promises.
	// https://kubernetes.io/docs/tasks/administer-cluster/dns-custom-nameservers/
	answer, err := d.get(ctx, "/api/v1/namespaces/kube-system/services?labelSelector=k8s-app%3Dkube-dns&limit=1")
	if err != nil {
		return err
	}
	switch {
	case answer.Refused():
		d.found(DNS, "the Services of kube-system cannot be listed: "+brief(answer))
	case len(items(answer)) == 0:
		d.found(DNS, "no Service in kube-system has the label k8s-app=kube-dns")
	default:
		d.found(DNS, "")
	}
	return nil
}

func (d *detection) storage(ctx context.Context) error {
	answer, err := d.get(ctx, "/apis/storage.k8s.io/v1/storageclasses")
	if err != nil {
		return err
	}
	if answer.Refused() {
		d.found(DefaultStorageClass, "StorageClasses cannot be listed: "+brief(answer))
		return nil
	}
	classes := items(answer)
	for _, class := range classes {
		if text(class, "metadata.annotations['storageclass.kubernetes.io/is-default-class']") == "true" {
			d.found(DefaultStorageClass, "")
			return nil
		}
	}
	d.found(DefaultStorageClass, fmt.Sprintf("none of %s is the default", count(len(classes), "StorageClass", "StorageClasses")))
	return nil
}

func (d *detection) metrics(ctx context.Context) error {
	answer, err := d.get(ctx, "/apis/metrics.k8s.io/v1beta1/nodes?limit=1")
	if err != nil {
		return err
	}
	switch {
	case answer.Code == http.StatusNotFound:
		d.found(Metrics, "the cluster does not serve metrics.k8s.io/v1beta1")
	case answer.Refused():
		d.found(Metrics, "the metrics of Nodes cannot be read: "+brief(answer))
	default:
		d.found(Metrics, "")
	}
	return nil
}

func (d *detection) apis(ctx context.Context) error {
	answer, err := d.get(ctx, "/apis")
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if answer.Refused() {
		d.set.unlisted = "the API groups cannot be listed: " + brief(answer)
		return nil
	}
	groups, _ := partial.Field(answer.Object, "groups")
	list, _ := groups.([]any)
	for _, group := range list {
		versions, _ := partial.Field(group, "versions")
		served, _ := versions.([]any)
		for _, version := range served {
			d.set.versions[text(version, "groupVersion")] = true
		}
	}
	return nil
}

// brief is why a request was refused, in one line.
func brief(answer client.Answer) string {
	line, _, _ := strings.Cut(strings.TrimPrefix(answer.String(), "refused with "), "\n")
	return line
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
