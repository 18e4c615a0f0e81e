//go:build linux

package command

import (
	"github.com/spf13/pflag"

	"github.com/seatrial/seatrial/reference/cluster"
)

// addAPIServerFlags adds flags of the API server under upstream's names.
func addAPIServerFlags(f *pflag.FlagSet, flags *cluster.APIServerFlags) {
	f.StringVar(&flags.TokenAuthFile, "token-auth-file", "", "CSV file of static tokens: token,user,uid,\"group1,group2\"")
	f.StringSliceVar(&flags.AuthorizationModes, "authorization-mode", nil, "authorizers in order: Node, RBAC, ABAC, Webhook, AlwaysAllow, AlwaysDeny (default Node,RBAC)")
	f.StringVar(&flags.AuthorizationPolicy, "authorization-policy-file", "", "policy of mode ABAC, one JSON object a line")
	f.StringVar(&flags.AuthorizationWebhook, "authorization-webhook-config-file", "", "kubeconfig of the webhook of mode Webhook")
	f.StringSliceVar(&flags.EnablePlugins, "enable-admission-plugins", nil, "admission plugins to turn on, beside the default ones")
	f.StringSliceVar(&flags.DisablePlugins, "disable-admission-plugins", nil, "admission plugins to turn off")
}
