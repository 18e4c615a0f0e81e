//go:build linux

package cluster

import (
	"crypto/tls"
	"log/slog"
	"slices"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/auth"
	"github.com/seatrial/seatrial/reference/pki"
)

// ServerOptions are those of an API server with these certificates, but for its
// store, listeners and addresses.
func ServerOptions(bundle *pki.Bundle, flags APIServerFlags, log *slog.Logger) apiserver.Options {
	return apiserver.Options{
		ServingCert:      bundle.Serving.CertPEM,
		ServingKey:       bundle.Serving.KeyPEM,
		ClientCA:         bundle.CA.PEM(),
		Auth:             auth.Options{Flags: flags.Auth, SigningKey: bundle.ServiceAccountKey},
		EnableAdmission:  withNodeRestriction(flags),
		DisableAdmission: flags.DisablePlugins,
		AdmissionFile:    flags.AdmissionFile,
		Settings:         flags.Settings,
		KubeletTLS: &tls.Config{
			Certificates: []tls.Certificate{bundle.KubeletClient.TLS()},
			RootCAs:      bundle.CA.Pool(),
			MinVersion:   tls.VersionTLS12,
		},
		ProxyClientCertFile: bundle.Path("front-proxy-client.crt"),
		ProxyClientKeyFile:  bundle.Path("front-proxy-client.key"),
		RequestHeaderCA:     bundle.FrontProxyCA.PEM(),
		Logger:              log.With("component", "apiserver"),
	}
}

// nodeRestriction keeps a kubelet to its own node and pods (decision 0035).
const nodeRestriction = "NodeRestriction"

// withNodeRestriction adds it to the plugins to turn on, unless it is turned off.
func withNodeRestriction(flags APIServerFlags) []string {
	if slices.Contains(flags.DisablePlugins, nodeRestriction) || slices.Contains(flags.EnablePlugins, nodeRestriction) {
		return flags.EnablePlugins
	}
	return append(slices.Clone(flags.EnablePlugins), nodeRestriction)
}
