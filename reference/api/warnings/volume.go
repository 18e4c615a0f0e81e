package warnings

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// volume warns about a volume that no node mounts any more, and about files of
// one volume that hide each other.
func volume(path *field.Path, v *corev1.Volume) []string {
	var out []string
	for _, s := range []struct {
		name, text string
		used       bool
	}{
		{"photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+", v.PhotonPersistentDisk != nil},
		{"gitRepo", "deprecated in v1.11, and disabled by default in v1.33+", v.GitRepo != nil},
		{"scaleIO", "deprecated in v1.16, non-functional in v1.22+", v.ScaleIO != nil},
		{"flocker", "deprecated in v1.22, non-functional in v1.25+", v.Flocker != nil},
		{"storageOS", "deprecated in v1.22, non-functional in v1.25+", v.StorageOS != nil},
		{"quobyte", "deprecated in v1.22, non-functional in v1.25+", v.Quobyte != nil},
		{"glusterfs", "deprecated in v1.25, non-functional in v1.26+", v.Glusterfs != nil},
		{"cephfs", "deprecated in v1.28, non-functional in v1.31+", v.CephFS != nil},
		{"rbd", "deprecated in v1.28, non-functional in v1.31+", v.RBD != nil},
	} {
		if s.used {
			out = append(out, fmt.Sprintf("%s: %s", path.Child(s.name), s.text))
		}
	}
	if v.Ephemeral != nil && v.Ephemeral.VolumeClaimTemplate != nil {
		at := path.Child("ephemeral", "volumeClaimTemplate", "spec", "resources")
		out = append(out, fractions(at.Child("requests"), v.Ephemeral.VolumeClaimTemplate.Spec.Resources.Requests)...)
		out = append(out, fractions(at.Child("limits"), v.Ephemeral.VolumeClaimTemplate.Spec.Resources.Limits)...)
	}
	return append(out, overlaps(v)...)
}

// overlaps finds files of a volume in the place of each other.
func overlaps(v *corev1.Volume) []string {
	var out []string
	check := func(kind string, paths []string) {
		for i, p := range paths {
			for _, before := range paths[:i] {
				if hides(before, p) {
					out = append(out, fmt.Sprintf("volume %q (%s): overlapping paths: %q with %q", v.Name, kind, before, p))
				}
			}
		}
	}
	switch {
	case v.ConfigMap != nil:
		check(fmt.Sprintf("ConfigMap %q", v.ConfigMap.Name), itemPaths(v.ConfigMap.Items))
	case v.Secret != nil:
		check(fmt.Sprintf("Secret %q", v.Secret.SecretName), itemPaths(v.Secret.Items))
	case v.DownwardAPI != nil:
		check("DownwardAPI", downwardPaths(v.DownwardAPI.Items))
	case v.Projected != nil:
		out = append(out, projected(v.Name, v.Projected)...)
	}
	return out
}

// placed is a file, and what it comes from.
type placed struct{ path, source string }

// projected finds files of one source in the place of those of another, and sources that are none.
func projected(name string, v *corev1.ProjectedVolumeSource) []string {
	var out []string
	var before []placed
	for _, s := range v.Sources {
		var files []placed
		add := func(source string, paths ...string) {
			for _, p := range paths {
				files = append(files, placed{p, source})
			}
		}
		switch {
		case s.Secret != nil:
			add(fmt.Sprintf("Secret %q", s.Secret.Name), itemPaths(s.Secret.Items)...)
		case s.ConfigMap != nil:
			add(fmt.Sprintf("ConfigMap %q", s.ConfigMap.Name), itemPaths(s.ConfigMap.Items)...)
		case s.DownwardAPI != nil:
			add("DownwardAPI", downwardPaths(s.DownwardAPI.Items)...)
		case s.ServiceAccountToken != nil:
			add("ServiceAccountToken", s.ServiceAccountToken.Path)
		default:
			out = append(out, fmt.Sprintf("volume %q (Projected) has no sources provided", name))
		}
		for _, f := range files {
			for _, b := range before {
				if hides(b.path, f.path) {
					out = append(out, fmt.Sprintf("volume %q (Projected): overlapping paths: %q (%s) with %q (%s)", name, f.path, f.source, b.path, b.source))
				}
			}
		}
		before = append(before, files...)
	}
	return out
}

// hides says whether one path is the other, or a directory on the way to it.
func hides(a, b string) bool {
	return a == b || strings.HasPrefix(a, b+"/") || strings.HasPrefix(b, a+"/")
}

func itemPaths(items []corev1.KeyToPath) []string {
	var paths []string
	for _, item := range items {
		paths = append(paths, item.Path)
	}
	return paths
}

func downwardPaths(items []corev1.DownwardAPIVolumeFile) []string {
	var paths []string
	for _, item := range items {
		paths = append(paths, item.Path)
	}
	return paths
}

const storageClassAnnotation = `deprecated since v1.8; use "storageClassName" attribute instead`

// PersistentVolume warns about deprecated ways to describe a volume.
func PersistentVolume(pv, _ *corev1.PersistentVolume) []string {
	var out []string
	path := field.NewPath("metadata", "annotations")
	if _, ok := pv.Annotations[corev1.BetaStorageClassAnnotation]; ok {
		out = append(out, fmt.Sprintf("%s: %s", path.Key(corev1.BetaStorageClassAnnotation), storageClassAnnotation))
	}
	if _, ok := pv.Annotations[corev1.MountOptionAnnotation]; ok {
		out = append(out, fmt.Sprintf("%s: %s", path.Key(corev1.MountOptionAnnotation), `deprecated since v1.31; use "mountOptions" attribute instead`))
	}
	out = append(out, goneSources(&pv.Spec.PersistentVolumeSource)...)
	if pv.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimRecycle {
		out = append(out, "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.")
	}
	if n := pv.Spec.NodeAffinity; n != nil && n.Required != nil {
		for i := range n.Required.NodeSelectorTerms {
			out = append(out, nodeTerm(field.NewPath("spec", "nodeAffinity", "required", "nodeSelectorTerms").Index(i), &n.Required.NodeSelectorTerms[i])...)
		}
	}
	return out
}

// PersistentVolumeClaim warns about a claim that asks in a deprecated way, or for parts of bytes.
func PersistentVolumeClaim(c, _ *corev1.PersistentVolumeClaim) []string {
	var out []string
	if _, ok := c.Annotations[corev1.BetaStorageClassAnnotation]; ok {
		out = append(out, fmt.Sprintf("%s: %s", field.NewPath("metadata", "annotations").Key(corev1.BetaStorageClassAnnotation), storageClassAnnotation))
	}
	at := field.NewPath("spec", "resources")
	out = append(out, fractions(at.Child("requests"), c.Spec.Resources.Requests)...)
	return append(out, fractions(at.Child("limits"), c.Spec.Resources.Limits)...)
}
