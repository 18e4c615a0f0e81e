package client

import (
	"k8s.io/client-go/rest"
)

// WithCertificate returns a user that authenticates with nothing but the client certificate; both are in PEM.
func (u *User) WithCertificate(name string, certificate, key []byte) (*User, error) {
	config := rest.AnonymousClientConfig(u.config)
	config.CertData, config.KeyData = certificate, key
	config.QPS, config.Burst = -1, -1
	config.UserAgent = userAgent
	return newUser(name, name, config, u.waits)
}
