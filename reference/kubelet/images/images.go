// Package images makes the image of a container present on the node, by its pull policy.
//
// https://kubernetes.io/docs/concepts/containers/images/#image-pull-policy
package images

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/distribution/reference"
	"google.golang.org/grpc/status"
	corev1 "k8s.io/api/core/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/utils/clock"

	"github.com/seatrial/seatrial/reference/kubelet/backoff"
)

// Reasons why a container waits for its image.
const (
	ErrImagePull      = "ErrImagePull"
	ImagePullBackOff  = "ImagePullBackOff"
	ErrImageNeverPull = "ErrImageNeverPull"
	InvalidImageName  = "InvalidImageName"
	ImageInspectError = "ImageInspectError"
)

// Error is why an image is not there.
type Error struct {
	Reason, Message string
	// Retry is when the next try makes sense; 0 = not before something changes.
	Retry time.Duration
}

// Error implements error.
func (e *Error) Error() string { return e.Message }

// Recorder tells of the progress of a pull.
type Recorder func(kind, reason, message string)

// Puller pulls images. The same image is pulled once at a time.
type Puller struct {
	client runtimeapi.ImageServiceClient
	clock  clock.PassiveClock
	waits  *backoff.Backoff

	mu     sync.Mutex
	locks  map[string]*imageLock
	causes map[string]string
}

type imageLock struct {
	users int
	turn  chan struct{}
}

// NewPuller returns a Puller that waits 10 to 300 seconds after failures.
func NewPuller(client runtimeapi.ImageServiceClient, clock clock.PassiveClock) *Puller {
	return &Puller{
		client: client, clock: clock, locks: map[string]*imageLock{}, causes: map[string]string{},
		waits: backoff.New(10*time.Second, 300*time.Second, 600*time.Second, clock),
	}
}

// Request is one image that a container needs.
type Request struct {
	Image  string
	Policy corev1.PullPolicy
	// Secrets reads the image pull secrets; it is called only if there is something to pull.
	Secrets func() []corev1.Secret
	Sandbox *runtimeapi.PodSandboxConfig
	Record  Recorder
	// Key tells pods apart, so that one pod's back-off is not another's.
	Key string
}

// Ensure makes the image present and returns it. The error is an *Error.
func (p *Puller) Ensure(ctx context.Context, request Request) (*runtimeapi.Image, error) {
	name, err := normalize(request.Image)
	if err != nil {
		message := fmt.Sprintf("Failed to apply default image tag %q: couldn't parse image name %q: %v", request.Image, request.Image, err)
		request.Record(corev1.EventTypeWarning, "InspectFailed", message)
		return nil, &Error{Reason: InvalidImageName, Message: message, Retry: 30 * time.Second}
	}
	spec := &runtimeapi.ImageSpec{Image: name, UserSpecifiedImage: request.Image}
	if request.Policy != corev1.PullAlways {
		image, err := p.inspect(ctx, spec)
		if err != nil {
			message := fmt.Sprintf("Failed to inspect image %q: %v", name, err)
			request.Record(corev1.EventTypeWarning, "InspectFailed", message)
			return nil, &Error{Reason: ImageInspectError, Message: message, Retry: 10 * time.Second}
		}
		if image != nil {
			request.Record(corev1.EventTypeNormal, "Pulled", fmt.Sprintf("Container image %q already present on machine", request.Image))
			return image, nil
		}
		if request.Policy == corev1.PullNever {
			message := fmt.Sprintf("Container image %q is not present with pull policy of Never", request.Image)
			request.Record(corev1.EventTypeWarning, ErrImageNeverPull, message)
			return nil, &Error{Reason: ErrImageNeverPull, Message: message, Retry: 10 * time.Second}
		}
	}
	return p.pull(ctx, spec, request)
}

func (p *Puller) inspect(ctx context.Context, spec *runtimeapi.ImageSpec) (*runtimeapi.Image, error) {
	answer, err := p.client.ImageStatus(ctx, &runtimeapi.ImageStatusRequest{Image: spec})
	if err != nil {
		return nil, err
	}
	return answer.Image, nil
}

