package cri

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"k8s.io/apimachinery/pkg/types"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	kubelettypes "k8s.io/kubelet/pkg/types"
	"k8s.io/utils/clock"
)

const (
	// relistPeriod is the safety net: events tell of every change, but a lost one is found after this time.
	relistPeriod = 45 * time.Second
	// reconnectDelay is the wait before a broken event stream is opened again.
	reconnectDelay = 200 * time.Millisecond
)

// Events tells of pods that changed in the runtime.
type Events struct {
	Client *Client
	Clock  clock.Clock
	Log    *slog.Logger
	// Changed is called with the UID of each pod that may have changed. It must not block.
	Changed func(types.UID)
}

// Run reads events until ctx ends. After each connect and every relistPeriod all pods count as changed.
func (e *Events) Run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := e.read(ctx); err != nil && ctx.Err() == nil {
			e.Log.Warn("read runtime events", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-e.Clock.After(reconnectDelay):
		}
	}
}

func (e *Events) read(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := e.Client.Runtime.GetContainerEvents(ctx, &runtimeapi.GetEventsRequest{})
	if err != nil {
		return fmt.Errorf("open event stream: %w", err)
	}
	done := make(chan struct{})
	defer func() { cancel(); <-done }()
	go func() { defer close(done); e.relist(ctx) }()
	for {
		event, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("receive event: %w", err)
		}
		e.tell(ctx, event)
	}
}

func (e *Events) tell(ctx context.Context, event *runtimeapi.ContainerEventResponse) {
	if uid := event.PodSandboxStatus.GetMetadata().GetUid(); uid != "" {
		e.Changed(types.UID(uid))
		return
	}
	for _, container := range event.ContainersStatuses {
		if uid := container.Labels[kubelettypes.KubernetesPodUIDLabel]; uid != "" {
			e.Changed(types.UID(uid))
			return
		}
	}
	e.all(ctx)
}

func (e *Events) relist(ctx context.Context) {
	for {
		e.all(ctx)
		select {
		case <-ctx.Done():
			return
		case <-e.Clock.After(relistPeriod):
		}
	}
}

func (e *Events) all(ctx context.Context) {
	uids, err := e.Client.UIDs(ctx)
	if err != nil {
		if ctx.Err() == nil {
			e.Log.Warn("list pods of the runtime", "err", err)
		}
		return
	}
	for _, uid := range uids {
		e.Changed(uid)
	}
}
