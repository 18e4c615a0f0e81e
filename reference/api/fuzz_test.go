package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/endpoints/request"
	"sigs.k8s.io/randfill"

	"github.com/seatrial/seatrial/reference/api"
	"github.com/seatrial/seatrial/reference/api/scheme"
)

// Without -fuzz, this many objects of each kind are tried, of growing size.
const (
	seeds     = 12
	seedBytes = 1024
)

// FuzzObjects sends any object of any kind through what the table does with it: nothing may panic, and defaults that are set
// again change nothing.
func FuzzObjects(f *testing.F) {
	rows := api.Resources()
	random := rand.New(rand.NewPCG(1, 36)) //nolint:gosec // the same in every run
	for i := range rows {
		f.Add(byte(i), []byte{})
		for n := range seeds {
			data := make([]byte, (n+1)*seedBytes)
			for k := range data {
				data[k] = byte(random.Uint32())
			}
			f.Add(byte(i), data)
		}
	}
	f.Fuzz(func(t *testing.T, which byte, data []byte) {
		row := rows[int(which)%len(rows)]
		obj, ok := decodable(row, data)
		if !ok {
			t.Skip("no client can send it")
		}
		scheme.Scheme.Default(obj)
		first := encoded(t, obj)
		scheme.Scheme.Default(obj)
		if second := encoded(t, obj); !bytes.Equal(first, second) {
			t.Errorf("%s: defaults set again change\n%s\nto\n%s", row.Kind, first, second)
		}
		create(row, obj.DeepCopyObject())
		half, _ := decodable(row, data[len(data)/2:])
		if half == nil {
			half = row.New()
		}
		scheme.Scheme.Default(half)
		update(row, obj, half)
	})
}

// create does with a new object what the table says, and returns what it says about it.
func create(row api.Resource, obj runtime.Object) (said []string) {
	ctx := request.WithNamespace(context.Background(), metav1.NamespaceDefault)
	if row.PrepareCreate != nil {
		row.PrepareCreate(ctx, obj)
	}
	if row.Validate != nil {
		said = texts(row.Validate(ctx, obj))
	}
	if len(said) == 0 && row.Complete != nil {
		row.Complete(obj)
	}
	if len(said) == 0 && row.Warnings != nil {
		said = row.Warnings(ctx, obj, nil)
	}
	if row.Fields != nil {
		said = append(said, row.Fields(obj).String())
	}
	for _, column := range row.Columns {
		said = append(said, fmt.Sprint(column.Cell(obj)))
	}
	return said
}

func update(row api.Resource, obj, old runtime.Object) (said []string) {
	ctx := request.WithNamespace(context.Background(), metav1.NamespaceDefault)
	status := obj.DeepCopyObject()
	if row.PrepareUpdate != nil {
		row.PrepareUpdate(ctx, obj, old)
	}
	if row.Validate != nil {
		said = texts(row.Validate(ctx, obj))
	}
	if row.ValidateUpdate != nil {
		said = append(said, texts(row.ValidateUpdate(ctx, obj, old))...)
	}
	if len(said) == 0 && row.Warnings != nil {
		said = row.Warnings(ctx, obj, old)
	}
	if row.PrepareStatusUpdate != nil {
		row.PrepareStatusUpdate(ctx, status, old)
	}
	if row.ValidateStatusUpdate != nil {
		said = append(said, texts(row.ValidateStatusUpdate(ctx, status, old))...)
	}
	return said
}

// texts sorts: the library says what is wrong with labels in the order of a map.
func texts(errs field.ErrorList) (out []string) {
	for _, err := range errs {
		out = append(out, err.Error())
	}
	slices.Sort(out)
	return out
}

// decodable makes an object from the bytes, as it is when it has been read from JSON.
func decodable(row api.Resource, data []byte) (runtime.Object, bool) {
	obj := row.New()
	randfill.NewFromGoFuzz(data).NilChance(.3).NumElements(0, 2).MaxDepth(12).Funcs(
		func(q *resource.Quantity, c randfill.Continue) {
			*q = *resource.NewMilliQuantity(c.Int63(), resource.DecimalSI)
		},
		func(v *intstr.IntOrString, c randfill.Continue) {
			if *v = intstr.FromInt32(c.Int31()); c.Bool() {
				*v = intstr.FromString(c.String(0))
			}
		},
		func(r *runtime.RawExtension, _ randfill.Continue) { r.Raw = []byte(`{"kind":"Any","apiVersion":"v1"}`) },
		func(m *metav1.FieldsV1, _ randfill.Continue) { m.SetRawBytes([]byte(`{}`)) },
		func(p *metav1.TypeMeta, _ randfill.Continue) { *p = metav1.TypeMeta{} },
	).Fill(obj)
	text, err := json.Marshal(obj)
	if err != nil {
		return nil, false
	}
	read := row.New()
	if json.Unmarshal(text, read) != nil {
		return nil, false
	}
	if m, err := meta.Accessor(read); err == nil && row.Scope == api.Namespaced {
		m.SetNamespace(metav1.NamespaceDefault)
	}
	return read, true
}

func encoded(t *testing.T, obj runtime.Object) []byte {
	t.Helper()
	text, err := json.Marshal(obj)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
