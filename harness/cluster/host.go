package cluster

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// ReferenceVariable names the environment variable that says where the reference's program is.
const ReferenceVariable = "SEATRIAL_REFERENCE"

// dataRoot holds a folder for each cluster of the host driver.
const dataRoot = "/var/lib/seatrial"

// Host runs each cluster as one process of the reference's program, in namespaces of its own.
type Host struct{ root string }

// NewHost returns the driver; whether it can work is found out at its first use.
func NewHost() *Host { return &Host{root: dataRoot} }

// record is the file that the reference keeps about itself.
type record struct {
	Name   string `json:"name"`
	Server string `json:"server"`
	PID    int    `json:"pid"`
}

// Up starts the cluster's process, which goes on after this one has ended.
func (h *Host) Up(ctx context.Context, spec Spec, progress Progress) error {
	if info, err := h.Info(ctx, spec.Name); err == nil && info.State == Running {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, spec.Wait, fmt.Errorf("cluster %q was not ready within %s", spec.Name, spec.Wait))
	defer cancel()
	args := []string{"all-in-one", "--name", spec.Name, "--api-port", strconv.Itoa(spec.APIPort), "--progress-fd", "3"}
	cmd, err := h.command(context.WithoutCancel(ctx), append(args, spec.Args...)...)
	if err != nil {
		return err
	}
	logFile, err := h.openLog(spec.Name)
	if err != nil {
		return err
	}
	defer func() { _ = logFile.Close() }()
	reader, writer, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("start cluster %q: %w", spec.Name, err)
	}
	defer func() { _ = reader.Close() }()
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = logFile, logFile, []*os.File{writer}
	detach(cmd)
	err = cmd.Start()
	_ = writer.Close()
	if err != nil {
		return fmt.Errorf("start %q: %w", cmd.Path, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- fmt.Errorf("%w\n%s", exitError(cmd.Wait()), tail(logFile.Name())) }()
	return follow(ctx, reader, progress, ended, logFile.Name())
}

