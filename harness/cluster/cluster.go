// Package cluster starts and removes reference clusters: as a process on this
// host, or as containers of a Docker engine.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// DefaultName is the name of a cluster when the user gives none.
const DefaultName = "seatrial"

// Spec is what a user asks for. Zero fields mean the defaults.
type Spec struct {
	Name    string
	APIPort int           // on 127.0.0.1; 0 means a free one
	Wait    time.Duration // how long to wait for the nodes to be Ready
	// Args are flags that the API server and the other components get, with upstream's names.
	Args []string
}

// Info describes a cluster that is there.
type Info struct {
	Name   string `json:"name"`
	Driver string `json:"driver"`
	State  string `json:"state"`            // running or stopped
	Server string `json:"server,omitempty"` // URL of the API, for clients on this host
	PID    int    `json:"pid,omitempty"`    // of the host driver's process
	Log    string `json:"log,omitempty"`    // where to read what went wrong
}

// The states of a cluster.
const (
	Running = "running"
	Stopped = "stopped"
)

// Driver runs clusters in one way. All methods may be repeated: Up of a running
// cluster and Down of a missing one succeed.
type Driver interface {
	// Up starts the named cluster, with the data that an earlier one of this name left,
	// and returns when its nodes are Ready.
	Up(ctx context.Context, spec Spec, progress Progress) error
	// Down removes the cluster and everything that belongs to it.
	Down(ctx context.Context, name string) error
	// Info returns ErrNotFound when there is no such cluster.
	Info(ctx context.Context, name string) (Info, error)
	// List returns the clusters of this driver.
	List(ctx context.Context) ([]Info, error)
	// Kubeconfig returns the administrator's kubeconfig, for clients on this host.
	Kubeconfig(ctx context.Context, name string) ([]byte, error)
	// LoadImages reads an OCI or Docker archive into every node; it returns the images' names.
	LoadImages(ctx context.Context, name string, archive io.Reader) ([]string, error)
}

// Progress is told what a start is doing; nil is allowed.
type Progress func(step string)

func (p Progress) step(text string) {
	if p != nil {
		p(text)
	}
}

// ErrNotFound says that there is no cluster of that name.
var ErrNotFound = errors.New("no such cluster")

// UnavailableError says that a driver cannot work on this machine, and what to do.
type UnavailableError struct{ Driver, Reason string }

func (e *UnavailableError) Error() string {
	return fmt.Sprintf("driver %q cannot be used: %s", e.Driver, e.Reason)
}

// Names lists the drivers that New knows.
func Names() []string { return []string{"host", "docker"} }

// New returns the named driver.
func New(name string) (Driver, error) {
	switch name {
	case "host":
		return NewHost(), nil
	case "docker":
		return NewDocker(), nil
	}
	return nil, fmt.Errorf("unknown driver %q: use one of %s", name, strings.Join(Names(), ", "))
}

// Find returns the driver that has the named cluster, or ErrNotFound.
func Find(ctx context.Context, name string) (Driver, Info, error) {
	for _, driver := range Names() {
		d, err := New(driver)
		if err != nil {
			return nil, Info{}, err
		}
		info, err := d.Info(ctx, name)
		if err == nil {
			return d, info, nil
		}
		var unavailable *UnavailableError
		if !errors.Is(err, ErrNotFound) && !errors.As(err, &unavailable) {
			return nil, Info{}, err
		}
	}
	return nil, Info{}, fmt.Errorf("cluster %q: %w", name, ErrNotFound)
}

// List returns the clusters of all drivers that work here, by name.
func List(ctx context.Context) ([]Info, error) {
	var all []Info
	for _, driver := range Names() {
		d, err := New(driver)
		if err != nil {
			return nil, err
		}
		infos, err := d.List(ctx)
		if _, ok := errors.AsType[*UnavailableError](err); ok {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, infos...)
	}
	slices.SortFunc(all, func(a, b Info) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}
