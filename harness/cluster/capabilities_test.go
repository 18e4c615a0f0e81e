package cluster

import (
	"slices"
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
