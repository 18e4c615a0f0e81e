package evidence

import (
	"fmt"
	"slices"
)

// observing are the kinds whose controllers always report the generation that they have looked at.
var observing = []string{ //nolint:gochecknoglobals // a constant
	"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController", "PodDisruptionBudget", "HorizontalPodAutoscaler",
}

// idleController finds an object whose controller has not looked at its present specification.
func idleController(e Evidence) Cause {
	for _, object := range e.Objects {
		if cause := idle(object); cause.Sentence != "" {
			return cause
		}
	}
	return Cause{}
}

func idle(object map[string]any) Cause {
	generation, seen := number(object, "metadata.generation"), number(object, "status.observedGeneration")
	reports := field(object, "status.observedGeneration") != ""
	switch {
	case field(object, "metadata.deletionTimestamp") != "":
		return Cause{}
	case reports && seen < generation:
		return Cause{Sentence: fmt.Sprintf("The controller of %s has not looked at generation %d, only at generation %d.", called(object), generation, seen)}
	case !reports && slices.Contains(observing, kind(object)) && generation > 0:
		return Cause{Sentence: fmt.Sprintf("The controller of %s has done nothing: it has not looked at generation %d.", called(object), generation)}
	case is(object, "Job") && field(object, "status.startTime") == "" && field(object, "spec.suspend") != "true":
		return Cause{Sentence: fmt.Sprintf("The controller of %s has done nothing: the Job has no start time.", called(object))}
	}
	return Cause{}
}

// heldObject finds an object that cannot go since nobody takes its finalizers off.
func heldObject(e Evidence) Cause {
	for _, object := range e.Objects {
		if field(object, "metadata.deletionTimestamp") == "" {
			continue
		}
		if is(object, "Namespace") {
			if name(object) == e.Namespace {
				return Cause{Sentence: Terminating(object)}
			}
			continue
		}
		if finalizers := finalizersOf(object); finalizers != "" {
			return Cause{Sentence: fmt.Sprintf("%s is being deleted since %s and waits for its finalizers: %s.",
				called(object), field(object, "metadata.deletionTimestamp"), finalizers)}
		}
	}
	return Cause{}
}
