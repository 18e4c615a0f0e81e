// Package inventory proves that a run leaves a cluster as it found it: it lists what is there before and after, by metadata alone, and
// tells what the run left or touched.
package inventory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seatrial/seatrial/steps/client"
)

// Bounds of one inventory.
const (
	limit   = 60 * time.Second
	atATime = 16
)

// Snapshot is what was in the cluster at a time. Of every object it keeps hashes, about 300 bytes in all.
type Snapshot struct {
	// Taken is when it was begun, by the clock here; Took how long it took.
	Taken time.Time
	Took  time.Duration
	// Unlisted names the kinds that could not be listed, with the reason.
	Unlisted []string

	// listed holds the kinds that were listed; unknown those that were not, and as ".group" the groups that could not be looked into.
	listed, unknown map[string]bool
	objects         map[key]mark
}

// Kinds is how many kinds were listed.
func (s Snapshot) Kinds() int { return len(s.listed) }

// Objects is how many objects were found.
func (s Snapshot) Objects() int { return len(s.objects) }

// key names an object. Its kind is with the group, such as "Deployment.apps", without the version.
type key struct{ kind, namespace, name string }

// Take lists the cluster with the rights of the kubeconfig. What may not be listed, or is not listed within a minute, is told in
// Unlisted. The error says that nothing could be found out at all.
func Take(ctx context.Context, cluster *client.Cluster) (Snapshot, error) {
	taken := time.Now()
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	kinds, reasons, err := cluster.Kinds.Listable(bounded)
	if err != nil {
		return Snapshot{}, fmt.Errorf("take inventory: %w", err)
	}
	t := &taking{cluster: cluster, names: map[string]string{}}
	t.snapshot = Snapshot{Taken: taken, Unlisted: reasons, listed: map[string]bool{}, unknown: map[string]bool{}, objects: map[key]mark{}}
	for _, reason := range reasons {
		group, _, _ := strings.Cut(reason, "/")
		t.snapshot.unknown["."+group] = true
	}
	t.all(bounded, slices.DeleteFunc(kinds, passing))
	if ctx.Err() != nil {
		return Snapshot{}, fmt.Errorf("take inventory: %w", context.Cause(ctx))
	}
	t.snapshot.Took = time.Since(taken)
	slices.Sort(t.snapshot.Unlisted)
	return t.snapshot, nil
}

// passing reports whether the objects of a kind are no part of the state of a cluster: events, and what is computed when it is asked for.
func passing(kind client.Kind) bool {
	return kind.Kind == "Event" || kind.Kind == "ComponentStatus" || strings.HasSuffix(kind.Group, "metrics.k8s.io")
}

// taking is one inventory under way.
type taking struct {
	cluster  *client.Cluster
	mu       sync.Mutex
	snapshot Snapshot
	names    map[string]string
}

func (t *taking) all(ctx context.Context, kinds []client.Kind) {
	var running sync.WaitGroup
	places := make(chan struct{}, atATime)
	for _, kind := range kinds {
		running.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			err := t.list(ctx, kind)
			t.mu.Lock()
			defer t.mu.Unlock()
			if err != nil {
				t.snapshot.unknown[called(kind)] = true
				t.snapshot.Unlisted = append(t.snapshot.Unlisted, fmt.Sprintf("%s: %v", kind.GroupResource(), err))
				return
			}
			t.snapshot.listed[called(kind)] = true
		})
	}
	running.Wait()
}

// called names a kind so that two snapshots agree in it.
func called(kind client.Kind) string {
	if kind.Group == "" {
		return kind.Kind
	}
	return kind.Kind + "." + kind.Group
}

// keep takes the objects of one answer in.
func (t *taking) keep(kind string, found []described) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, object := range found {
		object.key.kind = kind
		object.key.namespace = t.shared(object.key.namespace)
		object.mark.run, object.mark.scenario = t.shared(object.mark.run), t.shared(object.mark.scenario)
		t.snapshot.objects[object.key] = object.mark
	}
}

// shared keeps each text that many objects have only once.
func (t *taking) shared(text string) string {
	if known, ok := t.names[text]; ok {
		return known
	}
	own := strings.Clone(text)
	t.names[own] = own
	return own
}
