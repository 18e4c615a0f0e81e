// Package plugins lists the scheduler's plugins in the order in which they
// are asked, with the weights of upstream's default profile.
package plugins

import (
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes"
	corev1listers "k8s.io/client-go/listers/core/v1"
	storagev1listers "k8s.io/client-go/listers/storage/v1"

	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/plugins/imagelocality"
	"github.com/seatrial/seatrial/reference/scheduler/plugins/interpodaffinity"
	"github.com/seatrial/seatrial/reference/scheduler/plugins/nodeaffinity"
	"github.com/seatrial/seatrial/reference/scheduler/plugins/nodename"
	"github.com/seatrial/seatrial/reference/scheduler/plugins/nodeports"
	"github.com/seatrial/seatrial/reference/scheduler/plugins/noderesources"
	"github.com/seatrial/seatrial/reference/scheduler/plugins/nodeunschedulable"
	"github.com/seatrial/seatrial/reference/scheduler/plugins/podtopologyspread"
	"github.com/seatrial/seatrial/reference/scheduler/plugins/tainttoleration"
	"github.com/seatrial/seatrial/reference/scheduler/plugins/volumebinding"
	"github.com/seatrial/seatrial/reference/scheduler/plugins/volumerestrictions"
)

// Weighted is a plugin with the weight of its score, which is used only if
// the plugin scores.
type Weighted struct {
	plugin.Plugin
	Weight int64
}

// Sources are what plugins read besides pods and nodes, and where they write.
type Sources struct {
	Client  kubernetes.Interface
	Claims  corev1listers.PersistentVolumeClaimLister
	Volumes corev1listers.PersistentVolumeLister
	Classes storagev1listers.StorageClassLister
	// NamespaceLabels returns the labels of a namespace, nil if there is none.
	NamespaceLabels func(name string) labels.Set
	// VolumesChanged returns a channel that is closed at the next change of a
	// claim or volume.
	VolumesChanged func() <-chan struct{}
}

// Default returns the plugins, cheap filters first.
func Default(s Sources) []Weighted {
	return []Weighted{
		{nodeunschedulable.Plugin{}, 0},
		{nodename.Plugin{}, 0},
		{tainttoleration.Plugin{}, 3},
		{nodeaffinity.Plugin{}, 2},
		{nodeports.Plugin{}, 0},
		{noderesources.Fit{}, 1},
		{volumerestrictions.Plugin{Claims: s.Claims}, 0},
		{volumebinding.Plugin{Client: s.Client, Claims: s.Claims, Volumes: s.Volumes, Classes: s.Classes, Changed: s.VolumesChanged}, 0},
		{&podtopologyspread.Plugin{}, 2},
		{&interpodaffinity.Plugin{NamespaceLabels: s.NamespaceLabels}, 2},
		{noderesources.Balanced{}, 1},
		{imagelocality.Plugin{}, 1},
	}
}
