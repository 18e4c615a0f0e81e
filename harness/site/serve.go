package site

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"
)

// Serve offers a folder to browsers until the context ends. On a listener of the loopback interface only requests are answered that
// address it so: a foreign page cannot reach it under a name of its own.
func Serve(ctx context.Context, listener net.Listener, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return errors.Join(fmt.Errorf("serve site: %w", err), listener.Close())
	}
	defer root.Close()
	const patience = 10 * time.Second
	server := &http.Server{Handler: guard(listener.Addr(), http.FileServerFS(root.FS())), ReadHeaderTimeout: patience}
	ended := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer ended()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve site: %w", err)
	}
	return nil
}

func guard(address net.Addr, next http.Handler) http.Handler {
	tcp, ok := address.(*net.TCPAddr)
	private := ok && tcp.IP.IsLoopback()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if private && !local(r.Host) {
			http.Error(w, "this site is for this machine alone", http.StatusForbidden)
			return
		}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("Content-Security-Policy", "frame-ancestors 'none'")
		next.ServeHTTP(w, r)
	})
}

// local tells whether the host of a request names this machine.
func local(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	ip := net.ParseIP(name)
	return name == "localhost" || (ip != nil && ip.IsLoopback())
}
