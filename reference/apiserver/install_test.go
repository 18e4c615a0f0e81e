package apiserver

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// pieces counts writes.
type pieces int

func (p *pieces) Write(data []byte) (int, error) {
	*p++
	return len(data), nil
}

func TestListsAreEncodedObjectByObject(t *testing.T) {
	list := &corev1.ConfigMapList{Items: make([]corev1.ConfigMap, 3)}
	for _, mediaType := range []string{runtime.ContentTypeJSON, runtime.ContentTypeProtobuf} {
		info, ok := runtime.SerializerInfoForMediaType(served().SupportedMediaTypes(), mediaType)
		if !ok {
			t.Fatalf("%s is not served", mediaType)
		}
		var written pieces
		if err := served().EncoderForVersion(info.Serializer, corev1.SchemeGroupVersion).Encode(list, &written); err != nil {
			t.Fatal(err)
		}
		if int(written) <= len(list.Items) {
			t.Errorf("a list of %d objects is written as %s in %d pieces, want one for each object", len(list.Items), mediaType, written)
		}
	}
}
