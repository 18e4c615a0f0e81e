package capability

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/partial"
	"github.com/seatrial/seatrial/steps/wait"
)

// Bounds of probes. A cluster that is slower counts as one that does not offer the capability; --offer says otherwise.
const (
	addressLimit = time.Minute      // for a load balancer to get its address
	podLimit     = time.Minute      // for the Pods of a probe to run
	policyLimit  = 10 * time.Second // for a policy to be enforced
)

// Probe finds out what only a trial can tell: it makes a Service of type LoadBalancer, or two Pods and a NetworkPolicy, in a Namespace
// that the caller made and removes. Others of the names are left as they are.
func (s Set) Probe(ctx context.Context, cluster *client.Cluster, namespace string, names []string) (Set, error) {
	p := &probe{cluster: cluster, namespace: namespace}
	trials := map[string]func(context.Context) error{LoadBalancer: p.loadBalancer, NetworkPolicy: p.networkPolicy}
	var mu sync.Mutex
	var offer []string
	reasons := map[string]string{}
	var running sync.WaitGroup
	for name, trial := range trials {
		if !slices.Contains(names, name) {
			continue
		}
		running.Go(func() {
			err := trial(ctx)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				reasons[name] = err.Error()
			} else {
				offer = append(offer, name)
			}
		})
	}
	running.Wait()
	if ctx.Err() != nil {
		return s, fmt.Errorf("probe the cluster: %w", context.Cause(ctx))
	}
	found, err := s.Override(offer, nil)
	for name, reason := range reasons {
		found.findings[name] = Finding{Reason: reason}
	}
	return found, err
}

type probe struct {
	cluster   *client.Cluster
	namespace string
}

func (p *probe) loadBalancer(ctx context.Context) error {
	service := `{"apiVersion":"v1","kind":"Service","metadata":{"name":"probe"},"spec":{"type":"LoadBalancer","selector":{"app":"probe"},"ports":[{"port":80}]}}`
	if err := p.create(ctx, "/api/v1/namespaces/"+p.namespace+"/services", service); err != nil {
		return err
	}
	// A cloud takes its balancer back only when the Service goes; the Namespace may outlive the run.
	defer p.remove(ctx, "/api/v1/namespaces/"+p.namespace+"/services/probe")
	return p.await(ctx, "services", "probe", addressLimit, func(service map[string]any) error {
		if ingress, _ := partial.Field(service, "status.loadBalancer.ingress[0]"); ingress == nil {
			return wait.Notf("a Service of type LoadBalancer gets no address")
		}
		return nil
	})
}

// networkPolicy shows that a connection is possible, and that a policy which allows none ends that.
func (p *probe) networkPolicy(ctx context.Context) error {
	const pod = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":%q,"labels":{"app":%q}},"spec":{"terminationGracePeriodSeconds":0,` +
		`"automountServiceAccountToken":false,"containers":[{"name":"main","image":%q,"args":["netexec","--http-port=8080"]}]}}`
	for _, name := range []string{"server", "caller"} {
		if err := p.create(ctx, "/api/v1/namespaces/"+p.namespace+"/pods", fmt.Sprintf(pod, name, name, p.cluster.Images.Agnhost)); err != nil {
			return err
		}
	}
	var address string
	for _, name := range []string{"caller", "server"} {
		err := p.await(ctx, "pods", name, podLimit, func(pod map[string]any) error {
			if address = text(pod, "status.podIP"); text(pod, "status.phase") != "Running" || address == "" {
				return wait.Notf("a Pod of the probe is %s", text(pod, "status.phase"))
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if err := wait.Within(ctx, p.connects(address, true), policyLimit); err != nil {
		return fmt.Errorf("two Pods without any policy cannot connect: %w", err)
	}
	policy := `{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"probe"},"spec":{"podSelector":{"matchLabels":{"app":"server"}},"policyTypes":["Ingress"]}}`
	if err := p.create(ctx, "/apis/networking.k8s.io/v1/namespaces/"+p.namespace+"/networkpolicies", policy); err != nil {
		return err
	}
	if err := wait.Within(ctx, p.connects(address, false), policyLimit); err != nil {
		return errors.New("a Pod still takes connections 10 seconds after a NetworkPolicy forbids them")
	}
	return nil
}

func (p *probe) connects(address string, wanted bool) wait.Observer {
	const every = 500 * time.Millisecond
	return wait.Probe(every, func(ctx context.Context) error {
		output, err := p.cluster.Exec(ctx, client.Command{
			Namespace: p.namespace, Pod: "caller", Argv: []string{"/agnhost", "connect", "--timeout=1s", address + ":8080"},
		})
		if err != nil {
			return wait.Notf("%v", err)
		}
		if (output.Code == 0) != wanted {
			return wait.Notf("a connection ends with exit code %d", output.Code)
		}
		return nil
	})
}

func (p *probe) create(ctx context.Context, path, object string) error {
	if !json.Valid([]byte(object)) {
		return fmt.Errorf("create %s: the object is not JSON", path)
	}
	answer, err := p.cluster.Send(ctx, client.Request{Method: http.MethodPost, Path: path, Body: []byte(object)})
	if err == nil && answer.Refused() {
		err = fmt.Errorf("it cannot be tried: POST %s is %s", path, answer)
	}
	return err
}

func (p *probe) remove(ctx context.Context, path string) {
	_, _ = p.cluster.Send(context.WithoutCancel(ctx), client.Request{Method: http.MethodDelete, Path: path})
}

func (p *probe) await(ctx context.Context, resource, name string, limit time.Duration, check func(map[string]any) error) error {
	objects := p.cluster.Dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: resource}).Namespace(p.namespace)
	observe := wait.Objects(objects, wait.Selector{Fields: "metadata.name=" + name}, func(found []*unstructured.Unstructured) error {
		if len(found) == 0 {
			return wait.Notf("%s %q is not there", resource, name)
		}
		return check(found[0].Object)
	})
	return wait.Within(ctx, observe, limit)
}
