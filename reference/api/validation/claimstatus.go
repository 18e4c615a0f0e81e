package validation

import (
	"context"

	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/operation"
	"k8s.io/apimachinery/pkg/api/validate"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ResourceClaimStatusUpdate checks a write of resourceclaims/status: an allocation
// stays until it is given back, and only an allocated claim is reserved.
func ResourceClaimStatusUpdate(c, old *resourcev1.ResourceClaim) field.ErrorList {
	path, s := statusPath(), &c.Status
	errs := metaUpdate(&c.ObjectMeta, &old.ObjectMeta)
	switch at := path.Child("allocation"); {
	case s.Allocation == nil:
	case old.Status.Allocation != nil:
		errs = append(errs, unchanged(at, s.Allocation, old.Status.Allocation)...)
	default:
		errs = append(errs, deviceAllocation(at, s.Allocation, requestsOf(&c.Spec))...)
	}
	return all(errs, reservedFor(path.Child("reservedFor"), c, old), allocatedDevices(path.Child("devices"), s))
}

func deviceAllocation(path *field.Path, a *resourcev1.AllocationResult, known claimRequests) field.ErrorList {
	devices := path.Child("devices")
	errs := all(
		atMost(devices.Child("results"), a.Devices.Results, resourcev1.AllocationResultsMaxSize, func(at *field.Path, r *resourcev1.DeviceRequestAllocationResult) field.ErrorList {
			return all(
				known.check(at.Child("request"), r.Request),
				csiDriverName(at.Child("driver"), r.Driver),
				poolName(at.Child("pool"), r.Pool),
				matches(at.Child("device"), r.Device, isLabel(r.Device)),
				bindingConditions(at, r.BindingConditions, r.BindingFailureConditions),
				shareID(at.Child("shareID"), r.ShareID),
			)
		}),
		atMost(devices.Child("config"), a.Devices.Config, 2*resourcev1.DeviceConfigMaxSize, func(at *field.Path, c *resourcev1.DeviceAllocationConfiguration) field.ErrorList {
			return all(
				oneOf(at.Child("source"), c.Source, resourcev1.AllocationConfigSourceClaim, resourcev1.AllocationConfigSourceClass),
				known.checkAll(at.Child("requests"), c.Requests, resourcev1.DeviceRequestsMaxSize),
				deviceConfig(at, &c.DeviceConfiguration),
			)
		}),
	)
	if a.NodeSelector != nil {
		errs = append(errs, nodeSelector(path.Child("nodeSelector"), a.NodeSelector)...)
	}
	return errs
}

func shareID[T ~string](path *field.Path, id *T) field.ErrorList {
	return validate.UUID(context.Background(), operation.Operation{}, path, id, nil)
}

func reservedFor(path *field.Path, c, old *resourcev1.ResourceClaim) field.ErrorList {
	consumers := c.Status.ReservedFor
	var errs field.ErrorList
	if len(consumers) > 0 && c.Status.Allocation == nil {
		errs = append(errs, field.Forbidden(path, "may not be specified when `allocated` is not set"))
	}
	if len(consumers) > len(old.Status.ReservedFor) && c.DeletionTimestamp != nil {
		errs = append(errs, field.Forbidden(path, "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set"))
	}
	had := seen[string]{}
	return append(errs, atMost(path, consumers, resourcev1.ResourceClaimReservedForMaxSize, func(at *field.Path, r *resourcev1.ResourceClaimConsumerReference) field.ErrorList {
		return all(
			required(at.Child("resource"), r.Resource),
			required(at.Child("name"), r.Name),
			required(at.Child("uid"), r.UID),
			had.add(at, string(r.UID)),
		)
	})...)
}

// allocatedDevice names a device, or a share of it.
type allocatedDevice struct{ Driver, Pool, Device, ShareID string }

// allocatedDevices checks what drivers tell about the devices of a claim.
func allocatedDevices(path *field.Path, s *resourcev1.ResourceClaimStatus) field.ErrorList {
	allocated := map[allocatedDevice]bool{}
	if s.Allocation != nil {
		for _, r := range s.Allocation.Devices.Results {
			device := allocatedDevice{r.Driver, r.Pool, r.Device, ""}
			if r.ShareID != nil {
				device.ShareID = string(*r.ShareID)
			}
			allocated[device] = true
		}
	}
	var errs field.ErrorList
	had := seen[allocatedDevice]{}
	for i := range s.Devices {
		d, at := &s.Devices[i], path.Index(i)
		device := allocatedDevice{d.Driver, d.Pool, d.Device, ""}
		if d.ShareID != nil {
			device.ShareID = *d.ShareID
		}
		errs = all(errs, had.add(at, device), deviceStatus(at, d))
		if !allocated[device] {
			errs = append(errs, field.Invalid(at, device, "must be an allocated device in the claim"))
		}
	}
	return errs
}

func deviceStatus(path *field.Path, d *resourcev1.AllocatedDeviceStatus) field.ErrorList {
	errs := all(
		csiDriverName(path.Child("driver"), d.Driver),
		poolName(path.Child("pool"), d.Pool),
		matches(path.Child("device"), d.Device, isLabel(d.Device)),
		shareID(path.Child("shareID"), d.ShareID),
		conditions(path.Child("conditions"), d.Conditions),
	)
	if len(d.Conditions) > resourcev1.AllocatedDeviceStatusMaxConditions {
		errs = append(errs, field.TooMany(path.Child("conditions"), len(d.Conditions), resourcev1.AllocatedDeviceStatusMaxConditions))
	}
	if d.Data != nil && !isNull(d.Data) {
		errs = append(errs, jsonObject(path.Child("data"), d.Data, resourcev1.AllocatedDeviceStatusDataMaxLength)...)
	}
	if d.NetworkData != nil {
		errs = append(errs, networkData(path.Child("networkData"), d.NetworkData)...)
	}
	return errs
}

func networkData(path *field.Path, n *resourcev1.NetworkDeviceData) field.ErrorList {
	var errs field.ErrorList
	if len(n.InterfaceName) > resourcev1.NetworkDeviceDataInterfaceNameMaxLength {
		errs = append(errs, field.TooLong(path.Child("interfaceName"), "", resourcev1.NetworkDeviceDataInterfaceNameMaxLength))
	}
	if len(n.HardwareAddress) > resourcev1.NetworkDeviceDataHardwareAddressMaxLength {
		errs = append(errs, field.TooLong(path.Child("hardwareAddress"), "", resourcev1.NetworkDeviceDataHardwareAddressMaxLength))
	}
	return append(errs, atMostOnce(path.Child("ips"), n.IPs, resourcev1.NetworkDeviceDataMaxIPs, func(at *field.Path, ip *string) field.ErrorList {
		return utilvalidation.IsValidInterfaceAddress(at, *ip)
	})...)
}
