//go:build linux

package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/seatrial/seatrial/reference/host"
)

// importer reads image archives into a node.
type importer interface {
	Import(ctx context.Context, archive io.Reader) ([]string, error)
}

func controlSocket(place host.Place) string { return filepath.Join(place.StateDir, "control.sock") }

// control serves requests that are not Kubernetes API calls, to root on this
// host only: a unix socket with mode 0600.
type control struct {
	place  host.Place
	images importer
	log    *slog.Logger
}

// Run serves until ctx ends.
func (c *control) Run(ctx context.Context) error {
	path := controlSocket(c.place)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove old socket: %w", err)
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("open control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return fmt.Errorf("protect control socket: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /images", c.loadImages)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve control socket: %w", err)
	}
	return nil
}

func (c *control) loadImages(w http.ResponseWriter, r *http.Request) {
	names, err := c.images.Import(r.Context(), r.Body)
	if err != nil {
		c.log.Warn("images not loaded", "err", err)
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	c.log.Info("images loaded", "count", len(names))
	_, _ = io.WriteString(w, strings.Join(names, "\n")+"\n")
}

// LoadImages sends an archive to the running cluster at place and returns the images' names.
func LoadImages(ctx context.Context, place host.Place, archive io.Reader) ([]string, error) {
	var dialer net.Dialer
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, "unix", controlSocket(place))
	}}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://control/images", archive)
	if err != nil {
		return nil, fmt.Errorf("load images: %w", err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("load images: cluster %q does not answer; is it running? %w", place.Name, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("load images: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("load images: %s", strings.TrimSpace(string(body)))
	}
	return strings.Fields(string(body)), nil
}
