package inventory

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/steps"
	"github.com/seatrial/seatrial/steps/client"
)

// volume is the kind that outlives the Namespace of its claim.
const volume = "PersistentVolume"

// mark is what is remembered of an object.
type mark struct {
	uid        uint64
	generation int64
	// labels, annotations, finalizers and owners are hashes.
	labels, annotations, finalizers, owners uint64
	// kit and kubectl are hashes of what their field managers wrote; 0 when they wrote nothing. wrote names the fields of the kit.
	kit, kubectl uint64
	wrote        string
	// others tells that somebody else wrote to it.
	others   bool
	owned    bool
	deleting bool
	created  time.Time
	// run and scenario are the kit's labels; claim is the Namespace of the claim of a PersistentVolume.
	run, scenario, claim string
}

type described struct {
	key  key
	mark mark
}

// describe reads the marks of objects.
func describe(items []item) []described {
	found := make([]described, len(items))
	for i := range items {
		o := &items[i]
		m := mark{
			uid: hash(string(o.UID)), generation: o.Generation, labels: hashOf(o.Labels), annotations: hashOf(o.Annotations),
			finalizers: hash(strings.Join(o.Finalizers, "\n")), owners: hashOwners(o.OwnerReferences), owned: len(o.OwnerReferences) > 0,
			deleting: o.DeletionTimestamp != nil, created: o.CreationTimestamp.Time, run: o.Labels[steps.RunLabel],
			scenario: o.Labels[steps.ScenarioLabel], claim: strings.Clone(o.Spec.ClaimRef.Namespace),
		}
		m.written(o.ManagedFields)
		found[i] = described{key{namespace: o.Namespace, name: strings.Clone(o.Name)}, m}
	}
	return found
}

// written takes note of who wrote to the object.
func (m *mark) written(entries []metav1.ManagedFieldsEntry) {
	var fields []string
	for _, entry := range entries {
		fields1 := []byte(nil)
		if entry.FieldsV1 != nil {
			fields1 = entry.FieldsV1.GetRawBytes()
		}
		sum := hash(fmt.Sprint(entry.Manager, entry.Operation, entry.Subresource, entry.Time, string(fields1)))
		switch {
		case entry.Manager == client.Manager:
			m.kit ^= sum
			fields = append(fields, leading(fields1)...)
		case strings.HasPrefix(entry.Manager, "kubectl"):
			m.kubectl ^= sum
		default:
			m.others = true
		}
	}
	slices.Sort(fields)
	m.wrote = strings.Join(slices.Compact(fields), ", ")
}

// leading names the fields of an entry, two levels deep: "data.colour".
func leading(fields []byte) []string {
	var tree map[string]map[string]json.RawMessage
	if json.Unmarshal(fields, &tree) != nil {
		return nil
	}
	var names []string
	for _, top := range slices.Sorted(maps.Keys(tree)) {
		outer := strings.TrimPrefix(top, "f:")
		before := len(names)
		for _, inner := range slices.Sorted(maps.Keys(tree[top])) {
			if inner != "." {
				names = append(names, outer+"."+strings.TrimPrefix(inner, "f:"))
			}
		}
		if len(names) == before {
			names = append(names, outer)
		}
	}
	const shown = 8
	return names[:min(len(names), shown)]
}

func hash(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // never fails
	return h.Sum64()
}

// hashOf is the same for the same entries in whatever order.
func hashOf(entries map[string]string) uint64 {
	var sum uint64
	for key, value := range entries {
		sum ^= hash(key + "\x00" + value)
	}
	return sum
}

func hashOwners(owners []metav1.OwnerReference) uint64 {
	var sum uint64
	for _, owner := range owners {
		sum ^= hash(owner.Kind + "\x00" + owner.Name + "\x00" + string(owner.UID))
	}
	return sum
}
