package pki

import (
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Kubeconfig describes a kubeconfig file with one cluster, one user and one context.
type Kubeconfig struct {
	Name   string // of the cluster; the context is User@Name unless Context is set
	Server string // URL
	CA     []byte // PEM

	User      string
	Client    *Pair  // a client certificate, or
	Token     string // a bearer token
	Context   string
	Namespace string
}

// Config returns what WriteKubeconfig writes.
func (k Kubeconfig) Config() *clientcmdapi.Config {
	c := clientcmdapi.NewConfig()
	name := k.Context
	if name == "" {
		name = k.User + "@" + k.Name
	}
	user := &clientcmdapi.AuthInfo{Token: k.Token}
	if k.Client != nil {
		user.ClientCertificateData, user.ClientKeyData = k.Client.CertPEM, k.Client.KeyPEM
	}
	c.Clusters[k.Name] = &clientcmdapi.Cluster{Server: k.Server, CertificateAuthorityData: k.CA}
	c.AuthInfos[k.User] = user
	c.Contexts[name] = &clientcmdapi.Context{Cluster: k.Name, AuthInfo: k.User, Namespace: k.Namespace}
	c.CurrentContext = name
	return c
}

// WriteKubeconfig writes path with mode 0600 and everything embedded. The file
// is replaced at once, and its directory is made if needed.
func WriteKubeconfig(path string, k Kubeconfig) error {
	data, err := clientcmd.Write(*k.Config())
	if err != nil {
		return fmt.Errorf("encode kubeconfig %s: %w", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o711); err != nil {
		return fmt.Errorf("make directory of kubeconfig: %w", err)
	}
	return writeFile(path, data, 0o600)
}
