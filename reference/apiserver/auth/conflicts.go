package auth

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// check refuses flags that contradict each other, before any file is read.
func (o *Flags) check() error {
	return errors.Join(o.checkOIDC(), o.checkAuthentication(), o.checkServiceAccounts(), o.checkAuthorization())
}

func (o *Flags) checkOIDC() error {
	oidc := &o.OIDC
	given := oidc.IssuerURL != "" || oidc.ClientID != "" || oidc.CAFile != "" || oidc.UsernamePrefix != "" || oidc.GroupsClaim != "" ||
		oidc.GroupsPrefix != "" || len(oidc.RequiredClaims) > 0
	switch {
	case o.AuthenticationConfig != "" && given:
		return errors.New("authentication-config file and oidc-* flags are mutually exclusive")
	case (oidc.IssuerURL == "") != (oidc.ClientID == ""):
		return errors.New("oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set")
	case given && oidc.IssuerURL == "":
		return errors.New("oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set")
	}
	return nil
}

func (o *Flags) checkAuthentication() error {
	switch {
	case o.TokenWebhookVersion != "" && o.TokenWebhookVersion != "v1" && o.TokenWebhookVersion != "v1beta1":
		return fmt.Errorf("unknown --authentication-token-webhook-version %q: want v1 or v1beta1", o.TokenWebhookVersion)
	case o.TokenWebhookCacheTTL < 0:
		return errors.New("--authentication-token-webhook-cache-ttl must not be negative")
	}
	r := o.RequestHeader
	if r.ClientCAFile == "" && (len(r.AllowedNames)+len(r.UsernameHeaders)+len(r.UIDHeaders)+len(r.GroupHeaders)+len(r.ExtraHeaderPrefixes)) > 0 {
		return errors.New("--requestheader-* flags need --requestheader-client-ca-file")
	}
	if r.ClientCAFile != "" && r.ClientCAFile == o.ClientCAFile && len(r.AllowedNames) == 0 {
		return errors.New("--requestheader-client-ca-file and --client-ca-file are one file, and --requestheader-allowed-names is empty: every client could pose as anybody")
	}
	return nil
}

// The limits of --service-account-max-token-expiration.
const (
	minMaxExpiration = time.Hour
	maxMaxExpiration = (1 << 32) * time.Second
)

func (o *Flags) checkServiceAccounts() error {
	s := o.ServiceAccounts
	switch {
	case slices.Contains(s.Issuers, ""):
		return errors.New("--service-account-issuer must not be empty")
	case s.MaxExpiration != 0 && (s.MaxExpiration < minMaxExpiration || s.MaxExpiration > maxMaxExpiration):
		return fmt.Errorf("the service-account-max-token-expiration must be between 1 hour and 2^32 seconds, got %s", s.MaxExpiration)
	case s.Lookup == Off:
		return errors.New("--service-account-lookup=false is not implemented: a token always ends with its Secret")
	}
	for i, issuer := range s.Issuers {
		if slices.Contains(s.Issuers[:i], issuer) {
			return fmt.Errorf("--service-account-issuer %q is there twice", issuer)
		}
	}
	return nil
}

func (o *Flags) checkAuthorization() error {
	webhook := o.AuthorizationWebhook != "" || o.WebhookVersion != "" || o.WebhookAuthorizedTTL != nil || o.WebhookUnauthorizedTTL != nil
	if o.AuthorizationConfig != "" {
		if webhook || len(o.Modes) > 0 {
			return errors.New("--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are defined")
		}
		return nil // the file says which modes there are
	}
	return errors.Join(o.checkModes(), o.checkModeFiles(webhook))
}

func (o *Flags) checkModes() error {
	for i, mode := range o.Modes {
		if slices.Contains(o.Modes[:i], mode) {
			return fmt.Errorf("read --authorization-mode: %q is there twice", mode)
		}
		if !slices.Contains(knownModes(), mode) {
			return unknownMode(mode)
		}
	}
	return nil
}

// checkModeFiles refuses modes without their files and the other way round; webhook says that there are flags of the webhook mode.
func (o *Flags) checkModeFiles(webhook bool) error {
	switch {
	case slices.Contains(o.Modes, ModeABAC) != (o.PolicyFile != ""):
		if o.PolicyFile == "" {
			return fmt.Errorf("--authorization-mode %s needs --authorization-policy-file", ModeABAC)
		}
		return fmt.Errorf("--authorization-policy-file needs --authorization-mode %s", ModeABAC)
	case slices.Contains(o.Modes, ModeWebhook) && o.AuthorizationWebhook == "":
		return fmt.Errorf("--authorization-mode %s needs --authorization-webhook-config-file", ModeWebhook)
	case !slices.Contains(o.Modes, ModeWebhook) && webhook:
		return fmt.Errorf("--authorization-webhook-* flags need --authorization-mode %s", ModeWebhook)
	case o.WebhookVersion != "" && o.WebhookVersion != "v1" && o.WebhookVersion != "v1beta1":
		return fmt.Errorf("unknown --authorization-webhook-version %q: want v1 or v1beta1", o.WebhookVersion)
	}
	return nil
}
