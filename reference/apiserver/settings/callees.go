package settings

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
)

// Callees are those whom the server calls itself, kubelets and extension API
// servers: whom it trusts and what it shows to them.
type Callees struct {
	KubeletCA, KubeletCert, KubeletKey string // files
	KubeletTimeout                     time.Duration
	// AddressTypes are the kinds of a node's addresses, the best one first.
	AddressTypes []string
	// ProxyCert and ProxyKey are files; empty means what the cluster has.
	ProxyCert, ProxyKey string
}

// defaultCallees prefer addresses that need no name server.
func defaultCallees() Callees {
	return Callees{KubeletTimeout: 5 * time.Second, AddressTypes: []string{
		string(corev1.NodeInternalIP), string(corev1.NodeExternalIP), string(corev1.NodeHostName),
		string(corev1.NodeInternalDNS), string(corev1.NodeExternalDNS),
	}}
}

func (c *Callees) addTo(set *pflag.FlagSet) {
	set.StringVar(&c.KubeletCA, "kubelet-certificate-authority", "", "CAs of the serving certificates of kubelets (default the cluster's own)")
	set.StringVar(&c.KubeletCert, "kubelet-client-certificate", "", "certificate to show to kubelets (default one of the cluster's own CA)")
	set.StringVar(&c.KubeletKey, "kubelet-client-key", "", "key of --kubelet-client-certificate")
	set.DurationVar(&c.KubeletTimeout, "kubelet-timeout", c.KubeletTimeout, "how long a connection to a kubelet may take to come about")
	set.StringSliceVar(&c.AddressTypes, "kubelet-preferred-address-types", c.AddressTypes, "kinds of a node's addresses to reach its kubelet at, the best one first")
	set.StringVar(&c.ProxyCert, "proxy-client-cert-file", "", "certificate to show to extension API servers (default one of the cluster's own front-proxy CA)")
	set.StringVar(&c.ProxyKey, "proxy-client-key-file", "", "key of --proxy-client-cert-file")
}

func (c *Callees) validate() []error {
	var errs []error
	if (c.KubeletCert == "") != (c.KubeletKey == "") {
		errs = append(errs, errors.New("--kubelet-client-certificate and --kubelet-client-key need each other"))
	}
	if (c.ProxyCert == "") != (c.ProxyKey == "") {
		errs = append(errs, errors.New("--proxy-client-cert-file and --proxy-client-key-file need each other"))
	}
	if c.KubeletTimeout <= 0 {
		errs = append(errs, fmt.Errorf("--kubelet-timeout: %s is not positive", c.KubeletTimeout))
	}
	if len(c.AddressTypes) == 0 {
		errs = append(errs, errors.New("--kubelet-preferred-address-types: at least one is needed"))
	}
	return errs
}

// KubeletTLS changes what the cluster has for connections to kubelets into what
// the flags say. given may be nil, and is not changed.
func (c *Callees) KubeletTLS(given *tls.Config) (*tls.Config, error) {
	if c.KubeletCA == "" && c.KubeletCert == "" {
		return given, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if given != nil {
		config = given.Clone()
	}
	if c.KubeletCA != "" {
		bundle, err := os.ReadFile(c.KubeletCA)
		if err != nil {
			return nil, fmt.Errorf("read --kubelet-certificate-authority: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(bundle) {
			return nil, fmt.Errorf("read --kubelet-certificate-authority: no certificate in %q", c.KubeletCA)
		}
	} else if given == nil {
		config.InsecureSkipVerify = true //nolint:gosec // as without flags: a server by itself trusts any kubelet
	}
	if c.KubeletCert != "" {
		own, err := tls.LoadX509KeyPair(c.KubeletCert, c.KubeletKey)
		if err != nil {
			return nil, fmt.Errorf("read --kubelet-client-certificate: %w", err)
		}
		config.Certificates = []tls.Certificate{own}
	}
	return config, nil
}
