package runtime

import (
	"context"
	"sync/atomic"

	"google.golang.org/grpc"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// gate stands before the CRI image service and lets the images that the binary carries appear when they are first asked for:
// a node start costs nothing for images that nobody uses, and no registry is needed for those that are. See decision 0060.
type gate struct {
	store atomic.Pointer[imageStore] // set once containerd is up
}

func (g *gate) intercept(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	store := g.store.Load()
	if store == nil {
		return handler(ctx, req)
	}
	switch req := req.(type) {
	case *cri.ImageStatusRequest:
		return store.status(ctx, req, handler)
	case *cri.PullImageRequest:
		return store.pull(ctx, req, handler)
	}
	return handler(ctx, req)
}

// status answers for a carried image only after it is in the store.
func (s *imageStore) status(ctx context.Context, req *cri.ImageStatusRequest, handler grpc.UnaryHandler) (any, error) {
	resp, err := handler(ctx, req)
	if r, ok := resp.(*cri.ImageStatusResponse); err != nil || !ok || r.GetImage() != nil {
		return resp, err
	}
	carried, err := s.ensure(ctx, req.GetImage().GetImage())
	if err != nil {
		return nil, err
	}
	if !carried {
		return resp, nil
	}
	return handler(ctx, req)
}

// pull takes a carried image from the binary instead of a registry.
func (s *imageStore) pull(ctx context.Context, req *cri.PullImageRequest, handler grpc.UnaryHandler) (any, error) {
	carried, err := s.ensure(ctx, req.GetImage().GetImage())
	if err != nil {
		return nil, err
	}
	if !carried {
		return handler(ctx, req)
	}
	id, err := s.id(ctx, req.GetImage().GetImage())
	if err != nil {
		return nil, err
	}
	return &cri.PullImageResponse{ImageRef: id}, nil
}
