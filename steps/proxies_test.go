package steps_test

import (
	"errors"
	"testing"

	"github.com/seatrial/seatrial/steps"
	"github.com/seatrial/seatrial/steps/standin"
)

func TestAProxyThatWasNotStartedIsAFaultOfTheFeature(t *testing.T) {
	_, err := play(t, standin.Start(t), "the proxy answers \"/api/\" with:\nkind: APIVersions")
	if _, ok := errors.AsType[*steps.Broken](err); !ok {
		t.Errorf("got %v", err)
	}
}
