package probes

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

const (
	maxBody      = 10 << 10
	maxRedirects = 10
)

// errForeignRedirect stops a redirect to another host: the container answered, and that is what was asked.
var errForeignRedirect = errors.New("redirect to another host")

// NewRequest makes the request of an httpGet probe or hook.
func NewRequest(ctx context.Context, action *corev1.HTTPGetAction, target Target, agent string) (*http.Request, error) {
	port, err := Port(action.Port, target.Container)
	if err != nil {
		return nil, err
	}
	path, err := url.Parse(action.Path)
	if err != nil { // a path that is no URL is sent as it is
		path = &url.URL{Path: action.Path}
	}
	path.Scheme = strings.ToLower(string(action.Scheme))
	if path.Scheme == "" {
		path.Scheme = "http"
	}
	path.Host = net.JoinHostPort(hostOr(action.Host, target), strconv.Itoa(port))
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, path.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	for _, header := range action.HTTPHeaders {
		request.Header.Add(header.Name, header.Value)
	}
	setDefault(request.Header, "User-Agent", agent)
	setDefault(request.Header, "Accept", "*/*")
	if host := request.Header.Get("Host"); host != "" {
		request.Host = host
	}
	return request, nil
}

// setDefault leaves a header that the pod sets; one that it sets to nothing is not sent.
func setDefault(header http.Header, name, value string) {
	if _, set := header[name]; !set {
		header.Set(name, value)
	} else if header.Get(name) == "" {
		header.Del(name)
	}
}

// Client returns an HTTP client for one request to a container. Certificates are not verified, as documented.
func Client() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			TLSClientConfig:    &tls.Config{InsecureSkipVerify: true},
			DisableKeepAlives:  true,
			DisableCompression: true,
			DialContext:        new(net.Dialer).DialContext,
		},
		CheckRedirect: checkRedirect,
	}
}

func checkRedirect(request *http.Request, via []*http.Request) error {
	first := via[0]
	host := first.Host
	if host == "" {
		host = first.URL.Host
	}
	if request.URL.Hostname() != hostname(host) && request.URL.Hostname() != first.URL.Hostname() {
		return errForeignRedirect
	}
	if len(via) >= maxRedirects {
		return fmt.Errorf("stopped after %d redirects", maxRedirects)
	}
	return nil
}

func hostname(hostPort string) string {
	if host, _, err := net.SplitHostPort(hostPort); err == nil {
		return host
	}
	return hostPort
}

func get(request *http.Request) (Outcome, string) {
	response, err := Client().Do(request)
	if errors.Is(err, errForeignRedirect) {
		if response != nil {
			_ = response.Body.Close() // the client closed it already
		}
		return Warning, fmt.Sprintf("Probe terminated redirects, Response body: %s", err)
	}
	if err != nil {
		return Failure, err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	if err != nil {
		return Failure, err.Error()
	}
	if response.StatusCode >= http.StatusOK && response.StatusCode < http.StatusBadRequest {
		if response.StatusCode >= http.StatusMultipleChoices {
			return Warning, fmt.Sprintf("Probe terminated redirects, Response body: %s", body)
		}
		return Success, string(body)
	}
	return Failure, fmt.Sprintf("HTTP probe failed with statuscode: %d", response.StatusCode)
}
