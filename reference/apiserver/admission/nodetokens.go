package admission

import (
	"context"
	"slices"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/authorization/authorizer"
)

// audienceVerb lets a node request tokens for an audience, the resource of the
// rule, that no volume of the pod asks for.
// Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction
const audienceVerb = "request-serviceaccounts-token-audience"

// token: a kubelet gets tokens for the pods on it, for the audiences that these
// ask for.
func (p *nodeRestriction) token(ctx context.Context, node string, a admission.Attributes) error {
	r, err := object[*authenticationv1.TokenRequest](a)
	if err != nil {
		return err
	}
	ref := r.Spec.BoundObjectRef
	switch {
	case ref == nil || ref.APIVersion != "v1" || ref.Kind != "Pod" || ref.Name == "":
		return forbid(a, "node requested token not bound to a pod")
	case ref.UID == "":
		return forbid(a, "node requested token with a pod binding without a uid")
	}
	pod, err := p.boundPod(ctx, a.GetNamespace(), ref.Name)
	if err != nil {
		return err
	}
	switch {
	case pod.UID != ref.UID:
		return forbid(a, "the UID in the bound object reference (%s) does not match the UID in record. The object might have been deleted and then recreated", ref.UID)
	case pod.Spec.NodeName != node:
		return forbid(a, "node requested token bound to a pod scheduled on a different node")
	case len(r.Spec.Audiences) > 1:
		return forbid(a, "node may only request 0 or 1 audiences")
	}
	audience := "" // that of the API server
	if len(r.Spec.Audiences) == 1 {
		audience = r.Spec.Audiences[0]
	}
	ok, err := p.wants(ctx, pod, audience)
	if err != nil {
		return forbid(a, "error validating audience %q: %w", audience, err)
	}
	if ok || p.granted(ctx, a, audience) {
		return nil
	}
	return forbid(a, "audience %q not found in pod spec volume, %s is not authorized to request tokens for this audience", audience, a.GetUserInfo().GetName())
}

// wants reports whether a volume of a pod needs a token for an audience. It
// fails if none does and the driver of one is not known.
func (p *nodeRestriction) wants(ctx context.Context, pod *corev1.Pod, audience string) (bool, error) {
	for _, v := range pod.Spec.Volumes {
		if v.Projected != nil && slices.ContainsFunc(v.Projected.Sources, func(s corev1.VolumeProjection) bool {
			return s.ServiceAccountToken != nil && s.ServiceAccountToken.Audience == audience
		}) {
			return true, nil
		}
	}
	var errs []error
	for i := range pod.Spec.Volumes {
		ok, err := p.driverWants(ctx, pod, &pod.Spec.Volumes[i], audience)
		if ok {
			return true, nil
		}
		errs = append(errs, err)
	}
	return false, utilerrors.NewAggregate(errs)
}

func (p *nodeRestriction) driverWants(ctx context.Context, pod *corev1.Pod, v *corev1.Volume, audience string) (bool, error) {
	name, err := p.driver(ctx, pod, v)
	if name == "" || err != nil {
		return false, err
	}
	driver, err := p.client.StorageV1().CSIDrivers().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return false, singular(err, groupResource("storage.k8s.io", "csidriver"), name)
	}
	return slices.ContainsFunc(driver.Spec.TokenRequests, func(t storagev1.TokenRequest) bool { return t.Audience == audience }), nil
}

// driver returns the CSI driver of a volume of a pod; "" if it has none. It
// fails for a claim that is not bound.
func (p *nodeRestriction) driver(ctx context.Context, pod *corev1.Pod, v *corev1.Volume) (string, error) {
	var name string
	switch {
	case v.CSI != nil:
		return v.CSI.Driver, nil
	case v.PersistentVolumeClaim != nil:
		name = v.PersistentVolumeClaim.ClaimName
	case v.Ephemeral != nil:
		name = pod.Name + "-" + v.Name
	default:
		return inlineDriver(v), nil
	}
	claim, err := p.client.CoreV1().PersistentVolumeClaims(pod.Namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return "", singular(err, groupResource("", "persistentvolumeclaim"), name)
	}
	if claim.Spec.VolumeName == "" {
		return "", apierrors.NewNotFound(groupResource("", "persistentvolume"), "")
	}
	pv, err := p.client.CoreV1().PersistentVolumes().Get(ctx, claim.Spec.VolumeName, metav1.GetOptions{})
	if err != nil {
		return "", singular(err, groupResource("", "persistentvolume"), claim.Spec.VolumeName)
	}
	if pv.Spec.CSI == nil {
		return volumeDriver(pv), nil
	}
	return pv.Spec.CSI.Driver, nil
}

// The drivers that do the work of the sources in the tree.
// Source: https://kubernetes.io/docs/concepts/storage/volumes/#csi-migration
const (
	driverEBS       = "ebs.csi.aws.com"
	driverGCE       = "pd.csi.storage.gke.io"
	driverAzureDisk = "disk.csi.azure.com"
	driverAzureFile = "file.csi.azure.com"
	driverCinder    = "cinder.csi.openstack.org"
	driverVSphere   = "csi.vsphere.vmware.com"
	driverPortworx  = "pxd.portworx.com"
)

func inlineDriver(v *corev1.Volume) string {
	switch {
	case v.AWSElasticBlockStore != nil:
		return driverEBS
	case v.GCEPersistentDisk != nil:
		return driverGCE
	case v.AzureDisk != nil:
		return driverAzureDisk
	case v.AzureFile != nil:
		return driverAzureFile
	case v.Cinder != nil:
		return driverCinder
	case v.VsphereVolume != nil:
		return driverVSphere
	case v.PortworxVolume != nil:
		return driverPortworx
	}
	return ""
}

func volumeDriver(pv *corev1.PersistentVolume) string {
	switch {
	case pv.Spec.AWSElasticBlockStore != nil:
		return driverEBS
	case pv.Spec.GCEPersistentDisk != nil:
		return driverGCE
	case pv.Spec.AzureDisk != nil:
		return driverAzureDisk
	case pv.Spec.AzureFile != nil:
		return driverAzureFile
	case pv.Spec.Cinder != nil:
		return driverCinder
	case pv.Spec.VsphereVolume != nil:
		return driverVSphere
	case pv.Spec.PortworxVolume != nil:
		return driverPortworx
	}
	return ""
}

func (p *nodeRestriction) granted(ctx context.Context, a admission.Attributes, audience string) bool {
	decision, _, err := p.authorizer.Authorize(ctx, authorizer.AttributesRecord{
		User: a.GetUserInfo(), Verb: audienceVerb, APIVersion: "v1", Resource: audience, Namespace: a.GetNamespace(), Name: a.GetName(), ResourceRequest: true,
	})
	return err == nil && decision == authorizer.DecisionAllow
}
