package api_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/seatrial/seatrial/reference/api"
	"github.com/seatrial/seatrial/reference/api/scheme"
)

// documents are the objects that writes are compared with upstream by: at least one of each kind with every field.
const documents = "../../fixtures/parity/objects"

// FuzzDocuments sends whole, valid objects with a few changes through what the table does with them: nothing may panic, and the same
// object gets the same answer twice. data names a document, then changes: two bytes for the place, one for what happens there.
func FuzzDocuments(f *testing.F) {
	docs := readDocuments(f)
	for i := range docs {
		f.Add([]byte{byte(i >> 8), byte(i)})
		for what := range byte(8) {
			f.Add([]byte{byte(i >> 8), byte(i), 0, 7 * what, what, 1, 13 * what, what + 1, 0, 3 * what, what + 2})
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 2 {
			t.Skip("names no document")
		}
		doc := docs[(int(data[0])<<8|int(data[1]))%len(docs)]
		old, ok := doc.read(doc.json)
		if !ok {
			t.Fatalf("cannot read %s", doc.json)
		}
		var tree any
		if err := json.Unmarshal(doc.json, &tree); err != nil {
			t.Fatal(err)
		}
		for change := range slices.Chunk(data[2:], 3) {
			if len(change) == 3 {
				tree = changed(tree, int(change[0])<<8|int(change[1]), change[2])
			}
		}
		text, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		obj, ok := doc.read(text)
		if !ok {
			t.Skip("no client can send it")
		}
		first, second := answers(t, doc.row, obj, old), answers(t, doc.row, obj, old)
		if first != second {
			t.Errorf("%s\n%s\nis answered by\n%s\nand by\n%s", doc.row.Kind, text, first, second)
		}
	})
}

// document is an object of a kind, as JSON.
type document struct {
	row  api.Resource
	json []byte
}

func (d document) read(text []byte) (runtime.Object, bool) {
	obj := d.row.New()
	if json.Unmarshal(text, obj) != nil {
		return nil, false
	}
	if m, err := meta.Accessor(obj); err == nil && d.row.Scope == api.Namespaced {
		m.SetNamespace(metav1.NamespaceDefault)
	}
	scheme.Scheme.Default(obj)
	return obj, true
}

func readDocuments(f *testing.F) (docs []document) {
	rows := map[string]api.Resource{}
	for _, row := range api.Resources() {
		hub := row.Hub
		if hub.Empty() {
			hub = row.Served[0]
		}
		rows[hub.String()+" "+row.Kind] = row
	}
	files, err := filepath.Glob(filepath.Join(documents, "*.yaml"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no documents in %s: %v", documents, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".cases.yaml") {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for part := range bytes.SplitSeq(data, []byte("\n---\n")) {
			text, err := yaml.YAMLToJSON(part)
			if err != nil {
				f.Fatalf("read %s: %v", file, err)
			}
			var is metav1.TypeMeta
			if err := json.Unmarshal(text, &is); err != nil {
				f.Fatalf("read %s: %v", file, err)
			}
			d := document{rows[is.APIVersion+" "+is.Kind], text}
			if d.row.New == nil { // not a row: custom resource definitions, or of another version
				continue
			}
			if _, ok := d.read(text); ok {
				docs = append(docs, d)
			}
		}
	}
	return docs
}

// answers is all that is said about an object as a new one and as an update, and what becomes of it.
func answers(t *testing.T, row api.Resource, obj, old runtime.Object) string {
	t.Helper()
	fresh, again := obj.DeepCopyObject(), obj.DeepCopyObject()
	var out strings.Builder
	for _, said := range [][]string{create(row, fresh), update(row, again, old.DeepCopyObject())} {
		for _, s := range said {
			out.WriteString(s + "\n")
		}
	}
	out.Write(encoded(t, fresh))
	out.Write(encoded(t, again))
	return madeUp.ReplaceAllString(out.String(), "x")
}

// madeUp is what is another each time: the name of a limit range without one, the time of a condition.
var madeUp = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)

// changed returns a tree with one change at a place, counted in depth first order.
func changed(tree any, place int, what byte) any {
	n := size(tree)
	place %= n
	return at(tree, &place, func(v any) any { return replacement(v, what) })
}

func size(v any) int {
	n := 1
	switch v := v.(type) {
	case map[string]any:
		for _, x := range v {
			n += size(x)
		}
	case []any:
		for _, x := range v {
			n += size(x)
		}
	}
	return n
}

func at(v any, place *int, change func(any) any) any {
	*place--
	if *place < 0 {
		*place = 1 << 30
		return change(v)
	}
	switch v := v.(type) {
	case map[string]any:
		for _, k := range sortedKeys(v) {
			if v[k] = at(v[k], place, change); v[k] == nil {
				delete(v, k)
			}
		}
	case []any:
		for i := range v {
			v[i] = at(v[i], place, change)
		}
	}
	return v
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// replacement is something else in place of a value: nothing, an edge of its type, another form, one entry more.
func replacement(v any, what byte) any {
	texts := []string{
		"", " ", "-", "0", "-1", "a/b", "a/b/c", "*", "*.a", ".", "..", "/", "a:b", "@every 1h", "10%", "1e400", "::1", "1.2.3.4/33", "fe80::1%eth0",
		"\x00", "\u2028", strings.Repeat("a", 254), strings.Repeat("a.", 130), "A_B", "kubernetes.io/x", "{{", "self.spec", "self.x[0] ==", "None", "In", "Exists",
		"2026-01-02T03:04:05Z", "metadata.name", "metadata.labels['", "spec.nodeName", "ConfigMap", "Node", "Always", "Never", "TCP", "SCTP", "IPv6", "65536", "9999999999999999999", "1Gi", "-1Mi", "0.5n",
	}
	numbers := []float64{0, -1, 1, 2147483647, -2147483648, 65536, 101, 4294967295}
	switch v := v.(type) {
	case string:
		return texts[int(what)%len(texts)]
	case float64:
		return numbers[int(what)%len(numbers)]
	case bool:
		if what%3 == 0 {
			return nil
		}
		return !v
	case []any:
		switch {
		case what%4 == 0 || len(v) == 0:
			return []any{}
		case what%4 == 1:
			return append(slices.Clone(v), v...)
		case what%4 == 2:
			return append(slices.Clone(v), map[string]any{})
		}
		return nil
	case map[string]any:
		switch what % 3 {
		case 0:
			return map[string]any{}
		case 1:
			return nil
		}
		out := map[string]any{texts[int(what)%len(texts)]: "x"}
		maps.Copy(out, v)
		return out
	}
	return nil
}
