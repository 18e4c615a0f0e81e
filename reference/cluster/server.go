//go:build linux

package cluster

import (
	"crypto/tls"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/auth"
)

// serverOptions are those of the API server but for its listeners.
func (c *cluster) serverOptions() (apiserver.Options, error) {
	return apiserver.Options{
		Etcd:        c.store.Client(),
		EtcdReady:   c.store.Ready,
		ServingCert: c.bundle.Serving.CertPEM,
		ServingKey:  c.bundle.Serving.KeyPEM,
		ClientCA:    c.bundle.CA.PEM(),
		ServiceCIDR: c.ServiceCIDR,
		Auth: auth.Options{
			TokenAuthFile:         c.APIServer.TokenAuthFile,
			EnableBootstrapTokens: true,
			SigningKey:            c.bundle.ServiceAccountKey,
			Modes:                 c.APIServer.AuthorizationModes,
			PolicyFile:            c.APIServer.AuthorizationPolicy,
			AuthorizationWebhook:  c.APIServer.AuthorizationWebhook,
		},
		EnableAdmission:  c.APIServer.EnablePlugins,
		DisableAdmission: c.APIServer.DisablePlugins,
		KubeletTLS: &tls.Config{
			Certificates: []tls.Certificate{c.bundle.KubeletClient.TLS()},
			RootCAs:      c.bundle.CA.Pool(),
			MinVersion:   tls.VersionTLS12,
		},
		ProxyClientCertFile: c.bundle.Path("front-proxy-client.crt"),
		ProxyClientKeyFile:  c.bundle.Path("front-proxy-client.key"),
		RequestHeaderCA:     c.bundle.FrontProxyCA.PEM(),
		Logger:              c.Log.With("component", "apiserver"),
	}, nil
}
