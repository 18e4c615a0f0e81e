//go:build linux

package command

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// etcdFlags say which etcd is used, and how it is reached.
type etcdFlags struct {
	servers       []string
	ca, cert, key string // files
}

// Like upstream's: a connection on which nothing comes back is given up.
const (
	etcdKeepAlive        = 30 * time.Second
	etcdKeepAliveTimeout = 10 * time.Second
)

func (e *etcdFlags) addTo(f *pflag.FlagSet) {
	f.StringSliceVar(&e.servers, "etcd-servers", nil, "URLs of etcd, such as http://127.0.0.1:2379, https://etcd.example:2379 or unix:///run/etcd.sock")
	f.StringVar(&e.ca, "etcd-cafile", "", "CAs of etcd's serving certificate (default the host's)")
	f.StringVar(&e.cert, "etcd-certfile", "", "certificate to show to etcd; read again at each connection")
	f.StringVar(&e.key, "etcd-keyfile", "", "key of --etcd-certfile")
}

// connect makes a client; the caller closes it.
func (e *etcdFlags) connect(ctx context.Context) (*clientv3.Client, error) {
	secure, err := e.tls()
	if err != nil {
		return nil, err
	}
	client, err := clientv3.New(clientv3.Config{
		Endpoints: e.servers, TLS: secure, Context: ctx,
		DialKeepAliveTime: etcdKeepAlive, DialKeepAliveTimeout: etcdKeepAliveTimeout,
	})
	if err != nil {
		return nil, fmt.Errorf("connect to etcd at %s: %w", strings.Join(e.servers, ","), err)
	}
	return client, nil
}

// tls is nil when no URL and no flag asks for it.
func (e *etcdFlags) tls() (*tls.Config, error) {
	if (e.cert == "") != (e.key == "") {
		return nil, errors.New("--etcd-certfile and --etcd-keyfile need each other")
	}
	secure := e.ca != "" || e.cert != ""
	for _, url := range e.servers {
		if secure && strings.HasPrefix(url, "http://") {
			return nil, fmt.Errorf("--etcd-servers: %s is without TLS, which --etcd-cafile and --etcd-certfile are about", url)
		}
		secure = secure || strings.HasPrefix(url, "https://")
	}
	if !secure {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if e.ca != "" {
		bundle, err := os.ReadFile(e.ca)
		if err != nil {
			return nil, fmt.Errorf("read --etcd-cafile: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(bundle) {
			return nil, fmt.Errorf("read --etcd-cafile: no certificate in %q", e.ca)
		}
	}
	if e.cert != "" {
		if _, err := e.certificate(nil); err != nil {
			return nil, err
		}
		config.GetClientCertificate = e.certificate
	}
	return config, nil
}

func (e *etcdFlags) certificate(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(e.cert, e.key)
	if err != nil {
		return nil, fmt.Errorf("read --etcd-certfile: %w", err)
	}
	return &pair, nil
}
