// Package plugins lists the scheduler's plugins in the order in which they
// are asked, with the weights of upstream's default profile.
package plugins

import (
	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/plugins/imagelocality"
	"github.com/seatrial/seatrial/reference/scheduler/plugins/nodeaffinity"
	"github.com/seatrial/seatrial/reference/scheduler/plugins/nodename"
	"github.com/seatrial/seatrial/reference/scheduler/plugins/nodeports"
	"github.com/seatrial/seatrial/reference/scheduler/plugins/noderesources"
	"github.com/seatrial/seatrial/reference/scheduler/plugins/nodeunschedulable"
	"github.com/seatrial/seatrial/reference/scheduler/plugins/tainttoleration"
)

// Weighted is a plugin with the weight of its score, which is used only if
// the plugin scores.
type Weighted struct {
	plugin.Plugin
	Weight int64
}

// Default returns the plugins, cheap filters first.
func Default() []Weighted {
	return []Weighted{
		{nodeunschedulable.Plugin{}, 0},
		{nodename.Plugin{}, 0},
		{tainttoleration.Plugin{}, 3},
		{nodeaffinity.Plugin{}, 2},
		{nodeports.Plugin{}, 0},
		{noderesources.Fit{}, 1},
		{noderesources.Balanced{}, 1},
		{imagelocality.Plugin{}, 1},
	}
}
