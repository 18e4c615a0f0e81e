package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// clusterName is the cluster that is measured; it is removed after each measurement.
const clusterName = "bench"

// times are durations since the program was executed.
type times struct{ ready, node, firstPod time.Duration }

// instance is a started cluster.
type instance struct {
	times
	began  time.Time
	cmd    *exec.Cmd
	client kubernetes.Interface
}

// launch executes the program with no data and follows its progress until the node is Ready.
func (b bencher) launch(ctx context.Context) (*instance, error) {
	if err := b.remove(ctx); err != nil {
		return nil, err
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start cluster: %w", err)
	}
	defer func() { _ = reader.Close() }()
	i := &instance{cmd: exec.CommandContext(ctx, b.program, "all-in-one", "--name", clusterName, "--progress-fd", "3")}
	i.cmd.ExtraFiles = []*os.File{writer}
	i.began = time.Now()
	err = i.cmd.Start()
	_ = writer.Close()
	if err != nil {
		return nil, fmt.Errorf("start %q: %w", b.program, err)
	}
	return i, i.follow(reader)
}

// follow notes when the API server and the node got ready.
func (i *instance) follow(progress *os.File) error {
	lines := bufio.NewScanner(progress)
	for lines.Scan() {
		var m struct {
			Step, Error string
			Ready       bool
		}
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			return fmt.Errorf("read progress: %w", err)
		}
		switch since := time.Since(i.began); {
		case m.Error != "":
			return errors.New(m.Error)
		case m.Ready:
			return i.connect()
		case strings.HasPrefix(m.Step, "API server"):
			i.ready = since
		case strings.HasPrefix(m.Step, "Node"):
			i.node = since
		}
	}
	return errors.New("start cluster: the program ended before the node was Ready")
}

func (i *instance) connect() error {
	config, err := clientcmd.BuildConfigFromFlags("", filepath.Join("/var/lib/seatrial", clusterName, "admin.kubeconfig"))
	if err != nil {
		return fmt.Errorf("read kubeconfig: %w", err)
	}
	i.client, err = kubernetes.NewForConfig(config)
	return err
}

// start measures one start from nothing to the first running pod.
func (b bencher) start(ctx context.Context) (times, error) {
	i, err := b.launch(ctx)
	if err == nil {
		_, err = runPod(ctx, i.client, "first")
		i.firstPod = time.Since(i.began)
	}
	err = errors.Join(err, b.remove(context.WithoutCancel(ctx)))
	if err != nil {
		return times{}, err
	}
	_ = i.cmd.Wait() // it was ended by remove
	return i.times, nil
}

func (b bencher) remove(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, b.program, "remove", "--name", clusterName).CombinedOutput()
	if err != nil {
		return fmt.Errorf("remove cluster: %w: %s", err, out)
	}
	return nil
}
