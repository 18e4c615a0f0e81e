// Package localvolume provisions volumes as directories of one node, for the storage class "standard".
package localvolume

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	storagelisters "k8s.io/client-go/listers/storage/v1"
	"k8s.io/client-go/tools/record"
	"k8s.io/component-helpers/storage/volume"

	"github.com/seatrial/seatrial/reference/controller"
)

// Provisioner is the name by which storage classes refer to this package.
const Provisioner = "seatrial.github.io/local"

// Class is the storage class that Run creates when the cluster has none of that name.
const Class = "standard"

// Options say where the volumes are.
type Options struct {
	NodeName string // only claims that the scheduler sends to this node are served
	Dir      string // on this node; each volume is a directory in it
}

// New declares the controller of one node. It serves the claims whose pods are to run there. Its keys are
// claims, and volumes as keys without a namespace.
func New(env controller.Env, opts Options) (controller.Controller, error) {
	if !filepath.IsAbs(opts.Dir) || opts.NodeName == "" {
		return controller.Controller{}, errors.New("provision local volumes: a node and an absolute directory are required")
	}
	core := env.Informers.Core().V1()
	r := &reconciler{
		opts: opts, client: env.Client, events: env.Recorder(Provisioner),
		claims: core.PersistentVolumeClaims().Lister(), volumes: core.PersistentVolumes().Lister(), classes: env.Informers.Storage().V1().StorageClasses().Lister(),
	}
	return controller.Controller{
		Name: "local-volume",
		Watches: []controller.Watch{
			{Informer: core.PersistentVolumeClaims().Informer()},
			{Informer: core.PersistentVolumes().Informer()},
			{Informer: env.Informers.Storage().V1().StorageClasses().Informer(), Keys: func(any) []controller.Key { return nil }},
		},
		Reconcile: r.reconcile,
		Source:    firstKey(),
	}, nil
}

// firstKey asks for the storage class once, at the start: a user may delete it.
func firstKey() *controller.Source {
	s := controller.NewSource()
	s.Add(controller.Key{})
	return s
}

type reconciler struct {
	opts    Options
	client  kubernetes.Interface
	events  record.EventRecorder
	claims  corelisters.PersistentVolumeClaimLister
	volumes corelisters.PersistentVolumeLister
	classes storagelisters.StorageClassLister
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	switch {
	case key == controller.Key{}:
		return 0, r.ensureClass(ctx)
	case key.Namespace == "":
		return 0, r.reclaim(ctx, key)
	}
	return 0, r.provision(ctx, key)
}

func (r *reconciler) ensureClass(ctx context.Context) error {
	_, err := r.client.StorageV1().StorageClasses().Create(ctx, &storagev1.StorageClass{
		ObjectMeta:        metav1.ObjectMeta{Name: Class, Annotations: map[string]string{"storageclass.kubernetes.io/is-default-class": "true"}},
		Provisioner:       Provisioner,
		ReclaimPolicy:     new(corev1.PersistentVolumeReclaimDelete),
		VolumeBindingMode: new(storagev1.VolumeBindingWaitForFirstConsumer),
	}, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("create storage class %q: %w", Class, err)
	}
	return nil
}

// provision makes the volume of a claim that waits for one on this node.
func (r *reconciler) provision(ctx context.Context, key controller.Key) error {
	c, err := r.claims.PersistentVolumeClaims(key.Namespace).Get(key.Name)
	if apierrors.IsNotFound(err) || err == nil && !r.mine(c) {
		return nil
	}
	if err != nil {
		return err
	}
	class, err := r.classes.Get(volume.GetPersistentVolumeClaimClass(c))
	if err != nil {
		return fmt.Errorf("read storage class: %w", err)
	}
	if m := c.Spec.VolumeMode; m != nil && *m == corev1.PersistentVolumeBlock {
		r.events.Event(c, corev1.EventTypeWarning, "ProvisioningFailed", "block volumes are not supported by "+Provisioner)
		return nil
	}
	pv := newVolume(c, class, r.opts)
	if _, err := r.volumes.Get(pv.Name); err == nil {
		return nil
	}
	if err := r.makeDir(pv); err != nil {
		r.events.Event(c, corev1.EventTypeWarning, "ProvisioningFailed", err.Error())
		return err
	}
	if _, err := r.client.CoreV1().PersistentVolumes().Create(ctx, pv, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("create volume %q: %w", pv.Name, err)
	}
	r.events.Eventf(c, corev1.EventTypeNormal, "ProvisioningSucceeded", "Successfully provisioned volume %s", pv.Name)
	return nil
}

// mine reports whether the claim waits for a volume from this node.
func (r *reconciler) mine(c *corev1.PersistentVolumeClaim) bool {
	if c.Spec.VolumeName != "" || c.DeletionTimestamp != nil || c.Annotations[volume.AnnStorageProvisioner] != Provisioner {
		return false
	}
	node, selected := c.Annotations[volume.AnnSelectedNode]
	return !selected || node == r.opts.NodeName
}

// makeDir makes a directory that every user may write to, as the volumes of local-path provisioners are.
func (r *reconciler) makeDir(pv *corev1.PersistentVolume) error {
	path := pv.Spec.HostPath.Path
	if err := os.MkdirAll(path, 0o777); err != nil {
		return fmt.Errorf("make volume directory: %w", err)
	}
	if err := os.Chmod(path, 0o777); err != nil { // past the umask
		return fmt.Errorf("open volume directory: %w", err)
	}
	return nil
}

// reclaim removes a volume of this node whose claim has gone.
func (r *reconciler) reclaim(ctx context.Context, key controller.Key) error {
	pv, err := r.volumes.Get(key.Name)
	if apierrors.IsNotFound(err) || err == nil && !removable(pv, r.opts) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := os.RemoveAll(directory(pv.Name, r.opts)); err != nil {
		r.events.Event(pv, corev1.EventTypeWarning, "VolumeFailedDelete", err.Error())
		return fmt.Errorf("remove volume directory: %w", err)
	}
	err = r.client.CoreV1().PersistentVolumes().Delete(ctx, pv.Name, metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(pv.UID))})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("delete volume: %w", err)
	}
	return nil
}
