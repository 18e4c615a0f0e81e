package storage

import (
	"context"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/kubernetes"
	"google.golang.org/grpc/metadata"
)

// watchStreamKey is the metadata by which the watches of a resource are told from others.
const watchStreamKey = "watch-stream"

// ownStream is the client with a watch stream for one resource alone. A watch
// cache that waits for a revision asks etcd how far its watch is, and etcd does
// not answer while any watch of the same stream starts at a revision that is
// not written yet. On a common stream a new watch would so hold up the consistent
// reads of all resources until somebody writes.
func ownStream(shared *clientv3.Client, resource string) *kubernetes.Client {
	own := *shared
	own.Watcher = streamWatcher{shared.Watcher, resource}
	client := &kubernetes.Client{Client: &own}
	client.Kubernetes = client
	return client
}

// streamWatcher puts its watches on a stream of their own: a client has one
// stream for each set of metadata.
type streamWatcher struct {
	clientv3.Watcher
	stream string
}

func (w streamWatcher) Watch(ctx context.Context, key string, o ...clientv3.OpOption) clientv3.WatchChan {
	return w.Watcher.Watch(metadata.AppendToOutgoingContext(ctx, watchStreamKey, w.stream), key, o...)
}

func (w streamWatcher) RequestProgress(ctx context.Context) error {
	return w.Watcher.RequestProgress(metadata.AppendToOutgoingContext(ctx, watchStreamKey, w.stream))
}
