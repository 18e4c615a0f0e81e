package site_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/seatrial/seatrial/harness/site"
)

func TestServeOffersTheSiteToThisMachineUntilItIsStopped(t *testing.T) {
	dir := docs(t)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- site.Serve(ctx, listener, dir) }()
	address := listener.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	for host, want := range map[string]int{address: http.StatusOK, "localhost:" + port: http.StatusOK, "[::1]:" + port: http.StatusOK, "evil.example:" + port: http.StatusForbidden} {
		code, body := get(t, "http://"+address+"/workloads/deployment.html", host)
		if code != want || strings.Contains(body, "A Deployment rolls out") != (want == http.StatusOK) {
			t.Errorf("as %s: %d", host, code)
		}
	}
	if code, _ := get(t, "http://"+address+"/", address); code != http.StatusOK {
		t.Errorf("the entry answers %d", code)
	}
	if code, _ := get(t, "http://"+address+"/%2e%2e/%2e%2e/etc/passwd", address); code == http.StatusOK {
		t.Error("a file outside of the site was served")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func get(t *testing.T, address, host string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}
