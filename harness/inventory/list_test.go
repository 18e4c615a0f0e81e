package inventory_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/seatrial/seatrial/harness/inventory"
)

// asProtobuf writes a list as an API server does that was asked for metadata in protobuf.
func asProtobuf(t *testing.T, objects []any) []byte {
	t.Helper()
	text, err := json.Marshal(map[string]any{"items": objects})
	if err != nil {
		t.Fatal(err)
	}
	var list metav1.PartialObjectMetadataList
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	raw, err := list.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	envelope := runtime.Unknown{TypeMeta: runtime.TypeMeta{APIVersion: "meta.k8s.io/v1", Kind: "PartialObjectMetadataList"}, Raw: raw}
	body, err := envelope.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return append([]byte("k8s\x00"), body...)
}

func TestMetadataIsReadAsProtobuf(t *testing.T) {
	objects := world(t, before)
	s := &store{objects: objects}
	s.answer = func(w http.ResponseWriter, r *http.Request, plural string) bool {
		if !strings.Contains(r.Header.Get("Accept"), "protobuf;as=PartialObjectMetadataList") {
			return false // volumes are asked for whole
		}
		w.Header().Set("Content-Type", "application/vnd.kubernetes.protobuf")
		_, _ = w.Write(asProtobuf(t, objects[plural]))
		return true
	}
	plain := take(t, &store{objects: objects})
	got := take(t, s)
	if got.Objects() != plain.Objects() || got.Kinds() != plain.Kinds() {
		t.Errorf("%d objects of %d kinds, want %d of %d; %q", got.Objects(), got.Kinds(), plain.Objects(), plain.Kinds(), got.Unlisted)
	}
	if difference := inventory.Compare(plain, got, run); len(difference.Left)+len(difference.Touched) > 0 {
		t.Errorf("the same objects differ: %+v", difference)
	}
}

func TestAListThatExpiresGoesOn(t *testing.T) {
	s := &store{objects: map[string][]any{}}
	const many = 1200
	for i := range many {
		s.objects["secrets"] = append(s.objects["secrets"], map[string]any{"metadata": map[string]any{"name": strings.Repeat("x", i+1)}})
	}
	expired := false
	s.answer = func(w http.ResponseWriter, r *http.Request, _ string) bool {
		if r.URL.Query().Get("continue") == "" || expired {
			return false
		}
		expired = true
		w.WriteHeader(http.StatusGone)
		_, _ = w.Write([]byte(`{"kind":"Status","code":410,"reason":"Expired","metadata":{"continue":"500"}}`))
		return true
	}
	if got := take(t, s); got.Objects() != many || !expired {
		t.Errorf("%d objects, %q", got.Objects(), got.Unlisted)
	}
}

func TestAnInventoryThatIsGivenUpIsAnError(t *testing.T) {
	s := &store{objects: world(t, before)}
	s.answer = func(_ http.ResponseWriter, r *http.Request, _ string) bool {
		<-r.Context().Done()
		return true
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := inventory.Take(ctx, open(t, s)); err == nil || !strings.HasPrefix(err.Error(), "take inventory: ") {
		t.Errorf("got %v", err)
	}
}
