package steps

import (
	"errors"
	"fmt"
)

// Broken is the error of a step that cannot tell anything about the cluster, because the feature file or the kit is wrong.
type Broken struct{ Cause error }

func (e *Broken) Error() string { return e.Cause.Error() }

// Unwrap gives the cause.
func (e *Broken) Unwrap() error { return e.Cause }

// Blocked is the error of a step that was kept from making the world the scenario needs: by admission, a quota, missing rights.
type Blocked struct{ Cause error }

func (e *Blocked) Error() string { return e.Cause.Error() }

// Unwrap gives the cause.
func (e *Blocked) Unwrap() error { return e.Cause }

// errNoAnswer tells that a sentence about an answer follows no request.
var errNoAnswer = errors.New("no request was made before this step")

// refusal is the error of an action that had to be accepted.
type refusal struct{ what, answer string }

func (e *refusal) Error() string { return fmt.Sprintf("%s: %s", e.what, e.answer) }