// openLog opens the log that the cluster's process appends to.
func (h *Host) openLog(name string) (*os.File, error) {
	dir := filepath.Join(h.root, name)
	for _, d := range []string{h.root, dir} {
		if err := os.MkdirAll(d, 0o711); err != nil { //nolint:gosec // containers in user namespaces traverse it
			return nil, fmt.Errorf("create directory %q: %w (the host driver needs root)", d, err)
		}
	}
	file, err := os.OpenFile(filepath.Join(dir, "reference.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	return file, nil
}

// message is one line of progress that the reference writes while it starts.
type message struct {
	Step  string `json:"step,omitempty"`
	Ready bool   `json:"ready,omitempty"`
	Error string `json:"error,omitempty"`
}

// follow reads the progress of a starting cluster until it is ready or has
// failed. When the progress ends before that, ended says why; log is where to
// read more.
func follow(ctx context.Context, r io.Reader, progress Progress, ended <-chan error, log string) error {
	messages := make(chan message)
	go func() {
		defer close(messages)
		lines := bufio.NewScanner(r)
		for lines.Scan() {
			var m message
			if json.Unmarshal(lines.Bytes(), &m) == nil {
				select {
				case messages <- m:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w (log: %s)", context.Cause(ctx), log)
		case m, open := <-messages:
			switch {
			case !open:
				return fmt.Errorf("the cluster's process ended at start: %w", <-ended)
			case m.Error != "":
				return errors.New(m.Error)
			case m.Ready:
				return nil
			default:
				progress.step(m.Step)
			}
		}
	}
}

// exitError is never nil, since a cluster's process has no reason to end well.
func exitError(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// tail returns the last lines of a log.
func tail(file string) string {
	data, err := os.ReadFile(file) //nolint:gosec // our own log
	if err != nil {
		return err.Error()
	}
	return lastLines(data)
}

func lastLines(log []byte) string {
	const lines = 5
	all := strings.Split(strings.TrimRight(string(log), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// Down removes the cluster.
func (h *Host) Down(ctx context.Context, name string) error {
	if _, err := h.Info(ctx, name); errors.Is(err, ErrNotFound) {
		return nil
	}
	_, err := h.output(ctx, nil, "remove", "--name", name)
	return err
}

// Info reads the cluster's record and looks whether its process runs.
func (h *Host) Info(ctx context.Context, name string) (Info, error) {
	if _, err := os.Stat(filepath.Join(h.root, name)); errors.Is(err, fs.ErrNotExist) {
		return Info{}, fmt.Errorf("cluster %q: %w", name, ErrNotFound)
	}
	info := Info{Name: name, Driver: "host", State: Stopped, Log: filepath.Join(h.root, name, "reference.log")}
	out, err := h.output(ctx, nil, "status", "--name", name)
	if err != nil {
		return info, err
	}
	var r record
	if err := json.Unmarshal(out, &r); err != nil {
		return info, fmt.Errorf("read status of cluster %q: %w", name, err)
	}
	info.Server, info.PID = r.Server, r.PID
	if r.PID > 0 {
		info.State = Running
	}
	return info, nil
}

// List returns the clusters that have a folder.
func (h *Host) List(ctx context.Context) ([]Info, error) {
	entries, err := os.ReadDir(h.root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list clusters: %w", err)
	}
	var infos []Info
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		info, err := h.Info(ctx, entry.Name())
		if err != nil {
			return nil, err
		}
		infos = append(infos, info)
	}
	return infos, nil
}

// Kubeconfig reads the file that the reference has written.
func (h *Host) Kubeconfig(_ context.Context, name string) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(h.root, name, "admin.kubeconfig")) //nolint:gosec // names are checked at creation
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("kubeconfig of cluster %q: %w", name, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("kubeconfig of cluster %q: %w", name, err)
	}
	return data, nil
}

// LoadImages hands the archive to the cluster's process.
func (h *Host) LoadImages(ctx context.Context, name string, archive io.Reader) ([]string, error) {
	out, err := h.output(ctx, archive, "images", "load", "--name", name, "-")
	if err != nil {
		return nil, err
	}
	return strings.Fields(string(out)), nil
}

// output runs the reference's program and returns what it prints; its error is the program's last line.
func (h *Host) output(ctx context.Context, stdin io.Reader, args ...string) ([]byte, error) {
	cmd, err := h.command(ctx, args...)
	if err != nil {
		return nil, err
	}
	var complaint bytes.Buffer
	cmd.Stdin, cmd.Stderr = stdin, &complaint
	out, err := cmd.Output()
	if err != nil {
		if text := strings.TrimSpace(complaint.String()); text != "" {
			return nil, errors.New(strings.TrimPrefix(text[strings.LastIndexByte(text, '\n')+1:], "error: "))
		}
		return nil, fmt.Errorf("run %s %s: %w", filepath.Base(cmd.Path), args[0], err)
	}
	return out, nil
}

// command finds the reference's program: named by the environment, beside this one, or in PATH.
func (h *Host) command(ctx context.Context, args ...string) (*exec.Cmd, error) {
	if runtime.GOOS != "linux" {
		return nil, &UnavailableError{"host", "it needs Linux; use --driver docker"}
	}
	const program = "seatrial-reference"
	path := os.Getenv(ReferenceVariable)
	if self, err := os.Executable(); path == "" && err == nil {
		beside := filepath.Join(filepath.Dir(self), program)
		if _, err := os.Stat(beside); err == nil {
			path = beside
		}
	}
	if path == "" {
		found, err := exec.LookPath(program)
		if err != nil {
			return nil, &UnavailableError{"host", fmt.Sprintf("the program %s is not beside this one, nor in PATH; build it with `make build` or set %s", program, ReferenceVariable)}
		}
		path = found
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.WaitDelay = 10 * time.Second
	return cmd, nil
}
