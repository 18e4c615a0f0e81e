//go:build linux

package command

import (
	"errors"
	"fmt"
	"maps"

	"github.com/spf13/cobra"
)

// refusedFlags are upstream's flags of the API server that this one does not
// have, and why.
func refusedFlags() map[string]string {
	const (
		oneVersion = "the server has one version, v1.36"
		noElection = "coordinated leader election is not in the stable API"
		unbuffered = "every line of the log is written to stderr at once"
		noPeers    = "servers do not pass requests on to each other"
	)
	return map[string]string{
		"admission-control":                           "deprecated by Kubernetes: give --enable-admission-plugins and --disable-admission-plugins",
		"coordinated-leadership-lease-duration":       noElection,
		"coordinated-leadership-renew-deadline":       noElection,
		"coordinated-leadership-retry-period":         noElection,
		"egress-selector-config-file":                 "connections to nodes, webhooks and the store are made directly",
		"emulated-version":                            oneVersion,
		"emulation-forward-compatible":                oneVersion,
		"enable-logs-handler":                         "deprecated by Kubernetes: there are no log files to serve",
		"etcd-db-metric-poll-interval":                "the size of the store is measured whenever /metrics is read",
		"etcd-servers-overrides":                      "all resources are in one store: give --etcd-servers",
		"log-flush-frequency":                         unbuffered,
		"log-json-info-buffer-size":                   unbuffered,
		"log-json-split-stream":                       unbuffered,
		"log-text-info-buffer-size":                   unbuffered,
		"log-text-split-stream":                       unbuffered,
		"max-connection-bytes-per-sec":                "streams are not slowed down",
		"min-compatibility-version":                   oneVersion,
		"peer-advertise-ip":                           noPeers,
		"peer-advertise-port":                         noPeers,
		"peer-ca-file":                                noPeers,
		"runtime-config-emulation-forward-compatible": oneVersion,
		"service-account-signing-endpoint":            "tokens are signed in this process: give --service-account-signing-key-file",
		"vmodule":                                     "the log is not filtered by source file: give --v",
	}
}

// refusedInside are the further flags that a cluster in one process does not have.
func refusedInside() map[string]string {
	const (
		ownStore = "the cluster has a store of its own"
		ownPort  = "the API is served on port 6443 of the node and on --api-port of the host"
	)
	all := refusedFlags()
	maps.Copy(all, map[string]string{
		"bind-address":           ownPort,
		"secure-port":            ownPort,
		"permit-port-sharing":    ownPort,
		"cert-dir":               "certificates are in the folder pki of --data-dir",
		"etcd-servers":           ownStore,
		"etcd-cafile":            ownStore,
		"etcd-certfile":          ownStore,
		"etcd-keyfile":           ownStore,
		"permit-address-sharing": ownPort,
	})
	return all
}

// refusal is the error of using a refused flag.
type refusal struct{ name, reason string }

func (r *refusal) Error() string { return fmt.Sprintf("--%s is refused: %s", r.name, r.reason) }

// refused is a flag that cannot be set; it implements pflag.Value.
type refused refusal

func (*refused) String() string { return "" }

func (r *refused) Set(string) error { return (*refusal)(r) }

func (*refused) Type() string { return "refused" }

// refuse adds hidden flags whose use is an error with the reason.
func refuse(cmd *cobra.Command, all map[string]string) {
	for name, reason := range all {
		flag := cmd.Flags().VarPF(&refused{name: name, reason: reason}, name, "", reason)
		flag.Hidden, flag.NoOptDefVal = true, "true"
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		if r := (*refusal)(nil); errors.As(err, &r) {
			return r // without the library's words about an invalid value
		}
		return err
	})
}
