package steps_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/seatrial/seatrial/steps"
	"github.com/seatrial/seatrial/steps/standin"
)

// twoWatches are begun at different times: the second one misses the first object.
const twoWatches = `
	I watch ConfigMap objects

	a ConfigMap "first"

	I watch ConfigMap objects

	a ConfigMap "second"

	I delete ConfigMap "second"

	`

func TestEveryWatchMustHaveSeenTheEvents(t *testing.T) {
	for outcome, want := range map[string]string{
		"within 5 seconds, every watch has seen:\n| ADDED second |\n| DELETED second |": "",
		// Others may lie between the events, but their order counts.
		"within 5 seconds, every watch has seen:\n| DELETED second |\n| ADDED second |": `"ADDED second" has not been seen`,
		// The first watch has seen it, the second one has not.
		"within 1 second, every watch has seen:\n| ADDED first |\n| ADDED second |": `"ADDED first" has not been seen; seen so far: ["ADDED second" "DELETED second"]`,
	} {
		_, err := play(t, standin.Start(t), twoWatches+outcome)
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: got %v, want %q", outcome, err, want)
		}
	}
}

func TestAWatchBeginsAtAVersion(t *testing.T) {
	const script = `
		a ConfigMap "first"

		metadata.resourceVersion of ConfigMap "first" is noted as "version"

		a ConfigMap "second"

		I watch ConfigMap objects from version "${version}"

		within %s, the watch has seen:
		| ADDED %s |`
	if _, err := play(t, standin.Start(t), strings.NewReplacer("%s,", "5 seconds,", "%s |", "second |").Replace(script)); err != nil {
		t.Error(err)
	}
	_, err := play(t, standin.Start(t), strings.NewReplacer("%s,", "1 second,", "%s |", "first |").Replace(script))
	if err == nil || !strings.Contains(err.Error(), `seen so far: ["ADDED second"]`) {
		t.Errorf("got %v", err)
	}
}

func TestAWatchThatHasSeenOthersIsToldOf(t *testing.T) {
	const script = `
		I watch ConfigMap objects with label "colour=red"

		a ConfigMap "first":
		metadata: {labels: {colour: red}}

		a ConfigMap "second":
		metadata: {labels: {colour: blue}}

		I delete ConfigMap "first"

		`
	for outcome, want := range map[string]string{
		"within 5 seconds, the watch has seen nothing but:\n| ADDED first |\n| DELETED first |": "",
		"within 5 seconds, the watch has seen:\n| DELETED first |":                              "",
		"within 1 second, the watch has seen nothing but:\n| DELETED first |":                   `seen so far: ["ADDED first" "DELETED first"], want nothing but ["DELETED first"]`,
		"within 1 second, the watch has seen nothing but:\n| ADDED first |\n| ADDED second |":   `want nothing but ["ADDED first" "ADDED second"]`,
	} {
		_, err := play(t, standin.Start(t), script+outcome)
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: got %v, want %q", outcome, err, want)
		}
	}
}

func TestWhatNoWatchTellsIsAFaultOfTheFeature(t *testing.T) {
	_, err := play(t, standin.Start(t), "the watch has seen:\n| ADDED first |")
	if _, ok := errors.AsType[*steps.Broken](err); !ok {
		t.Errorf("got %v", err)
	}
}
