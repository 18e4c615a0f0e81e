//go:build linux

package command

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// The list is that of kube-apiserver v1.36.3 --help.
func TestEveryFlagOfUpstreamIsTakenOrRefusedWithAReason(t *testing.T) {
	list, err := os.ReadFile("testdata/upstream-flags.txt")
	if err != nil {
		t.Fatal(err)
	}
	upstream := strings.Fields(string(list))
	if !slices.IsSorted(upstream) || len(upstream) < 170 {
		t.Errorf("the list of %d flags is not sorted or not whole", len(upstream))
	}
	for name, refused := range map[string]map[string]string{"apiserver": refusedFlags(), "all-in-one": refusedInside()} {
		for _, flag := range upstream {
			cmd := subcommand(t, name)
			reason, no := refused[flag]
			if !no && cmd.Flag(flag) == nil {
				t.Errorf("%s: --%s is neither taken nor refused", name, flag)
			}
			if no && reason == "" {
				t.Errorf("%s: --%s is refused without a reason", name, flag)
			}
		}
		for flag := range refused {
			if !slices.Contains(upstream, flag) {
				t.Errorf("%s: --%s is refused and not upstream's", name, flag)
			}
		}
	}
}

// subcommand has all flags that a user may give.
func subcommand(t *testing.T, name string) *cobra.Command {
	t.Helper()
	cmd, _, err := rootCommand().Find([]string{name})
	if err != nil {
		t.Fatal(err)
	}
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	return cmd
}

func TestUseOfARefusedFlagSaysWhy(t *testing.T) {
	for line, want := range map[string]string{
		"apiserver --peer-ca-file /a":               "--peer-ca-file is refused: servers do not pass requests on to each other",
		"apiserver --enable-logs-handler":           "--enable-logs-handler is refused: deprecated by Kubernetes: there are no log files to serve",
		"apiserver --emulated-version=1.35":         "--emulated-version is refused: the server has one version, v1.36",
		"all-in-one --etcd-servers=http://a":        "--etcd-servers is refused: the cluster has a store of its own",
		"all-in-one --bind-address=0.0.0.0":         "--bind-address is refused: the API is served on port 6443 of the node and on --api-port of the host",
		"apiserver --absent":                        "unknown flag: --absent",
		"apiserver --data-dir=/a --etcd-servers=/b": "if any flags in the group [etcd-servers data-dir] are set none of the others can be",
	} {
		root := rootCommand()
		root.SetArgs(strings.Fields(line))
		if err := root.Execute(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s says %v, not %q", line, err, want)
		}
	}
}

func TestVersionIsThatOfTheAPI(t *testing.T) {
	for _, name := range []string{"apiserver", "all-in-one"} {
		var out bytes.Buffer
		root := rootCommand()
		root.SetArgs([]string{name, "--version"})
		root.SetOut(&out)
		if err := root.Execute(); err != nil || out.String() != "Kubernetes v1.36.3\n" {
			t.Errorf("%s --version says %q, %v", name, out.String(), err)
		}
	}
}

func TestVerbosityIsUpstreamsOrASwitch(t *testing.T) {
	for line, want := range map[string]verbosity{
		"": 0, "-v": 4, "-v=2": 2, "--v 6": 6, "--v=0": 0, "--verbose": 4, "--verbose=false": 0,
	} {
		var log logging
		cmd := &cobra.Command{Use: "x", Run: func(*cobra.Command, []string) {}}
		log.addTo(cmd.PersistentFlags())
		cmd.SetArgs(strings.Fields(line))
		if err := cmd.Execute(); err != nil || log.level != want {
			t.Errorf("%q means %d, %v; not %d", line, log.level, err, want)
		}
		logger := log.logger(io.Discard)
		if got := logger.Enabled(t.Context(), slog.LevelDebug); got != (want >= debugVerbosity) {
			t.Errorf("%q: debug messages: %v", line, got)
		}
	}
	for _, line := range []string{"--v=-1", "--v=x", "--logging-format=xml"} {
		var log logging
		cmd := &cobra.Command{Use: "x", SilenceErrors: true, SilenceUsage: true, Run: func(*cobra.Command, []string) {}}
		log.addTo(cmd.PersistentFlags())
		cmd.SetArgs([]string{line})
		if cmd.Execute() == nil {
			t.Errorf("%s is accepted", line)
		}
	}
}

func TestLogIsJSONWhenTheFlagSaysSo(t *testing.T) {
	var out bytes.Buffer
	log := logging{format: "json"}
	log.logger(&out).Info("hello")
	if !strings.HasPrefix(out.String(), "{") || !strings.Contains(out.String(), `"msg":"hello"`) {
		t.Errorf("the log is %s", out.String())
	}
}

func TestNetworkFlagsAreChecked(t *testing.T) {
	for _, c := range []struct{ advertise, services, want string }{
		{"127.0.0.1", "10.0.0.0/16", "--advertise-address: nodes and pods cannot reach 127.0.0.1"},
		{"0.0.0.0", "10.0.0.0/16", "--advertise-address: nodes and pods cannot reach 0.0.0.0"},
		{"host", "10.0.0.0/16", "--advertise-address: ParseAddr"},
		{"192.0.2.1", "10.0.0.0", "--service-cluster-ip-range: netip.ParsePrefix"},
		{"192.0.2.1", "10.0.0.0/16,10.1.0.0/16", "two ranges must be of different IP families"},
		{"192.0.2.1", "10.0.0.0/16,fd00::/108,10.1.0.0/16", "3 ranges"},
		{"192.0.2.1", "10.0.0.0/16, fd00::/108", ""},
		{"", "fd00::/108,10.0.0.0/16", ""},
	} {
		_, err := (&networkFlags{advertise: c.advertise, services: c.services}).network()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s %s says %v, not %q", c.advertise, c.services, err, c.want)
		}
	}
}

func TestFlagsOfTheStoreAreChecked(t *testing.T) {
	for want, flags := range map[string]etcdFlags{
		"--etcd-certfile and --etcd-keyfile need each other": {servers: []string{"https://a"}, cert: "/a"},
		"--etcd-servers: http://a is without TLS":            {servers: []string{"https://b", "http://a"}, ca: "/a"},
		"read --etcd-cafile: open /absent":                   {servers: []string{"https://a"}, ca: "/absent"},
		`read --etcd-cafile: no certificate in "/dev/null"`:  {servers: []string{"https://a"}, ca: "/dev/null"},
		"read --etcd-certfile: open /absent":                 {servers: []string{"https://a"}, cert: "/absent", key: "/absent"},
	} {
		if _, err := flags.tls(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v says %v, not %q", flags, err, want)
		}
	}
	if config, err := (&etcdFlags{servers: []string{"http://a", "unix:///b"}}).tls(); config != nil || err != nil {
		t.Errorf("without https there is %v, %v", config, err)
	}
}
