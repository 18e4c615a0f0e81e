package runtime

import (
	"context"

	"github.com/containerd/containerd/v2/pkg/namespaces"
	"google.golang.org/grpc"
)

// unaryNamespace passes the containerd namespace that came with a call on to the calls it causes.
func unaryNamespace(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	return handler(withNamespace(ctx), req)
}

func streamNamespace(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	return handler(srv, namespacedStream{ServerStream: stream, ctx: withNamespace(stream.Context())})
}

func withNamespace(ctx context.Context) context.Context {
	if ns, ok := namespaces.Namespace(ctx); ok {
		return namespaces.WithNamespace(ctx, ns)
	}
	return ctx
}

type namespacedStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s namespacedStream) Context() context.Context { return s.ctx }
