package scheme

import (
	"math/rand"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	"k8s.io/apimachinery/pkg/api/equality"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seatrial/seatrial/reference/api"
)

// TestEveryRowRoundTrips holds that an object of each row survives encoding in
// each served version, as JSON and as protobuf.
func TestEveryRowRoundTrips(t *testing.T) {
	for _, r := range api.Resources() {
		for _, version := range r.Served {
			for _, mediaType := range []string{runtime.ContentTypeJSON, runtime.ContentTypeProtobuf} {
				t.Run(version.String()+"/"+r.Plural+"/"+mediaType, func(t *testing.T) {
					info, ok := runtime.SerializerInfoForMediaType(Codecs.SupportedMediaTypes(), mediaType)
					if !ok {
						t.Fatalf("no serializer for %s", mediaType)
					}
					hub := schema.GroupVersion{Group: version.Group, Version: runtime.APIVersionInternal}
					codec := Codecs.CodecForVersions(info.Serializer, info.Serializer, version, hub)
					in := r.New()
					in.(metav1.Object).SetName("one")
					in.(metav1.Object).SetLabels(map[string]string{"a": "b"})
					Scheme.Default(in)
					data, err := runtime.Encode(codec, in.DeepCopyObject())
					if err != nil {
						t.Fatal(err)
					}
					out, gvk, err := codec.Decode(data, nil, nil)
					if err != nil {
						t.Fatal(err)
					}
					if want := version.WithKind(r.Kind); *gvk != want {
						t.Errorf("encoded as %s, want %s", gvk, want)
					}
					out.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{})
					if !equality.Semantic.DeepEqual(in, out) {
						t.Errorf("changed by a round trip (-before +after):\n%s", cmp.Diff(in, out))
					}
				})
			}
		}
	}
}

func TestPublicHasNoInternalVersion(t *testing.T) {
	for gvk := range Public.AllKnownTypes() {
		// WatchEvent is registered as internal for every group by apimachinery.
		if gvk.Version == runtime.APIVersionInternal && gvk.Kind != "WatchEvent" {
			t.Errorf("%s is public", gvk)
		}
	}
}

func TestFieldLabelsComeFromTheRows(t *testing.T) {
	for _, test := range []struct {
		gvk         schema.GroupVersionKind
		label, want string // want is empty when the label is refused
	}{
		{corev1.SchemeGroupVersion.WithKind("Pod"), "spec.nodeName", "spec.nodeName"},
		{corev1.SchemeGroupVersion.WithKind("Pod"), "metadata.name", "metadata.name"},
		{corev1.SchemeGroupVersion.WithKind("Pod"), "spec.hostname", ""},
		{corev1.SchemeGroupVersion.WithKind("ConfigMap"), "metadata.namespace", "metadata.namespace"},
		{corev1.SchemeGroupVersion.WithKind("ConfigMap"), "data", ""},
		{corev1.SchemeGroupVersion.WithKind("Event"), "involvedObject.kind", "involvedObject.kind"},
		{schema.GroupVersionKind{Group: "events.k8s.io", Version: "v1", Kind: "Event"}, "regarding.kind", "involvedObject.kind"},
		{schema.GroupVersionKind{Group: "events.k8s.io", Version: "v1", Kind: "Event"}, "involvedObject.kind", ""},
	} {
		got, _, err := Scheme.ConvertFieldLabel(test.gvk, test.label, "x")
		if (err != nil) != (test.want == "") || got != test.want {
			t.Errorf("%s %s: got %q, %v, want %q", test.gvk.Kind, test.label, got, err, test.want)
		}
	}
}

func TestParameterCodecDecodesOptions(t *testing.T) {
	v1 := corev1.SchemeGroupVersion
	var logs corev1.PodLogOptions
	query := url.Values{"container": {"c"}, "follow": {"true"}, "tailLines": {"5"}, "sinceTime": {"2026-01-02T03:04:05Z"}, "stream": {"Stdout"}}
	if err := ParameterCodec.DecodeParameters(query, v1, &logs); err != nil {
		t.Fatal(err)
	}
	if logs.Container != "c" || !logs.Follow || *logs.TailLines != 5 || logs.SinceTime.Year() != 2026 || *logs.Stream != "Stdout" {
		t.Errorf("log options: %+v", logs)
	}
	var exec corev1.PodExecOptions
	if err := ParameterCodec.DecodeParameters(url.Values{"command": {"sh", "-c"}, "stdin": {"1"}, "tty": {"false"}}, v1, &exec); err != nil {
		t.Fatal(err)
	}
	if !cmp.Equal(exec.Command, []string{"sh", "-c"}) || !exec.Stdin || exec.TTY {
		t.Errorf("exec options: %+v", exec)
	}
	var ports corev1.PodPortForwardOptions
	if err := ParameterCodec.DecodeParameters(url.Values{"ports": {"80,81"}}, v1, &ports); err != nil {
		t.Fatal(err)
	}
	if !cmp.Equal(ports.Ports, []int32{80, 81}) {
		t.Errorf("ports: %v", ports.Ports)
	}
	if err := ParameterCodec.DecodeParameters(url.Values{"tailLines": {"many"}}, v1, &logs); err == nil {
		t.Error("tailLines=many was accepted")
	}
}

func TestParameterCodecDecodesMetaOptions(t *testing.T) {
	var opts metav1.DeleteOptions
	if err := ParameterCodec.DecodeParameters(url.Values{"propagationPolicy": {"Foreground"}}, corev1.SchemeGroupVersion, &opts); err != nil {
		t.Fatal(err)
	}
	if *opts.PropagationPolicy != metav1.DeletePropagationForeground {
		t.Errorf("got %v", opts.PropagationPolicy)
	}
}

func randomObjects(t *testing.T) interface{ Fill(obj any) } {
	t.Helper()
	return fuzzer.FuzzerFor(metafuzzer.Funcs, rand.NewSource(1), Codecs)
}
