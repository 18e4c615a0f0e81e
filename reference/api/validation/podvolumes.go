package validation

import (
	"reflect"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// podVolumes checks the volumes of a pod, and returns those that are right by name: what refers to another is told that it is not there.
// The pod's name is empty in templates.
func podVolumes(path *field.Path, spec *corev1.PodSpec, pod string) (map[string]*corev1.Volume, field.ErrorList) {
	var errs field.ErrorList
	volumes := map[string]*corev1.Volume{}
	for i := range spec.Volumes {
		v, at := &spec.Volumes[i], path.Index(i)
		found := all(
			volumeSource(at, &v.VolumeSource),
			requiredAnd(at.Child("name"), v.Name, isLabel),
		)
		if volumes[v.Name] != nil {
			found = append(found, field.Duplicate(at.Child("name"), v.Name))
		}
		if s := v.ISCSI; s != nil && s.InitiatorName != nil && len(v.Name)+len(":")+len(s.TargetPortal) > iscsiLength {
			found = append(found, field.Invalid(at.Child("name"), v.Name,
				"Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified."))
		}
		if claim := pod + "-" + v.Name; v.Ephemeral != nil && pod != "" && v.Name != "" {
			found = append(found, matches(at.Child("name"), v.Name, isSubdomain(claim))...)
		}
		if errs = append(errs, found...); len(found) == 0 {
			volumes[v.Name] = v
		}
	}
	return volumes, errs
}

// volumeSource demands one source and checks it.
func volumeSource(path *field.Path, v *corev1.VolumeSource) field.ErrorList {
	var errs field.ErrorList
	sources := 0
	value := reflect.ValueOf(*v)
	if v.EmptyDir != nil {
		sources++ // it counts as the first
	}
	for i := range value.NumField() {
		if value.Field(i).IsNil() || value.Field(i).Interface() == v.EmptyDir {
			continue
		}
		sources++
		if sources > 1 {
			name, _, _ := strings.Cut(value.Type().Field(i).Tag.Get("json"), ",")
			errs = append(errs, field.Forbidden(path.Child(name), "may not specify more than 1 volume type"))
		}
	}
	if sources == 0 {
		errs = append(errs, field.Required(path, "must specify a volume type"))
	}
	return all(errs, localSource(path, v), objectSource(path, v), claimSource(path, v), podNetworkSource(path, v))
}

func localSource(path *field.Path, v *corev1.VolumeSource) field.ErrorList {
	var errs field.ErrorList
	if s := v.EmptyDir; s != nil && s.SizeLimit != nil && s.SizeLimit.Sign() < 0 {
		errs = append(errs, field.Forbidden(path.Child("emptyDir", "sizeLimit"), "SizeLimit field must be a valid resource quantity"))
	}
	if s := v.HostPath; s != nil {
		errs = append(errs, hostPath(path.Child("hostPath"), s)...)
	}
	if s := v.GitRepo; s != nil {
		errs = append(errs, gitRepo(path.Child("gitRepo"), s)...)
	}
	if s := v.Image; s != nil {
		at := path.Child("image")
		errs = append(errs, required(at.Child("reference"), s.Reference)...)
		errs = append(errs, optionalOneOf(at.Child("pullPolicy"), s.PullPolicy, corev1.PullAlways, corev1.PullIfNotPresent, corev1.PullNever)...)
	}
	return errs
}

func hostPath(path *field.Path, s *corev1.HostPathVolumeSource) field.ErrorList {
	if s.Path == "" {
		return one(field.Required(path.Child("path"), ""))
	}
	errs := noBacksteps(path.Child("path"), s.Path)
	if s.Type != nil && *s.Type != corev1.HostPathUnset {
		errs = append(errs, pointerOneOf(path.Child("type"), s.Type,
			corev1.HostPathUnset, corev1.HostPathDirectoryOrCreate, corev1.HostPathDirectory, corev1.HostPathFileOrCreate,
			corev1.HostPathFile, corev1.HostPathSocket, corev1.HostPathCharDev, corev1.HostPathBlockDev)...)
	}
	return errs
}

func objectSource(path *field.Path, v *corev1.VolumeSource) field.ErrorList {
	var errs field.ErrorList
	if s := v.Secret; s != nil {
		at := path.Child("secret")
		errs = all(errs, required(at.Child("secretName"), s.SecretName), fileMode(at.Child("defaultMode"), s.DefaultMode), keyPaths(at.Child("items"), s.Items))
	}
	if s := v.ConfigMap; s != nil {
		at := path.Child("configMap")
		errs = all(errs, required(at.Child("name"), s.Name), fileMode(at.Child("defaultMode"), s.DefaultMode), keyPaths(at.Child("items"), s.Items))
	}
	if s := v.DownwardAPI; s != nil {
		at := path.Child("downwardAPI")
		errs = all(errs, fileMode(at.Child("defaultMode"), s.DefaultMode), downwardItems(at, s.Items))
	}
	if s := v.Projected; s != nil {
		errs = append(errs, projected(path.Child("projected"), s)...)
	}
	return errs
}

func fileMode(path *field.Path, mode *int32) field.ErrorList {
	if mode != nil && (*mode < 0 || *mode > 0o777) {
		return one(field.Invalid(path, *mode, "must be a number between 0 and 0777 (octal), both inclusive"))
	}
	return nil
}

func keyPaths(path *field.Path, items []corev1.KeyToPath) field.ErrorList {
	var errs field.ErrorList
	for i := range items {
		at, item := path.Index(i), &items[i]
		errs = all(errs, required(at.Child("key"), item.Key), filePath(at.Child("path"), item.Path), fileMode(at.Child("mode"), item.Mode))
	}
	return errs
}

// filePath demands the name of a file within a volume.
func filePath(path *field.Path, p string) field.ErrorList {
	if p == "" {
		return one(field.Required(path, ""))
	}
	errs := descendingPath(path, p)
	if strings.HasPrefix(p, "..") && len(errs) == 0 {
		errs = append(errs, field.Invalid(path, p, "must not start with '..'"))
	}
	return errs
}

func downwardItems(path *field.Path, items []corev1.DownwardAPIVolumeFile) field.ErrorList {
	var errs field.ErrorList
	for i := range items {
		item := &items[i]
		errs = append(errs, filePath(path.Child("path"), item.Path)...)
		switch {
		case item.FieldRef != nil && item.ResourceFieldRef != nil:
			errs = append(errs, field.Invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"))
		case item.FieldRef != nil:
			errs = append(errs, fieldRef(path.Child("fieldRef"), item.FieldRef, volumeFields...)...)
		case item.ResourceFieldRef != nil:
			errs = append(errs, resourceFieldRef(path.Child("resourceFieldRef"), item.ResourceFieldRef, true)...)
		default:
			errs = append(errs, field.Required(path, "one of fieldRef and resourceFieldRef is required"))
		}
		errs = append(errs, fileMode(path.Child("mode"), item.Mode)...)
	}
	return errs
}

// tokenSeconds are the shortest and the longest life of a projected token.
const (
	minTokenSeconds = 600
	maxTokenSeconds = 1 << 32
)

func projected(path *field.Path, s *corev1.ProjectedVolumeSource) field.ErrorList {
	errs := fileMode(path.Child("defaultMode"), s.DefaultMode)
	paths := map[string]bool{}
	conflicts := func(at *field.Path, p string) {
		if p != "" && paths[p] {
			errs = append(errs, field.Invalid(at, p, "conflicting duplicate paths"))
		}
		paths[p] = true
	}
	for i := range s.Sources {
		source, at := &s.Sources[i], path.Child("sources").Index(i)
		count := 0
		if p := source.Secret; p != nil {
			count++
			at := at.Child("secret")
			errs = all(errs, required(at.Child("name"), p.Name), keyPaths(at.Child("items"), p.Items))
			for _, item := range p.Items {
				conflicts(path, item.Path)
			}
		}
		if p := source.ConfigMap; p != nil {
			count++
			at := at.Child("configMap")
			errs = all(errs, required(at.Child("name"), p.Name), keyPaths(at.Child("items"), p.Items))
			for _, item := range p.Items {
				conflicts(path, item.Path)
			}
		}
		if p := source.DownwardAPI; p != nil {
			count++
			errs = append(errs, downwardItems(at.Child("downwardAPI"), p.Items)...)
			for _, item := range p.Items {
				conflicts(path, item.Path)
			}
		}
		if p := source.ServiceAccountToken; p != nil {
			count++
			errs = append(errs, tokenProjection(path, at.Child("serviceAccountToken"), p)...)
			conflicts(path, p.Path)
		}
		if p := source.ClusterTrustBundle; p != nil {
			count++
			errs = append(errs, filePath(at.Child("clusterTrustBundle", "path"), p.Path)...)
		}
		if source.PodCertificate != nil {
			count++
		}
		if count > 1 {
			errs = append(errs, field.Forbidden(at, "may not specify more than 1 volume type per source"))
		}
	}
	return errs
}

// tokenProjection checks a token. What is wrong with its path is said of the whole volume.
func tokenProjection(volume, path *field.Path, t *corev1.ServiceAccountTokenProjection) field.ErrorList {
	errs := filePath(volume.Child("path"), t.Path)
	if seconds := t.ExpirationSeconds; seconds != nil && *seconds < minTokenSeconds {
		errs = append(errs, field.Invalid(path.Child("expirationSeconds"), *seconds, "may not specify a duration less than 10 minutes"))
	} else if seconds != nil && *seconds > maxTokenSeconds {
		errs = append(errs, field.Invalid(path.Child("expirationSeconds"), *seconds, "may not specify a duration larger than 2^32 seconds"))
	}
	return errs
}

func claimSource(path *field.Path, v *corev1.VolumeSource) field.ErrorList {
	var errs field.ErrorList
	if s := v.PersistentVolumeClaim; s != nil {
		errs = append(errs, required(path.Child("persistentVolumeClaim", "claimName"), s.ClaimName)...)
	}
	if s := v.CSI; s != nil {
		errs = append(errs, csiDriverName(path.Child("csi", "driver"), s.Driver)...)
		if s.NodePublishSecretRef != nil {
			at, name := path.Child("csi"), s.NodePublishSecretRef.Name
			errs = append(errs, required(at.Child("nodePublishSecretRef", "name"), name)...)
			errs = append(errs, optional(at.Child("name"), name, isSubdomain)...)
		}
	}
	if s := v.Ephemeral; s != nil {
		at := path.Child("ephemeral", "volumeClaimTemplate")
		if s.VolumeClaimTemplate == nil {
			errs = append(errs, field.Required(at, ""))
		} else {
			errs = append(errs, claimTemplate(at, s.VolumeClaimTemplate)...)
		}
	}
	return errs
}

// claimTemplate checks the claim that is made for a pod. Its name is the pod's choice.
func claimTemplate(path *field.Path, t *corev1.PersistentVolumeClaimTemplate) field.ErrorList {
	return all(
		claimMetadata(path.Child("metadata"), &t.ObjectMeta),
		claimSpec(path.Child("spec"), &t.Spec),
	)
}

// claimMeta refuses all but labels and annotations.
func claimMeta(path *field.Path, m *metav1.ObjectMeta) field.ErrorList {
	return forbidden(path, "cannot be set", []setField{
		{"name", m.Name != ""},
		{"generateName", m.GenerateName != ""},
		{"namespace", m.Namespace != ""},
		{"uID", m.UID != ""},
		{"resourceVersion", m.ResourceVersion != ""},
		{"generation", m.Generation != 0},
		{"creationTimestamp", !m.CreationTimestamp.IsZero()},
		{"deletionTimestamp", m.DeletionTimestamp != nil},
		{"deletionGracePeriodSeconds", m.DeletionGracePeriodSeconds != nil},
		{"ownerReferences", m.OwnerReferences != nil},
		{"finalizers", m.Finalizers != nil},
		{"managedFields", m.ManagedFields != nil},
	})
}

// csiDriverName demands the name of a CSI driver.
func csiDriverName(path *field.Path, name string) field.ErrorList {
	if name == "" {
		return one(field.Required(path, ""))
	}
	var errs field.ErrorList
	if len(name) > driverNameLength {
		errs = append(errs, field.TooLong(path, name, driverNameLength))
	}
	return append(errs, matches(path, name, utilvalidation.IsDNS1123Subdomain(strings.ToLower(name)))...)
}

const driverNameLength = 63
