package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"

	"k8s.io/client-go/util/keyutil"

	"github.com/seatrial/seatrial/reference/apiserver/auth/tokens"
)

// issuer makes the issuer of service account tokens, and says whose tokens are
// accepted: its own, and those of the keys and issuers in the flags.
func (o *Options) issuer() (*tokens.Issuer, tokens.Keys, error) {
	s := o.ServiceAccounts
	signing, own := crypto.Signer(nil), o.SigningKey
	switch {
	case s.SigningKeyFile != "":
		key, err := keyutil.PrivateKeyFromFile(s.SigningKeyFile)
		if err != nil {
			return nil, tokens.Keys{}, fmt.Errorf("read --service-account-signing-key-file: %w", err)
		}
		signer, ok := key.(crypto.Signer)
		if !ok {
			return nil, tokens.Keys{}, fmt.Errorf("read --service-account-signing-key-file: a %T cannot sign", key)
		}
		signing = signer
	case own != nil:
		signing = own
	default:
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, tokens.Keys{}, fmt.Errorf("make service account key: %w", err)
		}
		signing = key
	}
	name := ""
	if len(s.Issuers) > 0 {
		name = s.Issuers[0]
	}
	var more []crypto.PublicKey
	if own != nil && s.SigningKeyFile != "" { // the controllers sign with it
		more = append(more, own.Public())
	}
	for _, path := range s.KeyFiles {
		keys, err := keyutil.PublicKeysFromFile(path)
		if err != nil {
			return nil, tokens.Keys{}, fmt.Errorf("read --service-account-key-file: %w", err)
		}
		for _, k := range keys {
			more = append(more, k)
		}
	}
	i, err := tokens.NewIssuer(tokens.IssuerOptions{Issuer: name, JWKSURI: s.JWKSURI, Key: signing, More: more, Now: o.Now})
	if err != nil {
		return nil, tokens.Keys{}, err
	}
	keys := i.Keys()
	if len(s.Issuers) > 1 {
		keys.Issuers = append(keys.Issuers, s.Issuers[1:]...)
	}
	return i, keys, nil
}