func (p *Puller) pull(ctx context.Context, spec *runtimeapi.ImageSpec, request Request) (*runtimeapi.Image, error) {
	key := request.Key + "/" + spec.Image
	if left, _ := p.waits.Wait(key); left > 0 {
		message := fmt.Sprintf("Back-off pulling image %q", request.Image)
		request.Record(corev1.EventTypeNormal, "BackOff", message)
		return nil, &Error{Reason: ImagePullBackOff, Message: p.withCause(key, message), Retry: left}
	}
	waited := p.clock.Now()
	unlock, err := p.lock(ctx, spec.Image)
	if err != nil {
		return nil, &Error{Reason: ErrImagePull, Message: err.Error(), Retry: time.Second}
	}
	defer unlock()
	request.Record(corev1.EventTypeNormal, "Pulling", fmt.Sprintf("Pulling image %q", request.Image))
	started := p.clock.Now()
	ref, err := p.tryPull(ctx, spec, request)
	if err != nil {
		return nil, p.failed(key, request, err)
	}
	p.waits.Forget(key)
	image, err := p.inspect(ctx, &runtimeapi.ImageSpec{Image: ref})
	if err != nil || image == nil {
		return nil, p.failed(key, request, fmt.Errorf("image %q is gone after it was pulled: %w", ref, err))
	}
	now := p.clock.Now()
	request.Record(corev1.EventTypeNormal, "Pulled", fmt.Sprintf("Successfully pulled image %q in %v (%v including waiting). Image size: %d bytes.",
		request.Image, now.Sub(started).Truncate(time.Millisecond), now.Sub(waited).Truncate(time.Millisecond), image.Size))
	return image, nil
}

// tryPull tries the credentials that fit, then none.
func (p *Puller) tryPull(ctx context.Context, spec *runtimeapi.ImageSpec, request Request) (ref string, err error) {
	credentials, err := Credentials(spec.Image, request.Secrets())
	if err != nil {
		request.Record(corev1.EventTypeWarning, "FailedToRetrieveImagePullSecret", err.Error())
	}
	if len(credentials) == 0 {
		credentials = []*runtimeapi.AuthConfig{nil}
	}
	var last error
	for _, credential := range credentials {
		answer, err := p.client.PullImage(ctx, &runtimeapi.PullImageRequest{Image: spec, Auth: credential, SandboxConfig: request.Sandbox})
		if err == nil {
			return answer.ImageRef, nil
		}
		last = err
	}
	return "", last
}

func (p *Puller) failed(key string, request Request, err error) *Error {
	wait := p.waits.Fail(key, p.clock.Now())
	cause := describe(err)
	p.mu.Lock()
	p.causes[key] = cause
	p.mu.Unlock()
	message := fmt.Sprintf("failed to pull image %q: %s", request.Image, cause)
	request.Record(corev1.EventTypeWarning, "Failed", fmt.Sprintf("Failed to pull image %q: %s", request.Image, cause))
	request.Record(corev1.EventTypeWarning, "Failed", "Error: "+ErrImagePull)
	return &Error{Reason: ErrImagePull, Message: message, Retry: wait}
}

func describe(err error) string {
	if s, ok := status.FromError(err); ok {
		return s.Message()
	}
	return err.Error()
}

func (p *Puller) withCause(key, message string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if cause := p.causes[key]; cause != "" {
		return message + ": " + ErrImagePull + ": " + cause
	}
	return message
}

// lock waits for the turn to pull an image.
func (p *Puller) lock(ctx context.Context, image string) (unlock func(), err error) {
	p.mu.Lock()
	l := p.locks[image]
	if l == nil {
		l = &imageLock{turn: make(chan struct{}, 1)}
		p.locks[image] = l
	}
	l.users++
	p.mu.Unlock()
	leave := func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if l.users--; l.users == 0 {
			delete(p.locks, image)
		}
	}
	select {
	case l.turn <- struct{}{}:
		return func() { <-l.turn; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, fmt.Errorf("wait for the pull of image %q: %w", image, ctx.Err())
	}
}

// normalize adds the tag "latest" to a name that has neither tag nor digest.
func normalize(image string) (string, error) {
	named, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return "", err
	}
	if _, tagged := named.(reference.Tagged); tagged {
		return image, nil
	}
	if _, digested := named.(reference.Digested); digested {
		return image, nil
	}
	return strings.TrimSuffix(image, ":") + ":latest", nil
}
