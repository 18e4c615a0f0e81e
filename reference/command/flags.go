//go:build linux

package command

import (
	"github.com/spf13/pflag"

	"github.com/seatrial/seatrial/reference/apiserver/settings"
	"github.com/seatrial/seatrial/reference/cluster"
)

// addAPIServerFlags adds flags of the API server under upstream's names.
func addAPIServerFlags(f *pflag.FlagSet, flags *cluster.APIServerFlags) {
	own := pflag.NewFlagSet("apiserver", pflag.ContinueOnError)
	flags.Auth.AddTo(own)
	own.StringSliceVar(&flags.EnablePlugins, "enable-admission-plugins", nil, "admission plugins to turn on, beside the default ones")
	own.StringSliceVar(&flags.DisablePlugins, "disable-admission-plugins", nil, "admission plugins to turn off")
	own.StringVar(&flags.AdmissionFile, "admission-control-config-file", "", "file with an AdmissionConfiguration: the configurations of admission plugins")
	flags.Settings = settings.New()
	flags.Settings.AddTo(own)
	f.AddFlagSet(own)
}
