package steps

import (
	"testing"

	"sigs.k8s.io/yaml"
)

func TestADaemonSetIsReadyWhenEveryNodeHasItsNewPod(t *testing.T) {
	for status, want := range map[string]string{
		"{observedGeneration: 2, desiredNumberScheduled: 2, numberReady: 2, updatedNumberScheduled: 2}": "",
		"{observedGeneration: 1, desiredNumberScheduled: 2, numberReady: 2, updatedNumberScheduled: 2}": "status.observedGeneration is 1 of 2",
		"{observedGeneration: 2, desiredNumberScheduled: 2, numberReady: 1, updatedNumberScheduled: 2}": "status.numberReady is 1 of 2",
		"{observedGeneration: 2, desiredNumberScheduled: 2, numberReady: 2, updatedNumberScheduled: 1}": "status.updatedNumberScheduled is 1 of 2",
		"{observedGeneration: 2, desiredNumberScheduled: 0}":                                            "status.numberReady is 0 of 0",
	} {
		var object map[string]any
		if err := yaml.Unmarshal([]byte("metadata: {generation: 2}\nstatus: "+status), &object); err != nil {
			t.Fatal(err)
		}
		whole(object)
		got := ""
		if err := daemonsReady(object); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", status, got, want)
		}
	}
}

// whole makes whole numbers of what YAML reads, as the client of the cluster does.
func whole(object map[string]any) {
	for key, value := range object {
		switch value := value.(type) {
		case float64:
			object[key] = int64(value)
		case map[string]any:
			whole(value)
		}
	}
}
