package apiserver

import (
	"bytes"
	"fmt"
	"slices"

	"k8s.io/apiserver/pkg/authentication/authenticatorfactory"
	"k8s.io/apiserver/pkg/authentication/request/headerrequest"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"

	"github.com/seatrial/seatrial/reference/apiserver/auth"
)

// trust is whose certificates clients and authenticating proxies may show: the
// cluster's own CAs and, beside them, those in the flags (decision 0034).
type trust struct {
	clients []dynamiccertificates.CAContentProvider
	proxies []*authenticatorfactory.RequestHeaderConfig
}

func newTrust(o *Options) (*trust, error) {
	t := &trust{}
	if len(o.ClientCA) > 0 {
		own, err := dynamiccertificates.NewStaticCAContent("client-ca", o.ClientCA)
		if err != nil {
			return nil, err
		}
		t.clients = append(t.clients, own)
	}
	if path := o.Auth.ClientCAFile; path != "" {
		file, err := dynamiccertificates.NewDynamicCAContentFromFile("client-ca-bundle", path)
		if err != nil {
			return nil, fmt.Errorf("read --client-ca-file: %w", err)
		}
		t.clients = append(t.clients, file)
	}
	if len(o.RequestHeaderCA) > 0 {
		own, err := dynamiccertificates.NewStaticCAContent("request-header-ca", o.RequestHeaderCA)
		if err != nil {
			return nil, err
		}
		t.proxies = append(t.proxies, frontProxy(own, auth.RequestHeaderFlags{AllowedNames: []string{"front-proxy-client"}}))
	}
	if flags := o.Auth.RequestHeader; flags.ClientCAFile != "" {
		file, err := dynamiccertificates.NewDynamicCAContentFromFile("request-header", flags.ClientCAFile)
		if err != nil {
			return nil, fmt.Errorf("read --requestheader-client-ca-file: %w", err)
		}
		t.proxies = append(t.proxies, frontProxy(file, flags))
	}
	return t, nil
}

// frontProxy is what a proxy may say about its users, with upstream's usual headers
// where the flags name none.
func frontProxy(ca dynamiccertificates.CAContentProvider, flags auth.RequestHeaderFlags) *authenticatorfactory.RequestHeaderConfig {
	list := func(given []string, usual string) headerrequest.StaticStringSlice {
		if len(given) == 0 {
			return headerrequest.StaticStringSlice{usual}
		}
		return given
	}
	return &authenticatorfactory.RequestHeaderConfig{
		CAContentProvider:   ca,
		AllowedClientNames:  headerrequest.StaticStringSlice(flags.AllowedNames),
		UsernameHeaders:     list(flags.UsernameHeaders, "X-Remote-User"),
		UIDHeaders:          list(flags.UIDHeaders, "X-Remote-Uid"),
		GroupHeaders:        list(flags.GroupHeaders, "X-Remote-Group"),
		ExtraHeaderPrefixes: list(flags.ExtraHeaderPrefixes, "X-Remote-Extra-"),
	}
}

// asked are the CAs from which a client is asked for a certificate; nil for none.
func (t *trust) asked() dynamiccertificates.CAContentProvider {
	all := slices.Clone(t.clients)
	for _, p := range t.proxies {
		all = append(all, p.CAContentProvider)
	}
	if len(all) == 0 {
		return nil
	}
	return dynamiccertificates.NewUnionCAContentProvider(all...)
}

// published is what extension API servers are told about proxies; nil for none.
func (t *trust) published() *authenticatorfactory.RequestHeaderConfig {
	switch len(t.proxies) {
	case 0:
		return nil
	case 1:
		return t.proxies[0]
	}
	own, given := t.proxies[0], t.proxies[1]
	join := func(a, b headerrequest.StringSliceProvider) headerrequest.StaticStringSlice {
		var out []string
		for _, s := range slices.Concat(a.Value(), b.Value()) {
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
		return out
	}
	names := join(own.AllowedClientNames, given.AllowedClientNames)
	if len(given.AllowedClientNames.Value()) == 0 {
		names = nil // any
	}
	return &authenticatorfactory.RequestHeaderConfig{
		CAContentProvider:   dynamiccertificates.NewUnionCAContentProvider(own.CAContentProvider, given.CAContentProvider),
		AllowedClientNames:  names,
		UsernameHeaders:     join(own.UsernameHeaders, given.UsernameHeaders),
		UIDHeaders:          join(own.UIDHeaders, given.UIDHeaders),
		GroupHeaders:        join(own.GroupHeaders, given.GroupHeaders),
		ExtraHeaderPrefixes: join(own.ExtraHeaderPrefixes, given.ExtraHeaderPrefixes),
	}
}

// clientCA is the bundle of the CAs of clients as it is now.
func (t *trust) clientCA() []byte {
	var out [][]byte
	for _, c := range t.clients {
		out = append(out, bytes.TrimSpace(c.CurrentCABundleContent()), []byte("\n"))
	}
	return bytes.Join(out, nil)
}
