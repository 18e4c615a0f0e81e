package settings_test

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/seatrial/seatrial/reference/apiserver/settings"
)

// parse reads a command line.
func parse(t *testing.T, args ...string) (*settings.Flags, error) {
	t.Helper()
	f, set := settings.New(), pflag.NewFlagSet("apiserver", pflag.ContinueOnError)
	f.AddTo(set)
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	return f, f.Validate()
}

func TestDefaultsAreValid(t *testing.T) {
	if _, err := parse(t); err != nil {
		t.Error(err)
	}
	if err := settings.New().Validate(); err != nil {
		t.Error(err)
	}
}

func TestWhatCannotBeIsRefusedByName(t *testing.T) {
	for _, c := range []struct{ flags, want string }{
		{"--runtime-config=api/beta=true", "--runtime-config=api/beta=true: this server has stable versions only"},
		{"--runtime-config=api/all=false", "invalid runtime-config with only api/all=false"},
		{"--runtime-config=absent.example/v1=true", "unknown api groups absent.example/v1"},
		{"--max-requests-inflight=-1", "--max-requests-inflight can not be negative value"},
		{"--max-requests-inflight=0 --max-mutating-requests-inflight=0", "their sum must be positive"},
		{"--goaway-chance=0.5", "--goaway-chance can not be less than 0 or greater than 0.02"},
		{"--request-timeout=-1s", "--request-timeout can not be negative value"},
		{"--min-request-timeout=-1", "--min-request-timeout can not be negative value"},
		{"--shutdown-delay-duration=-1s", "--shutdown-delay-duration can not be negative value"},
		{"--cors-allowed-origins=example.com", "does not pin to start/end of host"},
		{"--watch-cache-sizes=pods", "--watch-cache-sizes: invalid value"},
		{"--watch-cache-sizes=pods#-1", "cannot be negative"},
		{"--event-ttl=1500ms", "--event-ttl: 1.5s is not a whole number of seconds"},
		{"--event-ttl=-1s", "--event-ttl: -1s"},
		{"--tls-cert-file=/a", "--tls-cert-file and --tls-private-key-file need each other"},
		{"--encryption-provider-config-automatic-reload", "must be set with --encryption-provider-config"},
		{"--delete-collection-workers=0", "--delete-collection-workers"},
		{"--etcd-compaction-interval=-1s", "--etcd-compaction-interval"},
		{"--storage-backend=etcd2", "--storage-backend invalid"},
		{"--storage-media-type=application/cbor", `--storage-media-type "application/cbor" invalid`},
		{"--etcd-prefix=/", "--etcd-prefix: it must not be empty"},
		{"--etcd-healthcheck-timeout=0", "--etcd-healthcheck-timeout"},
		{"--lease-reuse-duration-seconds=-1", "--lease-reuse-duration-seconds"},
		{"--tracing-config-file=/absent", "tracing-config-file /absent does not exist"},
		{"--show-hidden-metrics-for-version=1.2", `only "1.35" is`},
		{"--default-not-ready-toleration-seconds=-1", "must not be negative"},
		{"--endpoint-reconciler-type=master-count", `"master-count" is not implemented`},
		{"--kubernetes-service-node-port=70000", "70000 is no port"},
		{"--kubelet-client-key=/a", "--kubelet-client-certificate and --kubelet-client-key need each other"},
		{"--proxy-client-cert-file=/a", "--proxy-client-cert-file and --proxy-client-key-file need each other"},
		{"--kubelet-timeout=0", "--kubelet-timeout: 0s"},
		{"--kubelet-preferred-address-types=", "--kubelet-preferred-address-types"},
		{"--audit-log-path=- --audit-log-mode=sometimes", "invalid audit log mode sometimes"},
		{"--audit-webhook-mode=batch --audit-webhook-config-file=/a --audit-webhook-batch-buffer-size=0", "buffer size 0"},
		{"--emulated-version=1.35", "unknown flag: --emulated-version"},
		{"--etcd-servers-overrides=/pods#http://a", "unknown flag: --etcd-servers-overrides"},
		{"--advertise-address=10.0.0.1", "unknown flag: --advertise-address"},
	} {
		if _, err := parse(t, strings.Fields(c.flags)...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s says %v, not %q", c.flags, err, c.want)
		}
	}
}

// Gates hold for the process, so that the test sets one to what it is.
func TestUnknownGatesAreRefused(t *testing.T) {
	for _, gate := range []string{"WatchList=true", "kube:WatchList=true"} {
		f, err := parse(t, "--feature-gates="+gate)
		if err == nil {
			err = f.ApplyGates()
		}
		if err != nil {
			t.Errorf("%s: %v", gate, err)
		}
	}
	for gate, want := range map[string]string{
		"SidecarContainers=false": `"SidecarContainers" is not a feature that this server can switch`,
		"wardle:WatchList=true":   `"wardle:WatchList" is not a feature`,
		"KMSv1=":                  "ParseBool",
	} {
		f, err := parse(t, "--feature-gates="+gate)
		if err == nil {
			err = f.ApplyGates()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s says %v, not %q", gate, err, want)
		}
	}
}
