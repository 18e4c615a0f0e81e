package validation

import (
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// osFields refuses what the system of the pod does not know.
func osFields(path *field.Path, spec *corev1.PodSpec) field.ErrorList {
	switch {
	case spec.OS == nil:
		return nil
	case spec.OS.Name == corev1.Windows:
		return windowsPod(path, spec)
	case spec.OS.Name == corev1.Linux:
		return linuxPod(path, spec)
	}
	return nil
}

// setField is a field of which only matters whether it is set.
type setField struct {
	name string
	set  bool
}

func forbidden(path *field.Path, message string, fields []setField) field.ErrorList {
	var errs field.ErrorList
	for _, f := range fields {
		if f.set {
			errs = append(errs, field.Forbidden(path.Child(f.name), message))
		}
	}
	return errs
}

// securityContexts are those of all containers, by their paths.
func securityContexts(path *field.Path, spec *corev1.PodSpec, visit func(*field.Path, *corev1.SecurityContext)) {
	for i := range spec.InitContainers {
		visit(path.Child("initContainers").Index(i).Child("securityContext"), spec.InitContainers[i].SecurityContext)
	}
	for i := range spec.Containers {
		visit(path.Child("containers").Index(i).Child("securityContext"), spec.Containers[i].SecurityContext)
	}
	for i := range spec.EphemeralContainers {
		visit(path.Child("ephemeralContainers").Index(i).Child("securityContext"), spec.EphemeralContainers[i].SecurityContext)
	}
}

func linuxPod(path *field.Path, spec *corev1.PodSpec) field.ErrorList {
	const message = "windows options cannot be set for a linux pod"
	var errs field.ErrorList
	if sc := spec.SecurityContext; sc != nil && sc.WindowsOptions != nil {
		errs = append(errs, field.Forbidden(path.Child("securityContext", "windowsOptions"), message))
	}
	securityContexts(path, spec, func(at *field.Path, sc *corev1.SecurityContext) {
		if sc != nil && sc.WindowsOptions != nil {
			errs = append(errs, field.Forbidden(at.Child("windowsOptions"), message))
		}
	})
	return errs
}

const notOnWindows = "cannot be set for a windows pod"

func windowsPod(path *field.Path, spec *corev1.PodSpec) field.ErrorList {
	errs := forbidden(path, notOnWindows, []setField{
		{"hostUsers", spec.HostUsers != nil},
		{"hostPID", spec.HostPID},
		{"hostIPC", spec.HostIPC},
		{"shareProcessNamespace", spec.ShareProcessNamespace != nil},
	})
	if sc := spec.SecurityContext; sc != nil {
		errs = append(errs, forbidden(path.Child("securityContext"), notOnWindows, []setField{
			{"appArmorProfile", sc.AppArmorProfile != nil},
			{"seLinuxOptions", sc.SELinuxOptions != nil},
			{"seccompProfile", sc.SeccompProfile != nil},
			{"fsGroup", sc.FSGroup != nil},
			{"fsGroupChangePolicy", sc.FSGroupChangePolicy != nil},
			{"sysctls", len(sc.Sysctls) > 0},
			{"runAsUser", sc.RunAsUser != nil},
			{"runAsGroup", sc.RunAsGroup != nil},
			{"supplementalGroups", sc.SupplementalGroups != nil},
			{"supplementalGroupsPolicy", sc.SupplementalGroupsPolicy != nil},
			{"seLinuxChangePolicy", sc.SELinuxChangePolicy != nil},
		})...)
	}
	securityContexts(path, spec, func(at *field.Path, sc *corev1.SecurityContext) {
		if sc == nil {
			return
		}
		errs = append(errs, forbidden(at, notOnWindows, []setField{
			{"appArmorProfile", sc.AppArmorProfile != nil},
			{"seLinuxOptions", sc.SELinuxOptions != nil},
			{"seccompProfile", sc.SeccompProfile != nil},
			{"capabilities", sc.Capabilities != nil},
			{"readOnlyRootFilesystem", sc.ReadOnlyRootFilesystem != nil},
			{"privileged", sc.Privileged != nil},
			{"allowPrivilegeEscalation", sc.AllowPrivilegeEscalation != nil},
			{"procMount", sc.ProcMount != nil},
			{"runAsUser", sc.RunAsUser != nil},
			{"runAsGroup", sc.RunAsGroup != nil},
		})...)
	})
	return errs
}

// What Windows allows for the names of its users and domains, and the API for a credential spec (in bytes).
const (
	credentialSpecLength = 64 * 1024
	userNameLength       = 256
	userLength           = 104
)

var (
	controlCharacters = regexp.MustCompile(`[[:cntrl:]]+`)
	netBIOSName       = regexp.MustCompile(`^[^\\/:\*\?"<>|\.][^\\/:\*\?"<>|]{0,14}$`)
	domainName        = regexp.MustCompile(`^[[:alnum:]][[:alnum:]-]{0,62}(\.[[:alnum:]-]{1,63})*$`)
	userNameCharacter = regexp.MustCompile(`["/\\:;|=,+*?<>@\[\]]`)
	dotsAndSpaces     = regexp.MustCompile(`^[. ]+$`)
)

func windowsOptions(path *field.Path, o *corev1.WindowsSecurityContextOptions) field.ErrorList {
	if o == nil {
		return nil
	}
	var errs field.ErrorList
	if name := o.GMSACredentialSpecName; name != nil {
		errs = append(errs, matches(path.Child("gmsaCredentialSpecName"), *name, isSubdomain(*name))...)
	}
	if spec := o.GMSACredentialSpec; spec != nil {
		at := path.Child("gmsaCredentialSpec")
		switch {
		case *spec == "":
			errs = append(errs, field.Invalid(at, *spec, "gmsaCredentialSpec cannot be an empty string"))
		case len(*spec) > credentialSpecLength:
			errs = append(errs, field.Invalid(at, *spec, "gmsaCredentialSpec size must be under 64 KiB"))
		}
	}
	if name := o.RunAsUserName; name != nil {
		if message := windowsUser(*name); message != "" {
			errs = append(errs, field.Invalid(path.Child("runAsUserName"), *name, "runAsUserName "+message))
		}
	}
	return errs
}

// windowsUser says what is wrong with the name of a user, which may have a domain: DOMAIN\user.
func windowsUser(name string) string {
	parts := strings.Split(name, `\`)
	user := parts[len(parts)-1]
	switch {
	case name == "":
		return "cannot be an empty string"
	case controlCharacters.MatchString(name):
		return "cannot contain control characters"
	case len(parts) > 2:
		return "cannot contain more than one backslash"
	case len(parts) == 2 && parts[0] == "":
		return `cannot start with \`
	case len(parts) == 2 && len(parts[0]) >= userNameLength:
		return "Domain length must be under 256 characters"
	case len(parts) == 2 && !netBIOSName.MatchString(parts[0]) && !domainName.MatchString(parts[0]):
		return "has an invalid domain"
	case user == "":
		return "cannot have an empty user"
	case len(user) > userLength:
		return "has a user longer than 104 characters"
	case dotsAndSpaces.MatchString(user):
		return "cannot contain only periods or spaces"
	case userNameCharacter.MatchString(user):
		return "has invalid characters in its user"
	}
	return ""
}

// hostProcess checks that all containers are processes of the host, or none, and that such a pod has the host's network.
func hostProcess(path *field.Path, spec *corev1.PodSpec) field.ErrorList {
	var errs field.ErrorList
	var pod *bool
	if sc := spec.SecurityContext; sc != nil && sc.WindowsOptions != nil {
		pod = sc.WindowsOptions.HostProcess
	}
	yes, no := 0, 0
	securityContexts(path, spec, func(at *field.Path, sc *corev1.SecurityContext) {
		own := pod
		if sc != nil && sc.WindowsOptions != nil && sc.WindowsOptions.HostProcess != nil {
			own = sc.WindowsOptions.HostProcess
			if pod != nil && *pod != *own {
				errs = append(errs, field.Invalid(at.Child("windowsOptions", "hostProcess"), *own, "pod hostProcess value must be identical"))
			}
		}
		if isTrue(own) {
			yes++
		} else {
			no++
		}
	})
	if yes == 0 {
		return errs
	}
	if no > 0 {
		errs = append(errs, field.Invalid(path, "", "If pod contains any hostProcess containers then all containers must be HostProcess containers"))
	}
	if !spec.HostNetwork {
		errs = append(errs, field.Invalid(path.Child("hostNetwork"), spec.HostNetwork, "hostNetwork must be true if pod contains any hostProcess containers"))
	}
	return errs
}
