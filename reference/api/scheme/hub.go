package scheme

import (
	"strings"

	"k8s.io/apimachinery/pkg/conversion"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
)

// addHub registers the kinds of version a second time as the internal version
// of their group. Option and list types of apimachinery stay external.
func addHub(s *runtime.Scheme, version schema.GroupVersion) {
	internal := schema.GroupVersion{Group: version.Group, Version: runtime.APIVersionInternal}
	for kind, goType := range s.KnownTypes(version) {
		if strings.HasPrefix(goType.PkgPath(), "k8s.io/apimachinery/") {
			continue
		}
		obj, err := s.New(version.WithKind(kind))
		utilruntime.Must(err)
		s.AddKnownTypeWithName(internal.WithKind(kind), obj)
	}
}

// addConversions registers the conversion between a spoke and its hub, both ways.
func addConversions[S, H any](s *runtime.Scheme, toHub func(*S, *H) error, fromHub func(*H, *S) error) {
	utilruntime.Must(s.AddConversionFunc((*S)(nil), (*H)(nil), func(a, b any, _ conversion.Scope) error {
		return toHub(a.(*S), b.(*H))
	}))
	utilruntime.Must(s.AddConversionFunc((*H)(nil), (*S)(nil), func(a, b any, _ conversion.Scope) error {
		return fromHub(a.(*H), b.(*S))
	}))
}

// convertItems converts the items of a list; a nil list stays nil.
func convertItems[A, B any](in []A, convert func(*A, *B) error) ([]B, error) {
	if in == nil {
		return nil, nil
	}
	out := make([]B, len(in))
	for i := range in {
		if err := convert(&in[i], &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}
