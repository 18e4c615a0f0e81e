package kubelettest

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// AddImage makes an image present.
func (r *Runtime) AddImage(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.images[name] = &runtimeapi.Image{Id: "sha256:" + name, RepoTags: []string{name}, Size: 1000}
}

// AllowPull makes an image that can be pulled.
func (r *Runtime) AllowPull(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pullable[name] = true
}

// ImageStatus implements CRI.
func (r *Runtime) ImageStatus(_ context.Context, request *runtimeapi.ImageStatusRequest) (*runtimeapi.ImageStatusResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return &runtimeapi.ImageStatusResponse{Image: r.images[request.Image.Image]}, nil
}

// PullImage implements CRI.
func (r *Runtime) PullImage(_ context.Context, request *runtimeapi.PullImageRequest) (*runtimeapi.PullImageResponse, error) {
	name := request.Image.Image
	if err := r.called("PullImage", name); err != nil {
		return nil, err
	}
	r.mu.Lock()
	allowed := r.pullable[name]
	r.mu.Unlock()
	if !allowed {
		return nil, status.Error(codes.NotFound, fmt.Sprintf("failed to resolve reference %q: not found", name))
	}
	r.AddImage(name)
	return &runtimeapi.PullImageResponse{ImageRef: name}, nil
}

// ListImages implements CRI.
func (r *Runtime) ListImages(context.Context, *runtimeapi.ListImagesRequest) (*runtimeapi.ListImagesResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	answer := &runtimeapi.ListImagesResponse{}
	for _, image := range r.images {
		answer.Images = append(answer.Images, image)
	}
	return answer, nil
}

// RemoveImage implements CRI.
func (r *Runtime) RemoveImage(_ context.Context, request *runtimeapi.RemoveImageRequest) (*runtimeapi.RemoveImageResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.images, strings.TrimPrefix(request.Image.Image, "sha256:"))
	return &runtimeapi.RemoveImageResponse{}, nil
}

// ImageFsInfo implements CRI.
func (r *Runtime) ImageFsInfo(context.Context, *runtimeapi.ImageFsInfoRequest) (*runtimeapi.ImageFsInfoResponse, error) {
	return &runtimeapi.ImageFsInfoResponse{ImageFilesystems: []*runtimeapi.FilesystemUsage{{FsId: &runtimeapi.FilesystemIdentifier{Mountpoint: "/"}}}}, nil
}
