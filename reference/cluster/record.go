//go:build linux

package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/seatrial/seatrial/reference/host"
)

// Record is what a cluster remembers of itself between two starts.
type Record struct {
	Name    string     `json:"name"`
	Server  string     `json:"server"`  // URL of the API, for clients on this host
	APIPort int        `json:"apiPort"` // on 127.0.0.1
	NodeIP  netip.Addr `json:"nodeIP"`
	PID     int        `json:"pid,omitempty"` // filled in by ReadRecord; 0 when no process runs
}

func recordFile(place host.Place) string { return filepath.Join(place.DataDir, "cluster.json") }

// KubeconfigFile is where the administrator's kubeconfig is.
func KubeconfigFile(place host.Place) string { return filepath.Join(place.DataDir, "admin.kubeconfig") }

// ReadRecord returns a zero Record but for name and PID when there is none.
func ReadRecord(place host.Place) (Record, error) {
	record := Record{Name: place.Name}
	data, err := os.ReadFile(recordFile(place))
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return record, fmt.Errorf("read record of cluster %q: %w", place.Name, err)
	default:
		if err := json.Unmarshal(data, &record); err != nil {
			return record, fmt.Errorf("read record %q: %w", recordFile(place), err)
		}
	}
	record.PID = place.PID()
	return record, nil
}

// Write stores the record, whole or not at all.
func (r Record) Write(place host.Place) error {
	r.PID = 0
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode record: %w", err)
	}
	temporary := recordFile(place) + ".new"
	if err := os.WriteFile(temporary, append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("write record: %w", err)
	}
	if err := os.Rename(temporary, recordFile(place)); err != nil {
		return fmt.Errorf("write record: %w", err)
	}
	return nil
}
