package criconfig

import (
	"fmt"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// Profiles tells what the kernel of the node can confine with.
type Profiles struct {
	// SeccompDir has the profiles that pods name with localhostProfile.
	SeccompDir string
	AppArmor   bool
}

// ImageUser is the user an image asks for: a number, a name, or neither.
type ImageUser struct {
	UID  *int64
	Name string
}

// CheckNonRoot refuses a container that must not run as root but would, or may.
// The texts are upstream's.
func CheckNonRoot(pod *corev1.Pod, container *corev1.Container, image ImageUser) error {
	context := Effective(pod, container)
	if context.RunAsNonRoot == nil || !*context.RunAsNonRoot {
		return nil
	}
	where := fmt.Sprintf("(pod: %q, container: %s)", pod.Name+"_"+pod.Namespace+"("+string(pod.UID)+")", container.Name)
	switch {
	case context.RunAsUser != nil && *context.RunAsUser == 0:
		return fmt.Errorf("container's runAsUser breaks non-root policy %s", where)
	case context.RunAsUser != nil:
		return nil
	case image.UID != nil && *image.UID == 0:
		return fmt.Errorf("container has runAsNonRoot and image will run as root %s", where)
	case image.UID == nil && image.Name != "":
		return fmt.Errorf("container has runAsNonRoot and image has non-numeric user (%s), cannot verify user is non-root %s", image.Name, where)
	case image.UID == nil:
		return fmt.Errorf("container has runAsNonRoot and image will run as root %s", where)
	}
	return nil
}

// Effective is the security context of a container, with the pod's where the container says nothing.
func Effective(pod *corev1.Pod, container *corev1.Container) *corev1.SecurityContext {
	effective := &corev1.SecurityContext{}
	if container.SecurityContext != nil {
		effective = container.SecurityContext.DeepCopy()
	}
	context := pod.Spec.SecurityContext
	if context == nil {
		return effective
	}
	if effective.RunAsUser == nil {
		effective.RunAsUser = context.RunAsUser
	}
	if effective.RunAsGroup == nil {
		effective.RunAsGroup = context.RunAsGroup
	}
	if effective.RunAsNonRoot == nil {
		effective.RunAsNonRoot = context.RunAsNonRoot
	}
	if effective.SELinuxOptions == nil {
		effective.SELinuxOptions = context.SELinuxOptions
	}
	if effective.SeccompProfile == nil {
		effective.SeccompProfile = context.SeccompProfile
	}
	if effective.AppArmorProfile == nil {
		effective.AppArmorProfile = context.AppArmorProfile
	}
	return effective
}

func containerSecurity(pod *corev1.Pod, container *corev1.Container, image ImageUser, profiles Profiles) *runtimeapi.LinuxContainerSecurityContext {
	context := Effective(pod, container)
	privileged := isPrivileged(context)
	security := &runtimeapi.LinuxContainerSecurityContext{
		Privileged:     privileged,
		RunAsUser:      int64Value(context.RunAsUser),
		RunAsGroup:     int64Value(context.RunAsGroup),
		ReadonlyRootfs: context.ReadOnlyRootFilesystem != nil && *context.ReadOnlyRootFilesystem,
		NoNewPrivs:     context.AllowPrivilegeEscalation != nil && !*context.AllowPrivilegeEscalation,
		Capabilities:   capabilities(context.Capabilities),
		SelinuxOptions: selinux(context.SELinuxOptions),
		Seccomp:        seccomp(context.SeccompProfile, profiles),
		Apparmor:       appArmor(context.AppArmorProfile, profiles),
	}
	if security.RunAsUser == nil {
		security.RunAsUser = int64Value(image.UID)
		if image.UID == nil {
			security.RunAsUsername = image.Name
		}
	}
	if podContext := pod.Spec.SecurityContext; podContext != nil {
		security.SupplementalGroups = groups(podContext)
		security.SupplementalGroupsPolicy = groupsPolicy(podContext)
	}
	if !privileged && (context.ProcMount == nil || *context.ProcMount == corev1.DefaultProcMount) {
		security.MaskedPaths, security.ReadonlyPaths = maskedPaths(), readonlyPaths()
	}
	return security
}

func isPrivileged(context *corev1.SecurityContext) bool {
	return context != nil && context.Privileged != nil && *context.Privileged
}

func capabilities(caps *corev1.Capabilities) *runtimeapi.Capability {
	if caps == nil {
		return nil
	}
	out := &runtimeapi.Capability{}
	for _, name := range caps.Add {
		out.AddCapabilities = append(out.AddCapabilities, string(name))
	}
	for _, name := range caps.Drop {
		out.DropCapabilities = append(out.DropCapabilities, string(name))
	}
	return out
}

func seccomp(profile *corev1.SeccompProfile, profiles Profiles) *runtimeapi.SecurityProfile {
	switch {
	case profile == nil || profile.Type == corev1.SeccompProfileTypeUnconfined:
		return &runtimeapi.SecurityProfile{ProfileType: runtimeapi.SecurityProfile_Unconfined}
	case profile.Type == corev1.SeccompProfileTypeLocalhost && profile.LocalhostProfile != nil:
		return &runtimeapi.SecurityProfile{
			ProfileType:  runtimeapi.SecurityProfile_Localhost,
			LocalhostRef: filepath.Join(profiles.SeccompDir, *profile.LocalhostProfile),
		}
	}
	return &runtimeapi.SecurityProfile{ProfileType: runtimeapi.SecurityProfile_RuntimeDefault}
}

// appArmor is nil on a kernel without AppArmor, where a runtime refuses any profile.
func appArmor(profile *corev1.AppArmorProfile, profiles Profiles) *runtimeapi.SecurityProfile {
	if profile == nil || !profiles.AppArmor {
		return nil
	}
	switch {
	case profile.Type == corev1.AppArmorProfileTypeUnconfined:
		return &runtimeapi.SecurityProfile{ProfileType: runtimeapi.SecurityProfile_Unconfined}
	case profile.Type == corev1.AppArmorProfileTypeLocalhost && profile.LocalhostProfile != nil:
		return &runtimeapi.SecurityProfile{ProfileType: runtimeapi.SecurityProfile_Localhost, LocalhostRef: *profile.LocalhostProfile}
	}
	return &runtimeapi.SecurityProfile{ProfileType: runtimeapi.SecurityProfile_RuntimeDefault}
}

func groups(context *corev1.PodSecurityContext) []int64 {
	out := append([]int64{}, context.SupplementalGroups...)
	if context.FSGroup != nil {
		out = append(out, *context.FSGroup)
	}
	return out
}

func groupsPolicy(context *corev1.PodSecurityContext) runtimeapi.SupplementalGroupsPolicy {
	if context.SupplementalGroupsPolicy != nil && *context.SupplementalGroupsPolicy == corev1.SupplementalGroupsPolicyStrict {
		return runtimeapi.SupplementalGroupsPolicy_Strict
	}
	return runtimeapi.SupplementalGroupsPolicy_Merge
}

func selinux(options *corev1.SELinuxOptions) *runtimeapi.SELinuxOption {
	if options == nil {
		return nil
	}
	return &runtimeapi.SELinuxOption{User: options.User, Role: options.Role, Type: options.Type, Level: options.Level}
}

func int64Value(value *int64) *runtimeapi.Int64Value {
	if value == nil {
		return nil
	}
	return &runtimeapi.Int64Value{Value: *value}
}

// maskedPaths are hidden in a container because they tell of the host or reach its hardware.
func maskedPaths() []string {
	return []string{
		"/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
		"/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/proc/interrupts", "/sys/firmware",
		"/sys/devices/virtual/powercap",
	}
}

func readonlyPaths() []string {
	return []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}
}
