package validation

import (
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// mounts checks where volumes appear in a container.
func (s *containerScope) mounts(at *field.Path, c *corev1.Container) field.ErrorList {
	var errs field.ErrorList
	taken := map[string]bool{}
	devices, deviceNames := map[string]bool{}, map[string]bool{}
	for _, d := range c.VolumeDevices {
		devices[d.DevicePath], deviceNames[d.Name] = true, true
	}
	for i := range c.VolumeMounts {
		list, m, at := at, &c.VolumeMounts[i], at.Index(i)
		errs = append(errs, required(at.Child("name"), m.Name)...)
		if s.volumes[m.Name] == nil {
			errs = append(errs, field.NotFound(at.Child("name"), m.Name))
		}
		if deviceNames[m.Name] {
			errs = append(errs, field.Invalid(at.Child("name"), m.Name, "must not already exist in volumeDevices"))
		}
		if m.MountPath == "" {
			errs = append(errs, field.Required(at.Child("mountPath"), ""))
		}
		if taken[m.MountPath] {
			errs = append(errs, field.Invalid(at.Child("mountPath"), m.MountPath, "must be unique"))
		}
		taken[m.MountPath] = true
		if devices[m.MountPath] {
			errs = append(errs, field.Invalid(at.Child("mountPath"), m.MountPath, "must not already exist as a path in volumeDevices"))
		}
		errs = all(errs, subPath(list, at, m), mountPropagation(list.Child("mountPropagation"), m, c), recursiveReadOnly(list.Child("recursiveReadOnly"), m))
	}
	return errs
}

// subPath names the list when a path is wrong, and the mount when two exclude each other, as upstream does.
func subPath(list, at *field.Path, m *corev1.VolumeMount) field.ErrorList {
	var errs field.ErrorList
	if m.SubPath != "" {
		errs = append(errs, descendingPath(list.Child("subPath"), m.SubPath)...)
	}
	if m.SubPathExpr != "" {
		if m.SubPath != "" {
			errs = append(errs, field.Invalid(at.Child("subPathExpr"), m.SubPathExpr, "subPathExpr and subPath are mutually exclusive"))
		}
		errs = append(errs, descendingPath(list.Child("subPathExpr"), m.SubPathExpr)...)
	}
	return errs
}

func mountPropagation(at *field.Path, m *corev1.VolumeMount, c *corev1.Container) field.ErrorList {
	errs := pointerOneOf(at, m.MountPropagation, corev1.MountPropagationBidirectional, corev1.MountPropagationHostToContainer, corev1.MountPropagationNone)
	if m.MountPropagation != nil && *m.MountPropagation == corev1.MountPropagationBidirectional && !privileged(c.SecurityContext) {
		errs = append(errs, field.Forbidden(at, "Bidirectional mount propagation is available only to privileged containers"))
	}
	return errs
}

func recursiveReadOnly(at *field.Path, m *corev1.VolumeMount) field.ErrorList {
	mode := m.RecursiveReadOnly
	if mode == nil {
		return nil
	}
	errs := pointerOneOf(at, mode, corev1.RecursiveReadOnlyDisabled, corev1.RecursiveReadOnlyIfPossible, corev1.RecursiveReadOnlyEnabled)
	if *mode == corev1.RecursiveReadOnlyDisabled {
		return errs
	}
	if !m.ReadOnly {
		errs = append(errs, field.Forbidden(at, "may only be specified when readOnly is true"))
	}
	if m.MountPropagation != nil && *m.MountPropagation != corev1.MountPropagationNone {
		errs = append(errs, field.Forbidden(at, "may only be specified when mountPropagation is None or not specified"))
	}
	return errs
}

// devices checks volumes that appear as block devices: only claims can.
func (s *containerScope) devices(at *field.Path, c *corev1.Container) field.ErrorList {
	var errs field.ErrorList
	mounted, mountPaths, names, paths := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, m := range c.VolumeMounts {
		mounted[m.Name], mountPaths[m.MountPath] = true, true
	}
	for i, d := range c.VolumeDevices {
		at := at.Index(i)
		errs = append(errs, s.deviceVolume(at.Child("name"), d.Name)...)
		if names[d.Name] {
			errs = append(errs, field.Invalid(at.Child("name"), d.Name, "must be unique"))
		}
		names[d.Name] = true
		if mounted[d.Name] {
			errs = append(errs, field.Invalid(at.Child("name"), d.Name, "must not already exist in volumeMounts"))
		}
		switch {
		case d.DevicePath == "":
			errs = append(errs, field.Required(at.Child("devicePath"), ""))
		case mountPaths[d.DevicePath]:
			errs = append(errs, field.Invalid(at.Child("devicePath"), d.DevicePath, "must not already exist as a path in volumeMounts"))
		case paths[d.DevicePath]:
			errs = append(errs, field.Invalid(at.Child("devicePath"), d.DevicePath, "must be unique"))
		case strings.Contains(d.DevicePath, ".."):
			errs = append(errs, field.Invalid(at.Child("devicePath"), d.DevicePath, "can not contain backsteps ('..')"))
		}
		paths[d.DevicePath] = true
	}
	return errs
}

func (s *containerScope) deviceVolume(at *field.Path, name string) field.ErrorList {
	errs := required(at, name)
	switch v := s.volumes[name]; {
	case v == nil:
		errs = append(errs, field.NotFound(at, name))
	case v.PersistentVolumeClaim == nil && v.Ephemeral == nil:
		errs = append(errs, field.Invalid(at, name, "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"))
	}
	return errs
}

// descendingPath demands a relative path that does not leave its root.
func descendingPath(at *field.Path, p string) field.ErrorList {
	var errs field.ErrorList
	if path.IsAbs(p) {
		errs = append(errs, field.Invalid(at, p, "must be a relative path"))
	}
	return append(errs, noBacksteps(at, p)...)
}

func noBacksteps(at *field.Path, p string) field.ErrorList {
	for part := range strings.SplitSeq(strings.ReplaceAll(p, `\`, "/"), "/") {
		if part == ".." {
			return one(field.Invalid(at, p, "must not contain '..'"))
		}
	}
	return nil
}
