package images

import (
	"encoding/base64"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/utils/clock"

	"github.com/seatrial/seatrial/reference/kubelet/kubelettest"
)

const known = "example.com/known:1"

type rig struct {
	runtime *kubelettest.Runtime
	puller  *Puller
	events  []string
}

func bubble(t *testing.T, test func(t *testing.T, r *rig)) {
	synctest.Test(t, func(t *testing.T) {
		r := &rig{runtime: kubelettest.New(known)}
		r.puller = NewPuller(runtimeapi.NewImageServiceClient(r.runtime.Serve(t)), clock.RealClock{})
		test(t, r)
	})
}

func (r *rig) ensure(t *testing.T, image string, policy corev1.PullPolicy) *Error {
	t.Helper()
	_, err := r.puller.Ensure(t.Context(), Request{
		Image: image, Policy: policy, Secrets: func() []corev1.Secret { return nil }, Key: "pod",
		Record: func(_, reason, message string) { r.events = append(r.events, reason+": "+message) },
	})
	var missing *Error
	if err != nil && !errors.As(err, &missing) {
		t.Fatalf("error %T is not an *Error", err)
	}
	return missing
}

func TestPullPolicies(t *testing.T) {
	for _, tt := range []struct {
		image  string
		policy corev1.PullPolicy
		reason string
		pulls  int
	}{
		{known, corev1.PullIfNotPresent, "", 0},
		{known, corev1.PullNever, "", 0},
		{"example.com/new:1", corev1.PullIfNotPresent, "", 1},
		{"example.com/new", corev1.PullIfNotPresent, "", 1}, // latest
		{"example.com/new:1", corev1.PullNever, ErrImageNeverPull, 0},
		{known, corev1.PullAlways, "", 1},
		{"example.com/none:1", corev1.PullIfNotPresent, ErrImagePull, 1},
		{"Example.com/UPPER:1", corev1.PullIfNotPresent, InvalidImageName, 0},
		{"bad:image:name", corev1.PullIfNotPresent, InvalidImageName, 0},
	} {
		bubble(t, func(t *testing.T, r *rig) {
			for _, name := range []string{known, "example.com/new:1", "example.com/new:latest"} {
				r.runtime.AllowPull(name)
			}
			got := ""
			if err := r.ensure(t, tt.image, tt.policy); err != nil {
				got = err.Reason
			}
			pulls := len(r.runtime.Calls())
			if got != tt.reason || pulls != tt.pulls {
				t.Errorf("%s %s: reason %q after %d pulls; want %q after %d\n%q", tt.image, tt.policy, got, pulls, tt.reason, tt.pulls, r.events)
			}
		})
	}
}

// After a failure the next pull waits 10 s, then 20 s, ... and the waiting is called ImagePullBackOff.
func TestFailedPullBacksOff(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		for _, wait := range []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second} {
			if err := r.ensure(t, "example.com/none:1", corev1.PullIfNotPresent); err == nil || err.Reason != ErrImagePull || err.Retry != wait {
				t.Fatalf("error = %+v; want ErrImagePull, again in %v", err, wait)
			}
			time.Sleep(wait - time.Second)
			if err := r.ensure(t, "example.com/none:1", corev1.PullIfNotPresent); err == nil || err.Reason != ImagePullBackOff || !strings.Contains(err.Message, "not found") {
				t.Fatalf("error = %+v; want ImagePullBackOff with its cause", err)
			}
			time.Sleep(time.Second)
		}
		r.runtime.AllowPull("example.com/none:1")
		time.Sleep(80 * time.Second)
		if err := r.ensure(t, "example.com/none:1", corev1.PullIfNotPresent); err != nil {
			t.Errorf("error = %v after the image appeared", err)
		}
		if !slices.ContainsFunc(r.events, func(e string) bool {
			return strings.HasPrefix(e, `Pulled: Successfully pulled image "example.com/none:1"`)
		}) {
			t.Errorf("events = %q", r.events)
		}
	})
}

func TestCredentialsFitTheImage(t *testing.T) {
	auth := base64.StdEncoding.EncodeToString([]byte("user:pass:word"))
	secrets := []corev1.Secret{
		{Type: corev1.SecretTypeDockerConfigJson, Data: map[string][]byte{corev1.DockerConfigJsonKey: []byte(`{"auths":{
		"https://index.docker.io/v1/": {"username":"hub","password":"p"},
		"example.com": {"auth":"` + auth + `"},
		"example.com/team": {"username":"team","password":"p"},
		"*.registry.example.org": {"username":"star","password":"p"}}}`)}},
		{Type: corev1.SecretTypeOpaque},
	}
	for image, want := range map[string][]string{
		"busybox":                    {"hub"},
		"example.com/app":            {"user"},
		"example.com/team/app:1":     {"team", "user"},
		"example.com/teammate":       {"user"},
		"a.registry.example.org/x":   {"star"},
		"a.b.registry.example.org/x": nil,
		"other.example.com/app@sha256:" + strings.Repeat("a", 64): nil,
	} {
		got, err := Credentials(image, secrets)
		if err == nil {
			t.Error("the secret of another type is not named")
		}
		var users []string
		for _, credential := range got {
			users = append(users, credential.Username)
		}
		if !slices.Equal(users, want) {
			t.Errorf("%s: users %q; want %q", image, users, want)
		}
	}
	got, _ := Credentials("example.com/app", secrets)
	if got[0].Password != "pass:word" {
		t.Errorf("password = %q", got[0].Password)
	}
}

func TestCollectorRemovesUnusedImagesWhenTheDiskFills(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runtime := kubelettest.New("example.com/a:1", "example.com/b:1")
		conn := runtime.Serve(t)
		full := uint64(90)
		collected := 0
		c := &Collector{
			Runtime: runtimeapi.NewRuntimeServiceClient(conn), Images: runtimeapi.NewImageServiceClient(conn), Clock: clock.RealClock{},
			Usage: func(string) (uint64, uint64, error) { full -= 15; return full + 15, 100, nil }, Collected: func() { collected++ }, Log: slog.New(slog.DiscardHandler),
		}
		if err := c.Collect(t.Context()); err != nil || collected != 0 {
			t.Errorf("removed images that are new: %v", err)
		}
		full = 90
		time.Sleep(3 * time.Minute)
		if err := c.Collect(t.Context()); err != nil {
			t.Fatal(err)
		}
		list, err := c.Images.ListImages(t.Context(), &runtimeapi.ListImagesRequest{})
		if err != nil || len(list.Images) != 1 || collected != 1 {
			t.Errorf("%d images are left, %v; want 1", len(list.Images), err)
		}
	})
}
