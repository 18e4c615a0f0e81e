package logs

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"
)

const sample = `2026-01-01T00:00:01.000000001Z stdout F one
2026-01-01T00:00:02.000000001Z stderr F two
2026-01-01T00:00:03.000000001Z stdout P thr
torn line
2026-01-01T00:00:03.000000001Z stdout F ee
2026-01-01T00:00:04.000000001Z stdout F 
2026-01-01T00:00:05.000000001Z stdout F five
`

func logFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "0.log")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRead(t *testing.T) {
	for _, tt := range []struct {
		name           string
		options        Options
		stdout, stderr string
	}{
		{"all", Options{Tail: -1}, "one\nthree\n\nfive\n", "two\n"},
		{"tail counts whole lines", Options{Tail: 3}, "three\n\nfive\n", ""},
		{"tail 0", Options{Tail: 0}, "", ""},
		{"tail of more than there is", Options{Tail: 100}, "one\nthree\n\nfive\n", "two\n"},
		{"since", Options{Tail: -1, Since: time.Date(2026, 1, 1, 0, 0, 4, 0, time.UTC)}, "\nfive\n", ""},
		{"limit", Options{Tail: -1, Limit: 6}, "one\n", "tw"},
		{
			"timestamps, once for a line in parts",
			Options{Tail: 3, Timestamps: true},
			"2026-01-01T00:00:03.000000001Z three\n2026-01-01T00:00:04.000000001Z \n2026-01-01T00:00:05.000000001Z five\n", "",
		},
		{"follow of a container that ended", Options{Tail: 1, Follow: true}, "five\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if err := Read(t.Context(), logFile(t, sample), tt.options, &stdout, &stderr); err != nil {
				t.Fatal(err)
			}
			if stdout.String() != tt.stdout || stderr.String() != tt.stderr {
				t.Errorf("got %q, %q; want %q, %q", stdout.String(), stderr.String(), tt.stdout, tt.stderr)
			}
		})
	}
	var only bytes.Buffer
	if err := Read(t.Context(), logFile(t, sample), Options{Tail: -1}, nil, &only); err != nil || only.String() != "two\n" {
		t.Errorf("one stream: %q, %v", only.String(), err)
	}
}

func TestTailOfALargeFile(t *testing.T) {
	var text strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&text, "2026-01-01T00:00:01Z stdout F line %d %s\n", i, strings.Repeat("x", 50))
	}
	var out bytes.Buffer
	if err := Read(t.Context(), logFile(t, text.String()), Options{Tail: 1000}, &out, nil); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "\n"); n != 1000 || !strings.HasPrefix(out.String(), "line 4000 ") {
		t.Errorf("%d lines from %.20q; want 1000 from line 4000", n, out.String())
	}
}

// Following goes on through a rotation, misses nothing, and ends with the container.
func TestFollowSurvivesRotation(t *testing.T) {
	path := logFile(t, "2026-01-01T00:00:01Z stdout F one\n")
	ended := make(chan struct{})
	in, out := io.Pipe()
	result := make(chan error, 1)
	go func() {
		err := Read(t.Context(), path, Options{Tail: -1, Follow: true, Ended: ended}, out, nil)
		_ = out.Close()
		result <- err
	}()
	expect := func(want string) {
		t.Helper()
		buffer := make([]byte, len(want))
		if _, err := io.ReadFull(in, buffer); err != nil || string(buffer) != want {
			t.Fatalf("got %q, %v; want %q", buffer, err, want)
		}
	}
	expect("one\n")
	appendTo(t, path, "2026-01-01T00:00:02Z stdout F two\n")
	expect("two\n")
	appendTo(t, path, "2026-01-01T00:00:03Z stdout F three\n")
	if err := os.Rename(path, path+".20260101-000000"); err != nil {
		t.Fatal(err)
	}
	appendTo(t, path, "2026-01-01T00:00:04Z stdout F four\n")
	expect("three\nfour\n")
	appendTo(t, path, "2026-01-01T00:00:05Z stdout F last")
	close(ended)
	rest, err := io.ReadAll(in)
	if err != nil || string(rest) != "last\n" {
		t.Errorf("at the end %q, %v", rest, err)
	}
	if err := <-result; err != nil {
		t.Error(err)
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// logRuntime has one container and makes its log anew when asked.
type logRuntime struct {
	runtimeapi.RuntimeServiceClient
	path string
	err  error
}

func (l logRuntime) ListContainers(context.Context, *runtimeapi.ListContainersRequest, ...grpc.CallOption) (*runtimeapi.ListContainersResponse, error) {
	return &runtimeapi.ListContainersResponse{Containers: []*runtimeapi.Container{{Id: "c"}}}, nil
}

func (l logRuntime) ContainerStatus(context.Context, *runtimeapi.ContainerStatusRequest, ...grpc.CallOption) (*runtimeapi.ContainerStatusResponse, error) {
	return &runtimeapi.ContainerStatusResponse{Status: &runtimeapi.ContainerStatus{Id: "c", LogPath: l.path}}, nil
}

func (l logRuntime) ReopenContainerLog(context.Context, *runtimeapi.ReopenContainerLogRequest, ...grpc.CallOption) (*runtimeapi.ReopenContainerLogResponse, error) {
	if l.err != nil {
		return nil, l.err
	}
	return &runtimeapi.ReopenContainerLogResponse{}, os.WriteFile(l.path, []byte(strings.Repeat("x", 100)), 0o600)
}

func TestRotateKeepsTheNewestFiles(t *testing.T) {
	path := logFile(t, strings.Repeat("x", 100))
	fake := clocktesting.NewFakeClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	r := &Rotator{Runtime: logRuntime{path: path}, MaxSize: 100, MaxFiles: 3, Clock: fake, Log: slog.New(slog.DiscardHandler)}
	for range 5 {
		if err := r.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
		fake.Step(time.Minute)
	}
	files, err := Rotated(path)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		names = append(names, filepath.Base(file))
	}
	if want := []string{"0.log.20260101-000300.gz", "0.log.20260101-000400"}; !slices.Equal(names, want) {
		t.Errorf("files = %q; want %q", names, want)
	}
	r.MaxSize = 101
	if err := r.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if again, _ := Rotated(path); len(again) != 2 {
		t.Error("a log below the size was rotated")
	}
}

func TestRotateKeepsTheLogWhenTheRuntimeRefuses(t *testing.T) {
	path := logFile(t, strings.Repeat("x", 100))
	r := &Rotator{Runtime: logRuntime{path: path, err: io.ErrUnexpectedEOF}, MaxSize: 1, MaxFiles: 3, Clock: clock.RealClock{}}
	if err := r.Rotate(t.Context()); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the log is gone: %v", err)
	}
}
