package cluster

import (
	"slices"
	"strings"
	"testing"
)

func TestCapabilitiesLeavesOutThoseThatTheMachineLacks(t *testing.T) {
	const withoutSysResource = 0x1fffeffffff
	names := capabilities(withoutSysResource)
	if slices.Contains(names, "SYS_RESOURCE") || !slices.Contains(names, "SYS_ADMIN") || !slices.Contains(names, "NET_ADMIN") {
		t.Errorf("capabilities = %v", names)
	}
	if len(names) != len(capabilityNames)-1 {
		t.Errorf("%d capabilities, want all but one of %d", len(names), len(capabilityNames))
	}
}

func TestWithServerReplacesTheURL(t *testing.T) {
	changed, err := withServer([]byte(sample), "https://127.0.0.1:7")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(changed), "server: https://127.0.0.1:7\n") || strings.Contains(string(changed), "127.0.0.1:1") {
		t.Errorf("kubeconfig = %s", changed)
	}
}
