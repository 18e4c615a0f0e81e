package scheme

import (
	"cmp"
	"maps"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// FuzzFieldSelectors: every selector of every kind is understood or refused.
func FuzzFieldSelectors(f *testing.F) {
	f.Add(uint16(0), "metadata.name=a,spec.nodeName!=b")
	f.Add(uint16(9), `status.phase==a\,b,metadata.namespace=`)
	f.Add(uint16(30), "involvedObject.kind=Pod,,=")
	kinds := slices.SortedFunc(maps.Keys(Scheme.AllKnownTypes()), func(a, b schema.GroupVersionKind) int { return cmp.Compare(a.String(), b.String()) })
	f.Fuzz(func(t *testing.T, which uint16, text string) {
		selector, err := fields.ParseSelector(text)
		if err != nil {
			t.Skip("not a selector")
		}
		_, _ = selector.Transform(func(field, value string) (string, string, error) {
			return Scheme.ConvertFieldLabel(kinds[int(which)%len(kinds)], field, value)
		})
	})
}
