package prepare

import (
	"slices"

	resourcev1 "k8s.io/api/resource/v1"
)

// ResourceClaimStatus keeps the metadata, and forgets what drivers told about devices that are given back.
func ResourceClaimStatus(c, old *resourcev1.ResourceClaim) {
	KeepMetadata(c, old)
	before, now := devicesOf(&old.Status), devicesOf(&c.Status)
	c.Status.Devices = slices.DeleteFunc(c.Status.Devices, func(d resourcev1.AllocatedDeviceStatus) bool {
		device := allocatedDevice{driver: d.Driver, pool: d.Pool, device: d.Device}
		if d.ShareID != nil {
			device.share = *d.ShareID
		}
		return before[device] && !now[device]
	})
}

// allocatedDevice names a device, or a share of it.
type allocatedDevice struct{ driver, pool, device, share string }

func devicesOf(s *resourcev1.ResourceClaimStatus) map[allocatedDevice]bool {
	devices := map[allocatedDevice]bool{}
	if s.Allocation == nil {
		return devices
	}
	for _, r := range s.Allocation.Devices.Results {
		device := allocatedDevice{driver: r.Driver, pool: r.Pool, device: r.Device}
		if r.ShareID != nil {
			device.share = string(*r.ShareID)
		}
		devices[device] = true
	}
	return devices
}
