package validation_test

import (
	_ "embed"
	"reflect"
	"strings"
	"testing"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/seatrial/seatrial/reference/api"
	"github.com/seatrial/seatrial/reference/api/scheme"
)

//go:embed testdata/valid.yaml
var validObjects string

// documents returns the valid objects as YAML, by kind.
func documents() map[string]string {
	docs := map[string]string{}
	for doc := range strings.SplitSeq(validObjects, "\n---\n") {
		_, after, _ := strings.Cut(doc, "kind: ")
		kind, _, _ := strings.Cut(after, "\n")
		docs[kind] = doc
	}
	return docs
}

func rows() map[string]api.Resource {
	byKind := map[string]api.Resource{}
	for _, r := range api.Resources() {
		byKind[r.Kind] = r
	}
	return byKind
}

// object is the valid object of a kind with a merge patch applied, and with defaults.
func object(t *testing.T, kind, patch string) runtime.Object {
	t.Helper()
	base, err := yaml.YAMLToJSONStrict([]byte(documents()[kind]))
	if err != nil {
		t.Fatal(err)
	}
	change, err := yaml.YAMLToJSONStrict([]byte(patch))
	if err != nil {
		t.Fatalf("patch: %v", err)
	}
	merged, err := jsonpatch.MergePatch(base, change)
	if err != nil {
		t.Fatal(err)
	}
	obj, _, err := scheme.Codecs.UniversalDeserializer().Decode(merged, nil, rows()[kind].New())
	if err != nil {
		t.Fatal(err)
	}
	scheme.Scheme.Default(obj)
	return obj
}

// TestValidObjects holds that a valid object of every kind is accepted, and may be written again.
func TestValidObjects(t *testing.T) {
	docs := documents()
	for kind, row := range rows() {
		t.Run(kind, func(t *testing.T) {
			if kind == "CertificateSigningRequest" {
				t.Skip("has tests of its own, with a key")
			}
			if docs[kind] == "" {
				t.Fatal("no valid object in testdata")
			}
			obj := object(t, kind, "{}")
			if errs := row.Validate(t.Context(), obj); len(errs) > 0 {
				t.Errorf("create: %v", errs)
			}
			obj.(metav1.Object).SetResourceVersion("1")
			before := obj.DeepCopyObject()
			if errs := row.ValidateUpdate(t.Context(), obj, before); len(errs) > 0 {
				t.Errorf("update: %v", errs)
			}
			if row.Status {
				if errs := row.ValidateStatusUpdate(t.Context(), obj, before); len(errs) > 0 {
					t.Errorf("status update: %v", errs)
				}
			}
			if !reflect.DeepEqual(obj, before) {
				t.Error("validation changed the object")
			}
		})
	}
}

// TestEveryRowIsValidated holds that no kind is stored as it comes.
func TestEveryRowIsValidated(t *testing.T) {
	for kind, row := range rows() {
		if row.Validate == nil || row.ValidateUpdate == nil || row.Status && row.ValidateStatusUpdate == nil {
			t.Errorf("%s is not validated", kind)
			continue
		}
		if errs := row.Validate(t.Context(), row.New()); len(errs) == 0 {
			t.Errorf("%s: an empty object is accepted", kind)
		}
	}
}

// invalid is a change that is refused: want is the start of each error.
type invalid struct {
	kind, patch string
	want        []string
}

func checkInvalid(t *testing.T, tests []invalid) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.kind+" "+test.patch, func(t *testing.T) {
			compare(t, rows()[test.kind].Validate(t.Context(), object(t, test.kind, test.patch)), test.want)
		})
	}
}

// checkInvalidUpdates applies the patch as an update of the valid object.
func checkInvalidUpdates(t *testing.T, tests []invalid) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.kind+" "+test.patch, func(t *testing.T) {
			old, obj := object(t, test.kind, "{metadata: {resourceVersion: '1'}}"), object(t, test.kind, test.patch)
			obj.(metav1.Object).SetResourceVersion("1")
			compare(t, rows()[test.kind].ValidateUpdate(t.Context(), obj, old), test.want)
		})
	}
}

func compare(t *testing.T, errs field.ErrorList, want []string) {
	t.Helper()
	var got []string
	for _, err := range errs {
		got = append(got, err.Error())
	}
	left := append([]string{}, got...)
	for _, w := range want {
		found := false
		for i, g := range left {
			if strings.HasPrefix(g, w) {
				left, found = append(left[:i], left[i+1:]...), true
				break
			}
		}
		if !found {
			t.Errorf("no error %q", w)
		}
	}
	if t.Failed() || len(left) > 0 {
		t.Errorf("errors:\n%s", strings.Join(got, "\n"))
	}
}
