package plugin

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// Event is a change in the cluster that may let a waiting pod through.
type Event struct {
	Kind EventKind
	// OldNode and Node are set for node events; OldNode is nil when the node is new.
	OldNode, Node *corev1.Node
	// Pod is the pod of a pod event, as it is now or was last. OldPod is set
	// when it has changed.
	OldPod, Pod *snapshot.Pod
}

// EventKind says what has happened.
type EventKind string

// The events. What is not listed here wakes nobody.
const (
	NodeAdded      EventKind = "NodeAdded"
	NodeUpdated    EventKind = "NodeUpdated"    // labels, taints, allocatable or unschedulable changed
	NodeRemoved    EventKind = "NodeRemoved"    // matters to topology spread only
	PodAssigned    EventKind = "PodAssigned"    // another pod was placed on a node
	PodChanged     EventKind = "PodChanged"     // an assigned pod changed its labels or requests
	PodRemoved     EventKind = "PodRemoved"     // an assigned pod ended or was deleted
	VolumesChanged EventKind = "VolumesChanged" // claims, volumes, classes
	Namespaces     EventKind = "Namespaces"     // labels of a namespace changed
)
