package settings

import (
	"fmt"
	"net"

	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
)

// SecureServing serves on the listener with the certificate, or with the one
// in the flags.
func (f *Flags) SecureServing(l net.Listener, own dynamiccertificates.CertKeyContentProvider) (*genericapiserver.SecureServingInfo, error) {
	o := *f.Serving
	o.Listener, o.ServerCert.GeneratedCert = l, own
	var info *genericapiserver.SecureServingInfo
	if err := o.ApplyTo(&info); err != nil {
		return nil, fmt.Errorf("TLS: %w", err)
	}
	return info, nil
}
