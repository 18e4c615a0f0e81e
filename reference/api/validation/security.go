package validation

import (
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// podSecurityContext checks the security of the pod as a whole.
func podSecurityContext(path *field.Path, spec *corev1.PodSpec) field.ErrorList {
	var errs field.ErrorList
	if spec.HostPID && spec.ShareProcessNamespace != nil && *spec.ShareProcessNamespace {
		errs = append(errs, field.Invalid(path.Child("shareProcessNamespace"), *spec.ShareProcessNamespace, "ShareProcessNamespace and HostPID cannot both be enabled"))
	}
	sc := spec.SecurityContext
	if sc == nil {
		return errs
	}
	errs = all(errs,
		userID(path.Child("runAsUser"), sc.RunAsUser),
		groupID(path.Child("runAsGroup"), sc.RunAsGroup),
		groupID(path.Child("fsGroup"), sc.FSGroup),
		pointerOneOf(path.Child("fsGroupChangePolicy"), sc.FSGroupChangePolicy, corev1.FSGroupChangeAlways, corev1.FSGroupChangeOnRootMismatch),
		pointerOneOf(path.Child("supplementalGroupsPolicy"), sc.SupplementalGroupsPolicy, corev1.SupplementalGroupsPolicyMerge, corev1.SupplementalGroupsPolicyStrict),
		pointerOneOf(path.Child("seLinuxChangePolicy"), sc.SELinuxChangePolicy, corev1.SELinuxChangePolicyMountOption, corev1.SELinuxChangePolicyRecursive),
		seccompProfile(path.Child("seccompProfile"), sc.SeccompProfile),
		appArmorProfile(path.Child("appArmorProfile"), sc.AppArmorProfile),
		sysctls(path.Child("sysctls"), sc.Sysctls, spec),
		windowsOptions(path.Child("windowsOptions"), sc.WindowsOptions),
	)
	for i := range sc.SupplementalGroups {
		errs = append(errs, groupID(path.Child("supplementalGroups").Index(i), &sc.SupplementalGroups[i])...)
	}
	return errs
}

// hostUsers checks that a pod with users of its own shares no namespace with the host.
func hostUsers(path *field.Path, spec *corev1.PodSpec) field.ErrorList {
	if spec.HostUsers == nil || *spec.HostUsers {
		return nil
	}
	var errs field.ErrorList
	for _, namespace := range []struct {
		name string
		set  bool
	}{{"hostNetwork", spec.HostNetwork}, {"HostPID", spec.HostPID}, {"HostIPC", spec.HostIPC}} {
		if namespace.set {
			errs = append(errs, field.Forbidden(path.Child(namespace.name), "when `hostUsers` is false"))
		}
	}
	return errs
}

func userID(path *field.Path, id *int64) field.ErrorList {
	if id == nil {
		return nil
	}
	return matches(path, *id, utilvalidation.IsValidUserID(*id))
}

func groupID(path *field.Path, id *int64) field.ErrorList {
	if id == nil {
		return nil
	}
	return matches(path, *id, utilvalidation.IsValidGroupID(*id))
}

func seccompProfile(path *field.Path, p *corev1.SeccompProfile) field.ErrorList {
	if p == nil {
		return nil
	}
	return profile(path, p.Type, p.LocalhostProfile, true,
		corev1.SeccompProfileTypeLocalhost, corev1.SeccompProfileTypeRuntimeDefault, corev1.SeccompProfileTypeUnconfined)
}

func appArmorProfile(path *field.Path, p *corev1.AppArmorProfile) field.ErrorList {
	if p == nil {
		return nil
	}
	return profile(path, p.Type, p.LocalhostProfile, false,
		corev1.AppArmorProfileTypeLocalhost, corev1.AppArmorProfileTypeRuntimeDefault, corev1.AppArmorProfileTypeUnconfined)
}

// profile checks that a local profile is named if, and only if, the type says so.
func profile[T ~string](path *field.Path, kind T, local *string, isFile bool, localhost T, others ...T) field.ErrorList {
	errs := oneOf(path.Child("type"), kind, append(others, localhost)...)
	at := path.Child("localhostProfile")
	switch {
	case !isFile && !slices.Contains(others, kind) && kind != localhost: // said already
	case kind != localhost && local != nil:
		errs = append(errs, field.Invalid(at, *local, "can only be set when seccomp type is Localhost"))
	case kind == localhost && (local == nil || !isFile && *local == ""):
		errs = append(errs, field.Required(at, "must be set when type is Localhost"))
	case kind == localhost && !isFile && strings.TrimSpace(*local) != *local:
		errs = append(errs, field.Invalid(at, *local, "must not be padded with whitespace"))
	case kind == localhost && isFile:
		errs = append(errs, descendingPath(at, *local)...)
	}
	return errs
}

var sysctlName = regexp.MustCompile(`^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$`)

const sysctlLength = 253

func sysctls(path *field.Path, list []corev1.Sysctl, spec *corev1.PodSpec) field.ErrorList {
	var errs field.ErrorList
	names := seen[string]{}
	for i, s := range list {
		at, name := path.Index(i).Child("name"), strings.ReplaceAll(s.Name, "/", ".")
		switch {
		case s.Name == "":
			errs = append(errs, field.Required(at, ""))
		case len(s.Name) > sysctlLength || !sysctlName.MatchString(s.Name):
			errs = append(errs, field.Invalid(at, s.Name, "must have at most 253 characters and match regex "+sysctlName.String()))
		case spec.HostNetwork && strings.HasPrefix(name, "net."):
			errs = append(errs, field.Invalid(at, s.Name, "may not be specified when 'hostNetwork' is true"))
		case spec.HostIPC && isIPCSysctl(name):
			errs = append(errs, field.Invalid(at, s.Name, "may not be specified when 'hostIPC' is true"))
		}
		errs = append(errs, names.add(at, name)...)
	}
	return errs
}

func isIPCSysctl(name string) bool {
	return strings.HasPrefix(name, "kernel.shm") || strings.HasPrefix(name, "kernel.msg") || strings.HasPrefix(name, "fs.mqueue.") || name == "kernel.sem"
}

// securityContext checks the security of one container.
func securityContext(path *field.Path, sc *corev1.SecurityContext, spec *corev1.PodSpec) field.ErrorList {
	if sc == nil {
		return nil
	}
	errs := all(
		userID(path.Child("runAsUser"), sc.RunAsUser),
		groupID(path.Child("runAsGroup"), sc.RunAsGroup),
		seccompProfile(path.Child("seccompProfile"), sc.SeccompProfile),
		appArmorProfile(path.Child("appArmorProfile"), sc.AppArmorProfile),
		windowsOptions(path.Child("windowsOptions"), sc.WindowsOptions),
	)
	if mode := sc.ProcMount; mode != nil {
		errs = append(errs, pointerOneOf(path.Child("procMount"), mode, corev1.DefaultProcMount, corev1.UnmaskedProcMount)...)
		if *mode == corev1.UnmaskedProcMount && (spec.HostUsers == nil || *spec.HostUsers) {
			errs = append(errs, field.Invalid(path.Child("procMount"), *mode, "`hostUsers` must be false to use `Unmasked`"))
		}
	}
	if sc.AllowPrivilegeEscalation == nil || *sc.AllowPrivilegeEscalation {
		return errs
	}
	if privileged(sc) {
		errs = append(errs, field.Invalid(path, sc, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"))
	}
	if sc.Capabilities != nil && slices.Contains(sc.Capabilities.Add, "CAP_SYS_ADMIN") {
		errs = append(errs, field.Invalid(path, sc, "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"))
	}
	return errs
}

func privileged(sc *corev1.SecurityContext) bool {
	return sc != nil && sc.Privileged != nil && *sc.Privileged
}
