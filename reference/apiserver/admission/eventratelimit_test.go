package admission

import (
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const eventLimits = "apiVersion: eventratelimit.admission.k8s.io/v1alpha1\nkind: Configuration\nlimits:\n"

func TestEventsAreLimited(t *testing.T) {
	event := func(namespace, object string) request {
		return request{path: "events", user: "joe", obj: &corev1.Event{
			ObjectMeta: meta(namespace, "e"), Source: corev1.EventSource{Component: "c", Host: "h"},
			InvolvedObject: corev1.ObjectReference{Kind: "Pod", Namespace: namespace, Name: object, UID: "u", APIVersion: "v1", FieldPath: "f", ResourceVersion: "7"},
		}}
	}
	ann := event("a", "x")
	ann.user = "ann"
	dry := event("a", "x")
	dry.dryRun = true
	update := event("a", "x")
	update.old = update.obj
	newer := event("a", "x")
	newer.path = "events.k8s.io/events"
	x, y, z := event("a", "x"), event("a", "y"), event("b", "z")
	tests := map[string]struct { // the texts are upstream's; "" means admitted
		limits   string
		requests []request
		want     []string
	}{
		"server":             {"- {type: Server, qps: 1, burst: 2}", []request{x, y, z}, []string{"", "", "Too many requests: limit reached on type Server for key "}},
		"namespace":          {"- {type: Namespace, qps: 1, burst: 1}", []request{x, y, z}, []string{"", "Too many requests: limit reached on type Namespace for key a", ""}},
		"user":               {"- {type: User, qps: 1, burst: 1}", []request{x, ann, z}, []string{"", "", "Too many requests: limit reached on type User for key joe"}},
		"source and object":  {"- {type: SourceAndObject, qps: 1, burst: 1}", []request{x, y, x}, []string{"", "", "Too many requests: limit reached on type SourceAndObject for key chPodaxuv1"}},
		"cache forgets":      {"- {type: SourceAndObject, qps: 1, burst: 1, cacheSize: 1}", []request{x, y, x}, []string{"", "", ""}},
		"several":            {"- {type: Server, qps: 1, burst: 1}\n- {type: User, qps: 1, burst: 1}", []request{x, x}, []string{"", "Too many requests: [limit reached on type Server for key , limit reached on type User for key joe]"}},
		"updates count":      {"- {type: Server, qps: 1, burst: 1}", []request{update, x}, []string{"", "limit reached"}},
		"dry runs do not":    {"- {type: Server, qps: 1, burst: 1}", []request{dry, dry, x}, []string{"", "", ""}},
		"newer API does not": {"- {type: Server, qps: 1, burst: 1}", []request{newer, newer, x}, []string{"", "", ""}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := start(t, configured(newEventRateLimit, eventLimits+tt.limits), nil)
				for i, r := range tt.requests {
					expect(t, b.run(t, r), tt.want[i])
				}
			})
		})
	}
	t.Run("time gives tokens back", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := start(t, configured(newEventRateLimit, eventLimits+"- {type: Server, qps: 2, burst: 1}"), nil)
			expect(t, b.run(t, x), "")
			expect(t, b.run(t, x), "limit reached")
			<-time.After(500 * time.Millisecond)
			expect(t, b.run(t, x), "")
		})
	})
	t.Run("other objects are not", func(t *testing.T) {
		b := start(t, configured(newEventRateLimit, eventLimits+"- {type: Server, qps: 1, burst: 1}"), nil)
		for range 3 {
			expect(t, b.run(t, request{path: "configmaps", obj: &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "c"}}}), "")
		}
	})
}
