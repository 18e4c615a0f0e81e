package node

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestSecretsOfVolumes(t *testing.T) {
	ref := func(namespace, name string) *corev1.SecretReference {
		return &corev1.SecretReference{Namespace: namespace, Name: name}
	}
	own := "own"
	for name, source := range map[string]corev1.PersistentVolumeSource{
		"own/s of CSI for the node":             {CSI: &corev1.CSIPersistentVolumeSource{NodeStageSecretRef: ref("own", "s")}},
		"own/s of CSI for the file system":      {CSI: &corev1.CSIPersistentVolumeSource{NodeExpandSecretRef: ref("own", "s")}},
		"not own/s of CSI for the controller":   {CSI: &corev1.CSIPersistentVolumeSource{ControllerExpandSecretRef: ref("own", "s"), NodePublishSecretRef: ref("own", "t")}},
		"own/s of iSCSI":                        {ISCSI: &corev1.ISCSIPersistentVolumeSource{SecretRef: ref("own", "s")}},
		"claim/s of Ceph without a namespace":   {RBD: &corev1.RBDPersistentVolumeSource{SecretRef: ref("", "s")}},
		"own/s of Ceph's file system":           {CephFS: &corev1.CephFSPersistentVolumeSource{SecretRef: ref("own", "s")}},
		"own/s of a flexible volume":            {FlexVolume: &corev1.FlexPersistentVolumeSource{SecretRef: ref("own", "s")}},
		"own/s of ScaleIO":                      {ScaleIO: &corev1.ScaleIOPersistentVolumeSource{SecretRef: ref("own", "s")}},
		"claim/s of Azure without a namespace":  {AzureFile: &corev1.AzureFilePersistentVolumeSource{SecretName: "s"}},
		"own/s of Azure":                        {AzureFile: &corev1.AzureFilePersistentVolumeSource{SecretName: "s", SecretNamespace: &own}},
		"own/s of StorageOS":                    {StorageOS: &corev1.StorageOSPersistentVolumeSource{SecretRef: &corev1.ObjectReference{Namespace: "own", Name: "s"}}},
		"not own/s of a path on the host":       {HostPath: &corev1.HostPathVolumeSource{}},
		"not own/s of iSCSI that has no secret": {ISCSI: &corev1.ISCSIPersistentVolumeSource{}},
	} {
		v := &corev1.PersistentVolumeSpec{PersistentVolumeSource: source, ClaimRef: &corev1.ObjectReference{Namespace: "claim"}}
		for _, namespace := range []string{"own", "claim"} {
			want := len(name) > len(namespace) && name[:len(namespace)+1] == namespace+"/"
			if got := mountsWith(v, corev1.SecretReference{Namespace: namespace, Name: "s"}); got != want {
				t.Errorf("%s: secret in %q: got %v", name, namespace, got)
			}
		}
	}
}
