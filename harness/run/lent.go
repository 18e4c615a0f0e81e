package run

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seatrial/seatrial/harness/cleanup"
	"github.com/seatrial/seatrial/steps"
	"github.com/seatrial/seatrial/steps/client"
)

// house is where scenarios get their Namespaces from.
type house interface {
	// prepare hears which scenarios come next. It does not wait.
	prepare(scenarios []string)
	// take gives a scenario a Namespace for itself.
	take(ctx context.Context, scenario string) (string, error)
	// release takes it back, with what is in it. It does not wait.
	release(name string)
	// remaining lists the Namespaces that hold something of the run.
	remaining() []string
	// drop begins to remove all that is left.
	drop()
	// await waits for that, and lists what does not go.
	await(ctx context.Context, limit time.Duration) []string
}

// emptyLimit is how long what a scenario made in a lent Namespace may take to go.
const emptyLimit = 90 * time.Second

// lent are existing Namespaces, for who may not make any. Each is given to one scenario at a time, and emptied after it.
type lent struct {
	cluster *client.Cluster
	kinds   []client.Kind
	kept    map[string]bool // what was there before, by kind and name
	free    chan string
	none    chan struct{} // closed when none can be used any more

	mu      sync.Mutex
	usable  int
	used    map[string]string // what holds something of the run, and why it could not be emptied
	working sync.WaitGroup
}

// lend takes Namespaces that hold nothing but what a Namespace has by itself or an administrator puts there: they are going to be emptied.
func lend(ctx context.Context, cluster *client.Cluster, names []string) (*lent, error) {
	kinds, _, err := cluster.Kinds.Listable(ctx)
	if err != nil {
		return nil, err
	}
	l := &lent{
		cluster: cluster, kinds: kinds, kept: map[string]bool{}, free: make(chan string, len(names)), none: make(chan struct{}),
		usable: len(names), used: map[string]string{},
	}
	for _, name := range names {
		answer, err := cluster.Send(ctx, client.Request{Method: http.MethodGet, Path: "/api/v1/namespaces/" + name})
		if err == nil && answer.Code == http.StatusNotFound {
			err = errors.New("it does not exist")
		}
		if err != nil {
			return nil, &Refused{fmt.Errorf("use namespace %q: %w", name, err)}
		}
		var strangers []string
		for _, o := range cleanup.Inside(ctx, cluster, kinds, name) {
			if furniture(o) {
				l.kept[o.Name()] = true
			} else {
				strangers = append(strangers, o.Name())
			}
		}
		if len(strangers) > 0 {
			return nil, &Refused{fmt.Errorf("use namespace %q: it is not empty, and the run removes what is in it: there is %s", name, few(strangers))}
		}
		l.free <- name
	}
	return l, nil
}

// lent takes the Namespaces of the options; nil when there are none. What a killed process has left in them is removed first.
func (p *Plan) lent(ctx context.Context, cluster *client.Cluster) (*lent, error) {
	if len(p.Namespaces) == 0 {
		return nil, nil
	}
	if p.past != nil {
		found, err := cleanup.Find(ctx, cluster, p.past.Run.ID)
		if err != nil {
			return nil, err
		}
		cleanup.Remove(ctx, cluster, found.Objects, func(cleanup.Object) {}) // what it leaves is found to be there
	}
	return lend(ctx, cluster, p.Namespaces)
}

// furniture reports whether an object belongs to the Namespace and not to a workload. What has an owner goes with that.
func furniture(o cleanup.Object) bool {
	if len(o.Meta.OwnerReferences) > 0 {
		return true
	}
	switch o.Kind.Kind {
	case "ServiceAccount", "LimitRange", "ResourceQuota", "NetworkPolicy", "Role", "RoleBinding":
		return true
	case "ConfigMap":
		return slices.Contains([]string{"kube-root-ca.crt", "openshift-service-ca.crt"}, o.Meta.Name)
	case "Secret":
		return o.Meta.Annotations["kubernetes.io/service-account.name"] != ""
	}
	return false
}

func (l *lent) prepare([]string) {}

func (l *lent) take(ctx context.Context, _ string) (string, error) {
	select {
	case name := <-l.free:
		l.mu.Lock()
		defer l.mu.Unlock()
		l.used[name] = ""
		return name, nil
	case <-l.none:
		return "", &steps.Blocked{Cause: errors.New("take a namespace: none could be emptied of what was made in it: " + strings.Join(l.reasons(), "; "))}
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

func (l *lent) release(name string) {
	l.working.Go(func() {
		l.removeEvents(name)
		err := cleanup.Empty(context.Background(), l.cluster, l.kinds, name, func(o cleanup.Object) bool { return l.kept[o.Name()] }, emptyLimit)
		l.mu.Lock()
		defer l.mu.Unlock()
		if err != nil {
			l.used[name] = err.Error()
			if l.usable--; l.usable == 0 {
				close(l.none)
			}
			return
		}
		delete(l.used, name)
		l.free <- name
	})
}

// removeEvents deletes the Events, which nobody waits for since controllers make new ones, but of which the next scenario may make one of
// the same name. Who may not delete them cannot have made any.
func (l *lent) removeEvents(name string) {
	ctx, cancel := context.WithTimeout(context.Background(), oneRequest)
	defer cancel()
	_, _ = l.cluster.Send(ctx, client.Request{Method: http.MethodDelete, Path: "/api/v1/namespaces/" + name + "/events"})
}

func (l *lent) remaining() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var names []string
	for name := range l.used {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (l *lent) reasons() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var reasons []string
	for name, why := range l.used {
		if why != "" {
			reasons = append(reasons, "in Namespace "+name+": "+why)
		}
	}
	slices.Sort(reasons)
	return reasons
}

func (l *lent) drop() {}

func (l *lent) await(context.Context, time.Duration) []string {
	l.working.Wait() // each has its limit
	return l.reasons()
}
