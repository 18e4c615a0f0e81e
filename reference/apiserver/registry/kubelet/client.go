// Package kubelet finds the kubelet of a node and the transport to it.
package kubelet

import (
	"cmp"
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

const defaultPort = 10250

// Options configure a client. Nodes are required.
type Options struct {
	Nodes rest.Getter
	// TLS has the certificate to present and the roots to trust. Nil trusts any
	// kubelet and presents nothing.
	TLS *tls.Config
	// Timeout is how long a connection may take to come about; zero means 5 s.
	Timeout time.Duration
	// AddressTypes are the kinds of addresses to use, the best one first.
	AddressTypes []string
}

// Client connects to kubelets.
type Client struct {
	Options
	transport *http.Transport
}

// NewClient makes a client.
func NewClient(o Options) *Client {
	o.Timeout = cmp.Or(o.Timeout, 5*time.Second)
	config := o.TLS
	if config == nil {
		config = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // documented above; upstream's default too
	}
	dialer := &net.Dialer{Timeout: o.Timeout, KeepAlive: 30 * time.Second}
	return &Client{Options: o, transport: &http.Transport{
		DialContext:         dialer.DialContext,
		TLSClientConfig:     config.Clone(),
		TLSHandshakeTimeout: o.Timeout,
		IdleConnTimeout:     90 * time.Second,
		MaxIdleConnsPerHost: 4,
	}}
}

// Transport is the connection pool to all kubelets.
func (c *Client) Transport() http.RoundTripper { return c.transport }

// Locate returns https://address:port of the kubelet of a node.
func (c *Client) Locate(ctx context.Context, node string) (*url.URL, error) {
	obj, err := c.Nodes.Get(ctx, node, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	n, ok := obj.(*corev1.Node)
	if !ok {
		return nil, fmt.Errorf("locate kubelet of %q: %T is not a Node", node, obj)
	}
	host := c.address(n)
	if host == "" {
		return nil, fmt.Errorf("no preferred addresses found; known addresses: %v", n.Status.Addresses)
	}
	port := n.Status.DaemonEndpoints.KubeletEndpoint.Port
	if port == 0 {
		port = defaultPort
	}
	return &url.URL{Scheme: "https", Host: net.JoinHostPort(host, strconv.Itoa(int(port)))}, nil
}

func (c *Client) address(n *corev1.Node) string {
	for _, kind := range c.AddressTypes {
		for _, a := range n.Status.Addresses {
			if string(a.Type) == kind {
				return a.Address
			}
		}
	}
	return ""
}
