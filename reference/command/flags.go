//go:build linux

package command

import (
	"github.com/spf13/pflag"

	"github.com/seatrial/seatrial/reference/cluster"
)

// addAPIServerFlags adds flags of the API server under upstream's names.
func addAPIServerFlags(f *pflag.FlagSet, flags *cluster.APIServerFlags) {
	flags.Auth.AddTo(f)
	f.StringSliceVar(&flags.EnablePlugins, "enable-admission-plugins", nil, "admission plugins to turn on, beside the default ones")
	f.StringSliceVar(&flags.DisablePlugins, "disable-admission-plugins", nil, "admission plugins to turn off")
	f.StringVar(&flags.AdmissionFile, "admission-control-config-file", "", "file with an AdmissionConfiguration: the configurations of admission plugins")
}
