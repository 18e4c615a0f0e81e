// Package kubelet finds the kubelet of a node and the transport to it.
package kubelet

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/registry/rest"
)

const (
	defaultPort = 10250
	dialTimeout = 5 * time.Second
)

// Client connects to kubelets.
type Client struct {
	nodes     rest.Getter
	transport *http.Transport
}

// NewClient makes a client that presents the certificate in config and trusts
// its roots. A nil config trusts any kubelet and presents nothing.
func NewClient(nodes rest.Getter, config *tls.Config) *Client {
	if config == nil {
		config = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // documented above; upstream's default too
	}
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	return &Client{nodes: nodes, transport: &http.Transport{
		DialContext:         dialer.DialContext,
		TLSClientConfig:     config.Clone(),
		TLSHandshakeTimeout: dialTimeout,
		IdleConnTimeout:     90 * time.Second,
		MaxIdleConnsPerHost: 4,
	}}
}

// Transport is the connection pool to all kubelets.
func (c *Client) Transport() http.RoundTripper { return c.transport }

// Locate returns https://address:port of the kubelet of a node.
func (c *Client) Locate(ctx context.Context, node string) (*url.URL, error) {
	obj, err := c.nodes.Get(ctx, node, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	n, ok := obj.(*corev1.Node)
	if !ok {
		return nil, fmt.Errorf("locate kubelet of %q: %T is not a Node", node, obj)
	}
	host := address(n)
	if host == "" {
		return nil, fmt.Errorf("no preferred addresses found; known addresses: %v", n.Status.Addresses)
	}
	port := n.Status.DaemonEndpoints.KubeletEndpoint.Port
	if port == 0 {
		port = defaultPort
	}
	return &url.URL{Scheme: "https", Host: net.JoinHostPort(host, strconv.Itoa(int(port)))}, nil
}

// address prefers what needs no name server.
func address(n *corev1.Node) string {
	for _, kind := range []corev1.NodeAddressType{corev1.NodeInternalIP, corev1.NodeExternalIP, corev1.NodeHostName} {
		for _, a := range n.Status.Addresses {
			if a.Type == kind {
				return a.Address
			}
		}
	}
	return ""
}
