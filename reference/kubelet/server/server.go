// Package server is the HTTPS interface of the node agent: logs, exec, attach and port-forward of its
// pods, statistics, metrics and health. Nobody gets in without a name and a permission.
package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/utils/clock"

	"github.com/seatrial/seatrial/reference/kubelet/cri"
)

// Pods finds the pods of the node.
type Pods interface {
	// List returns the pods with their newest status.
	List() []*corev1.Pod
	// Get returns nil if there is no such pod.
	Get(namespace, name string) *corev1.Pod
	// Subscribe returns a channel that gets a value when a pod may have changed, until cancel is called.
	Subscribe(uid types.UID) (changed <-chan struct{}, cancel func())
}

// Options are the dependencies of the server.
type Options struct {
	NodeName string
	Listener net.Listener
	// Certificate and ClientCAs are for TLS; callers with a certificate of a client CA need no token.
	Certificate tls.Certificate
	ClientCAs   *x509.CertPool
	Access      Access
	Pods        Pods
	CRI         *cri.Client
	// Stats, Metrics and Config answer /stats/summary, the metrics and /configz.
	Stats   http.Handler
	Metrics map[string]http.Handler
	Config  any
	LogDir  string
	Clock   clock.Clock
	Log     *slog.Logger
}

// Server serves the interface.
type Server struct {
	Options
	server *http.Server
}

// New returns a server that is not serving yet.
func New(options Options) *Server {
	s := &Server{Options: options}
	s.server = &http.Server{
		Handler:           s.routes(),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       90 * time.Second,
		ErrorLog:          slog.NewLogLogger(options.Log.Handler(), slog.LevelDebug),
		TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{options.Certificate},
			ClientCAs:    options.ClientCAs,
			ClientAuth:   tls.RequestClientCert,
			MinVersion:   tls.VersionTLS12,
			// SPDY and WebSocket need a connection of their own.
			NextProtos: []string{"http/1.1"},
		},
	}
	return s
}

// Run serves until ctx ends, and then until the last stream is closed.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.server.BaseContext = func(net.Listener) context.Context { return ctx }
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		_ = s.server.Close() // streams to containers have no end of their own
	}()
	err := s.server.ServeTLS(s.Listener, "", "")
	cancel()
	<-stopped
	if err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve kubelet: %w", err)
	}
	return nil
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.healthz)
	mux.HandleFunc("GET /healthz/ping", s.ping)
	mux.HandleFunc("GET /pods", s.listPods)
	mux.HandleFunc("GET /pods/", s.listPods)
	mux.HandleFunc("GET /runningpods/", s.runningPods)
	mux.HandleFunc("GET /configz", s.configz)
	mux.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", s.containerLogs)
	for _, path := range []string{"/{namespace}/{pod}/{container}", "/{namespace}/{pod}/{uid}/{container}"} {
		mux.HandleFunc("GET /exec"+path, s.exec)
		mux.HandleFunc("POST /exec"+path, s.exec)
		mux.HandleFunc("GET /attach"+path, s.attach)
		mux.HandleFunc("POST /attach"+path, s.attach)
		mux.HandleFunc("POST /run"+path, s.run)
	}
	for _, path := range []string{"/{namespace}/{pod}", "/{namespace}/{pod}/{uid}"} {
		mux.HandleFunc("GET /portForward"+path, s.portForward)
		mux.HandleFunc("POST /portForward"+path, s.portForward)
	}
	mux.Handle("GET /logs/", http.StripPrefix("/logs/", http.FileServer(http.Dir(s.LogDir))))
	if s.Stats != nil {
		mux.Handle("GET /stats/summary", s.Stats)
	}
	for path, handler := range s.Metrics {
		mux.Handle("GET "+path, handler)
	}
	return s.Access.protect(s.NodeName, mux)
}

func (s *Server) ping(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) }

// healthz is good while the runtime answers.
func (s *Server) healthz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	if _, err := s.CRI.Runtime.Version(ctx, &runtimeapi.VersionRequest{}); err != nil {
		http.Error(w, "runtime: "+err.Error(), http.StatusInternalServerError)
		return
	}
	s.ping(w, r)
}
