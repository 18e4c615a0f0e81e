package steps_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/steps"
	"github.com/seatrial/seatrial/steps/standin"
)

// given is the state before the When of the tests below.
const given = `
	a ConfigMap "settings":
	data: {colour: blue}

	I watch ConfigMap objects

	I patch ConfigMap "settings":
	data: {size: small}

	I try to get ConfigMap "nothing"`

func TestAnOutcomeThatIsTrueBeforeTheWhenIsFound(t *testing.T) {
	world, err := play(t, standin.Start(t), given)
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]bool{
		`ConfigMap "settings" exists`:                                      true,
		"ConfigMap \"settings\" matches:\ndata: {colour: blue}":            true,
		"ConfigMap \"settings\" matches:\ndata: {colour: red}":             false,
		`within 30 seconds, data.colour of ConfigMap "settings" is "blue"`: true,
		`within 30 seconds, data.colour of ConfigMap "settings" is "red"`:  false,
		`there are exactly 1 ConfigMap objects`:                            true,
		`ConfigMap "other" is gone`:                                        true,
		`creating ConfigMap "other" would be accepted`:                     true,
		`data.colour of ConfigMap "other" is "<none>"`:                     false, // it does not exist
		`data.colour of ConfigMap "settings" is "${later}"`:                false, // the variable has no value yet
		`for 3 seconds, ConfigMap "settings" exists`:                       false, // about the time after the When
		`as before, ConfigMap "settings" exists`:                           false, // allowed to be true
		`it is refused with 404 NotFound`:                                  false, // the answer to the When is still to come
		`the output is "x"`:                                                false,
		`the forwarded port answers "/" with "x"`:                          false,
		`running "true" in Pod "web" prints "x"`:                           false, // there is no such Pod
		"within 9 seconds, the watch has seen:\n| MODIFIED settings |":     true,
		"within 9 seconds, the watch has seen:\n| DELETED settings |":      false,
		"Widget \"one\" matches:\nspec: {}":                                false, // the kind does not exist yet
		`I delete ConfigMap "settings"`:                                    false, // no outcome: it is not done
	} {
		// The watch delivers in its own time.
		if strings.Contains(line, "MODIFIED") {
			match, text, table := understand(t, line)
			if err := world.Perform(t.Context(), match, text, table); err != nil {
				t.Fatal(err)
			}
		}
		match, text, table := understand(t, line)
		got, err := world.AlreadyTrue(t.Context(), match, text, table)
		if err != nil || got != want {
			t.Errorf("%s: got %v, %v; want %v", line, got, err, want)
		}
	}
}

func TestALookBeforeTheWhenLeavesNoTrace(t *testing.T) {
	server := standin.Start(t)
	world, err := play(t, server, given)
	if err != nil {
		t.Fatal(err)
	}
	before := len(server.Objects())
	for _, line := range []string{
		`creating ConfigMap "other" would be accepted`, `I delete ConfigMap "settings"`, "the watch has seen:\n| MODIFIED settings |",
	} {
		match, text, table := understand(t, line)
		if _, err := world.AlreadyTrue(t.Context(), match, text, table); err != nil {
			t.Fatal(err)
		}
	}
	if after := len(server.Objects()); after != before {
		t.Errorf("%d objects, before %d", after, before)
	}
	// The answer is still that of the scenario, and the watch still delivers.
	for _, line := range []string{`it is refused with 404 NotFound`, "within 9 seconds, the watch has seen:\n| MODIFIED settings |"} {
		match, text, table := understand(t, line)
		if err := world.Perform(t.Context(), match, text, table); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestWhatIsAsBeforeHasToBeSoBefore(t *testing.T) {
	world, err := play(t, standin.Start(t), given)
	if err != nil {
		t.Fatal(err)
	}
	match, text, table := understand(t, `as before, ConfigMap "settings" does not exist`)
	_, err = world.AlreadyTrue(t.Context(), match, text, table)
	var broken *steps.Broken
	if !errors.As(err, &broken) || !strings.Contains(err.Error(), "not so before the When") {
		t.Errorf("got %v", err)
	}
	if err := world.Perform(t.Context(), match, text, table); err == nil {
		t.Error("it holds after the When")
	}
}

func TestAnInterruptedLookSaysNothing(t *testing.T) {
	server := standin.Start(t)
	world, err := play(t, server, given)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	server.Refuse = func(*http.Request) *metav1.Status { cancel(); return nil }
	match, text, table := understand(t, `ConfigMap "settings" exists`)
	if got, err := world.AlreadyTrue(ctx, match, text, table); got || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v", got, err)
	}
}
