package hooks

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/utils/clock"

	"github.com/seatrial/seatrial/reference/kubelet/probes"
)

type execRuntime struct {
	runtimeapi.RuntimeServiceClient
	code int32
}

func (e execRuntime) ExecSync(context.Context, *runtimeapi.ExecSyncRequest, ...grpc.CallOption) (*runtimeapi.ExecSyncResponse, error) {
	return &runtimeapi.ExecSyncResponse{ExitCode: e.code, Stderr: []byte("why")}, nil
}

func TestExecHookFailsWithItsCommand(t *testing.T) {
	handler := &corev1.LifecycleHandler{Exec: &corev1.ExecAction{Command: []string{"do", "it"}}}
	if err := (Runner{Runtime: execRuntime{}}).Run(t.Context(), handler, probes.Target{}); err != nil {
		t.Error(err)
	}
	err := Runner{Runtime: execRuntime{code: 3}}.Run(t.Context(), handler, probes.Target{})
	if want := `command "do it" exited with 3: why`; err == nil || err.Error() != want {
		t.Errorf("error = %v; want %s", err, want)
	}
}

func TestSleepHookEndsEarlyWithTheGracePeriod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runner := Runner{Clock: clock.RealClock{}}
		begin := time.Now()
		if err := runner.Run(t.Context(), &corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: 5}}, probes.Target{}); err != nil || time.Since(begin) != 5*time.Second {
			t.Errorf("slept %v, %v; want 5s", time.Since(begin), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if err := runner.Run(ctx, &corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: 50}}, probes.Target{}); err == nil || time.Since(begin) != 7*time.Second {
			t.Errorf("slept until %v, %v; want 7s and an error", time.Since(begin), err)
		}
	})
}

func TestHTTPHookIsAMessage(t *testing.T) {
	seen := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen++
		if !strings.HasPrefix(r.UserAgent(), "kube-lifecycle/") {
			t.Errorf("agent = %q", r.UserAgent())
		}
		w.WriteHeader(http.StatusTeapot) // it does not matter
	}))
	defer server.Close()
	location, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(location.Port())
	if err != nil {
		t.Fatal(err)
	}
	for _, scheme := range []corev1.URIScheme{corev1.URISchemeHTTP, corev1.URISchemeHTTPS} { // HTTPS falls back
		handler := &corev1.LifecycleHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/hook", Scheme: scheme, Port: intstr.FromInt(port)}}
		if err := (Runner{}).Run(t.Context(), handler, probes.Target{Container: &corev1.Container{}, PodIP: "127.0.0.1"}); err != nil {
			t.Errorf("%s: %v", scheme, err)
		}
	}
	if seen != 2 {
		t.Errorf("%d requests; want 2", seen)
	}
}
