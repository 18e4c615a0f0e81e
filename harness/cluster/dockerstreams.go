package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
)

// logCommand shows the log of a node.
func logCommand(name string) string { return "docker logs " + containerName(name) }

// followStart reads the progress that a new node writes to its standard output.
func (e *engine) followStart(ctx context.Context, name string, progress Progress) error {
	logs, err := e.ContainerLogs(ctx, containerName(name), client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Follow: true})
	if err != nil {
		return fmt.Errorf("read log of node: %w", err)
	}
	defer func() { _ = logs.Close() }()
	reader, writer := io.Pipe()
	defer func() { _ = reader.Close() }()
	ended := make(chan error, 1)
	go func() {
		var complaints lastBytes
		_, err := stdcopy.StdCopy(writer, &complaints, logs)
		_ = writer.Close()
		ended <- errors.Join(err, errors.New(lastLines(complaints.data)))
	}()
	return follow(ctx, reader, progress, ended, logCommand(name))
}

// lastBytes keeps the end of what is written to it.
type lastBytes struct{ data []byte }

func (l *lastBytes) Write(p []byte) (int, error) {
	const most = 4000
	l.data = append(l.data, p...)
	l.data = l.data[max(0, len(l.data)-most):]
	return len(p), nil
}

// loadImages runs the node's own program with the archive as its input.
func (e *engine) loadImages(ctx context.Context, name string, archive io.Reader) ([]string, error) {
	created, err := e.ExecCreate(ctx, containerName(name), client.ExecCreateOptions{
		AttachStdin: true, AttachStdout: true, AttachStderr: true,
		Cmd: []string{"/seatrial-reference", "images", "load", "--name", name, "-"},
	})
	switch {
	case errdefs.IsNotFound(err):
		return nil, fmt.Errorf("cluster %q: %w", name, ErrNotFound)
	case errdefs.IsConflict(err):
		return nil, fmt.Errorf("cluster %q is stopped", name)
	case err != nil:
		return nil, err
	}
	session, err := e.ExecAttach(ctx, created.ID, client.ExecAttachOptions{})
	if err != nil {
		return nil, err
	}
	defer session.Close()
	defer context.AfterFunc(ctx, session.Close)()
	go func() {
		_, _ = io.Copy(session.Conn, archive)
		_ = session.CloseWrite()
	}()
	var out, complaint bytes.Buffer
	if _, err := stdcopy.StdCopy(&out, &complaint, session.Reader); err != nil {
		return nil, errors.Join(context.Cause(ctx), err)
	}
	result, err := e.ExecInspect(ctx, created.ID, client.ExecInspectOptions{})
	if err != nil {
		return nil, err
	}
	if result.ExitCode != 0 {
		text := strings.TrimSpace(complaint.String())
		return nil, errors.New(strings.TrimPrefix(text[strings.LastIndexByte(text, '\n')+1:], "error: load images: "))
	}
	return strings.Fields(out.String()), nil
}
