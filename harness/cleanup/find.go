// Package cleanup removes what runs have left in a cluster. It knows their objects by the label that the kit puts on all it makes.
package cleanup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/steps"
	"github.com/seatrial/seatrial/steps/client"
)

// metadataOnly asks for lists without specs; a server that cannot do that sends everything.
const metadataOnly = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"

// sideBySide is how many requests are made at a time.
const sideBySide = 8

// Object is one object that a run made.
type Object struct {
	Kind client.Kind
	// Run is the id of the run that made it.
	Run  string
	Meta metav1.ObjectMeta
	// why is what the object waits for while it is being deleted.
	why string
}

// Name names the object for people.
func (o Object) Name() string {
	if o.Meta.Namespace != "" {
		return o.Kind.Kind + " " + o.Meta.Namespace + "/" + o.Meta.Name
	}
	return o.Kind.Kind + " " + o.Meta.Name
}

func (o Object) path() string { return o.Kind.Path(o.Meta.Namespace, o.Meta.Name, "") }

// Found is what there is of a run, or of all runs.
type Found struct {
	Objects []Object
	// Unlisted names the kinds that could not be looked at, with the reason.
	Unlisted []string
}

// Find looks for the objects of the run, of whatever kind; the empty run means all runs.
func Find(ctx context.Context, cluster *client.Cluster, run string) (Found, error) {
	selector := steps.RunLabel
	if run != "" {
		selector += "=" + run
	}
	kinds, reasons, err := cluster.Kinds.Listable(ctx)
	if err != nil {
		return Found{}, err
	}
	found := Found{Unlisted: reasons}
	var mu sync.Mutex
	each(kinds, func(kind client.Kind) {
		objects, err := list(ctx, cluster, kind.Path("", "", ""), selector)
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			found.Unlisted = append(found.Unlisted, kind.Kind+": "+err.Error())
		}
		for _, meta := range objects {
			found.Objects = append(found.Objects, Object{Kind: kind, Run: meta.Labels[steps.RunLabel], Meta: meta})
		}
	})
	if err := ctx.Err(); err != nil {
		return found, fmt.Errorf("find objects: %w", context.Cause(ctx))
	}
	found.Objects = unique(found.Objects)
	slices.Sort(found.Unlisted)
	return found, nil
}

// Runs groups the objects by the run that made them.
func (f Found) Runs() map[string][]Object {
	runs := map[string][]Object{}
	for _, o := range f.Objects {
		runs[o.Run] = append(runs[o.Run], o)
	}
	return runs
}

// Newest is when the youngest of the objects was made.
func Newest(objects []Object) time.Time {
	var newest time.Time
	for _, o := range objects {
		if o.Meta.CreationTimestamp.After(newest) {
			newest = o.Meta.CreationTimestamp.Time
		}
	}
	return newest
}

// list lists the metadata of the objects that bear the label.
func list(ctx context.Context, cluster *client.Cluster, path, selector string) ([]metav1.ObjectMeta, error) {
	query := url.Values{}
	if selector != "" {
		query.Set("labelSelector", selector)
	}
	answer, err := cluster.Send(ctx, client.Request{Method: http.MethodGet, Path: path, Accept: metadataOnly, Query: query})
	if err != nil {
		return nil, err
	}
	switch {
	case answer.Code == http.StatusNotFound, answer.Code == http.StatusMethodNotAllowed:
		return nil, nil // it went since the cluster told its kinds, or does not list after all
	case answer.Refused():
		return nil, errors.New(answer.String())
	}
	var objects metav1.PartialObjectMetadataList
	if err := json.Unmarshal(answer.Body, &objects); err != nil {
		return nil, fmt.Errorf("read list %s: %w", path, err)
	}
	metas := make([]metav1.ObjectMeta, len(objects.Items))
	for i := range objects.Items {
		metas[i] = objects.Items[i].ObjectMeta
	}
	return metas, nil
}

// unique drops objects that several groups serve, such as events, and puts the others in order.
func unique(objects []Object) []Object {
	slices.SortFunc(objects, func(a, b Object) int {
		return strings.Compare(string(a.Meta.UID)+a.path(), string(b.Meta.UID)+b.path())
	})
	objects = slices.CompactFunc(objects, func(a, b Object) bool { return a.Meta.UID != "" && a.Meta.UID == b.Meta.UID })
	slices.SortFunc(objects, func(a, b Object) int { return strings.Compare(a.path(), b.path()) })
	return objects
}

// each calls do for everything, a few at a time.
func each[T any](all []T, do func(T)) {
	var running sync.WaitGroup
	places := make(chan struct{}, sideBySide)
	for _, one := range all {
		places <- struct{}{}
		running.Go(func() {
			defer func() { <-places }()
			do(one)
		})
	}
	running.Wait()
}
