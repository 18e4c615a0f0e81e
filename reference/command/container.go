//go:build linux

package command

import (
	"fmt"
	"net"
	"strconv"

	"github.com/seatrial/seatrial/reference/cluster"
	"github.com/seatrial/seatrial/reference/host"
)

// placeInContainer makes this process's container the node. The API is served
// on the container's address only; docker publishes it on --api-port of the
// host's loopback address, or not at all.
func (f *allInOneFlags) placeInContainer(o *cluster.Options) error {
	if err := o.Place.PrepareContainer(); err != nil {
		return err
	}
	lock, err := o.Place.Lock()
	if err != nil {
		return err
	}
	o.Held = lock
	ip, err := host.ContainerAddress()
	if err != nil {
		return err
	}
	o.NodeIP = ip
	o.Server = "https://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(f.apiPort))
	if f.apiPort == 0 {
		o.Server = "https://" + net.JoinHostPort(ip.String(), strconv.Itoa(cluster.APIPort))
	}
	record := cluster.Record{Name: o.Place.Name, APIPort: f.apiPort, NodeIP: ip, Server: o.Server}
	if err := record.Write(o.Place); err != nil {
		return fmt.Errorf("container %s: %w", ip, err)
	}
	return nil
}
