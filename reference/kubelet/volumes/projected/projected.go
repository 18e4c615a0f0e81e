// Package projected collects the files of a volume whose content comes from the API: config maps,
// secrets, fields of the pod, and service account tokens.
package projected

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/seatrial/seatrial/reference/kubelet/downward"
	"github.com/seatrial/seatrial/reference/kubelet/objects"
	"github.com/seatrial/seatrial/reference/kubelet/volumes/atomic"
)

// Tokens issues service account tokens.
type Tokens interface {
	// Token returns a token for the pod's account and when to ask for the next.
	Token(ctx context.Context, pod *corev1.Pod, source *corev1.ServiceAccountTokenProjection) (token string, refresh time.Time, err error)
}

// Sources is where the content comes from.
type Sources struct {
	Objects     objects.Reader
	Tokens      Tokens
	Allocatable corev1.ResourceList
}

// Files is the content of a volume.
type Files struct {
	Files map[string]atomic.File
	// Refresh is when the content must be collected again even if no object changed; zero = never.
	Refresh time.Time
}

// Of returns the projection that a volume of one of the four types stands for.
func Of(volume *corev1.Volume) (*corev1.ProjectedVolumeSource, bool) {
	switch {
	case volume.Projected != nil:
		return volume.Projected, true
	case volume.ConfigMap != nil:
		from := volume.ConfigMap
		return one(from.DefaultMode, corev1.VolumeProjection{ConfigMap: &corev1.ConfigMapProjection{
			LocalObjectReference: from.LocalObjectReference, Items: from.Items, Optional: from.Optional,
		}}), true
	case volume.Secret != nil:
		from := volume.Secret
		return one(from.DefaultMode, corev1.VolumeProjection{Secret: &corev1.SecretProjection{
			LocalObjectReference: corev1.LocalObjectReference{Name: from.SecretName}, Items: from.Items, Optional: from.Optional,
		}}), true
	case volume.DownwardAPI != nil:
		from := volume.DownwardAPI
		return one(from.DefaultMode, corev1.VolumeProjection{DownwardAPI: &corev1.DownwardAPIProjection{Items: from.Items}}), true
	}
	return nil, false
}

func one(mode *int32, source corev1.VolumeProjection) *corev1.ProjectedVolumeSource {
	return &corev1.ProjectedVolumeSource{DefaultMode: mode, Sources: []corev1.VolumeProjection{source}}
}

// Collect reads all sources. The error names the first source that is missing and not optional.
func (s Sources) Collect(ctx context.Context, pod *corev1.Pod, source *corev1.ProjectedVolumeSource) (*Files, error) {
	c := &collector{Sources: s, pod: pod, mode: 0o644, out: &Files{Files: map[string]atomic.File{}}}
	if source.DefaultMode != nil {
		c.mode = fs.FileMode(*source.DefaultMode)
	}
	for i := range source.Sources {
		if err := c.add(ctx, &source.Sources[i]); err != nil {
			return nil, err
		}
	}
	return c.out, nil
}

type collector struct {
	Sources
	pod  *corev1.Pod
	mode fs.FileMode
	out  *Files
}

func (c *collector) add(ctx context.Context, source *corev1.VolumeProjection) error {
	switch {
	case source.ConfigMap != nil:
		return c.addConfigMap(ctx, source.ConfigMap)
	case source.Secret != nil:
		return c.addSecret(ctx, source.Secret)
	case source.DownwardAPI != nil:
		return c.addFields(source.DownwardAPI)
	case source.ServiceAccountToken != nil:
		return c.addToken(ctx, source.ServiceAccountToken)
	case source.ClusterTrustBundle != nil:
		return fmt.Errorf("project cluster trust bundle to %q: not supported by this kubelet", source.ClusterTrustBundle.Path)
	case source.PodCertificate != nil:
		return fmt.Errorf("project pod certificate: not supported by this kubelet")
	}
	return nil
}

func (c *collector) addConfigMap(ctx context.Context, source *corev1.ConfigMapProjection) error {
	optional := source.Optional != nil && *source.Optional
	object, err := c.Objects.ConfigMap(ctx, c.pod.Namespace, source.Name)
	if apierrors.IsNotFound(err) && optional {
		return nil
	}
	if err != nil {
		return err
	}
	data := make(map[string][]byte, len(object.Data)+len(object.BinaryData))
	for key, value := range object.Data {
		data[key] = []byte(value)
	}
	maps.Copy(data, object.BinaryData)
	return c.addKeys(data, source.Items, optional, "configmap", source.Name)
}

func (c *collector) addSecret(ctx context.Context, source *corev1.SecretProjection) error {
	optional := source.Optional != nil && *source.Optional
	object, err := c.Objects.Secret(ctx, c.pod.Namespace, source.Name)
	if apierrors.IsNotFound(err) && optional {
		return nil
	}
	if err != nil {
		return err
	}
	return c.addKeys(object.Data, source.Items, optional, "secret", source.Name)
}

func (c *collector) addKeys(data map[string][]byte, items []corev1.KeyToPath, optional bool, kind, name string) error {
	if items == nil {
		for key, value := range data {
			c.put(key, value, nil)
		}
		return nil
	}
	for _, item := range items {
		value, ok := data[item.Key]
		if !ok && !optional {
			return fmt.Errorf("%s %q references non-existent %s key: %s", kind, c.pod.Namespace+"/"+name, map[string]string{"configmap": "config", "secret": "secret"}[kind], item.Key)
		}
		if ok {
			c.put(item.Path, value, item.Mode)
		}
	}
	return nil
}

func (c *collector) addFields(source *corev1.DownwardAPIProjection) error {
	for _, item := range source.Items {
		var value string
		var err error
		switch {
		case item.FieldRef != nil:
			value, err = downward.Field(c.pod, item.FieldRef.FieldPath)
		case item.ResourceFieldRef != nil:
			value, err = downward.Resource(c.pod, item.ResourceFieldRef.ContainerName, item.ResourceFieldRef, c.Allocatable)
		}
		if err != nil {
			return err
		}
		c.put(item.Path, []byte(value), item.Mode)
	}
	return nil
}

// addToken keeps a token from other users of the node's file system when the pod runs as one user
// or its files go to a group.
func (c *collector) addToken(ctx context.Context, source *corev1.ServiceAccountTokenProjection) error {
	token, refresh, err := c.Tokens.Token(ctx, c.pod, source)
	if err != nil {
		return err
	}
	if c.out.Refresh.IsZero() || refresh.Before(c.out.Refresh) {
		c.out.Refresh = refresh
	}
	file := atomic.File{Data: []byte(token), Mode: c.mode, UID: singleUser(c.pod)}
	if file.UID != nil || c.pod.Spec.SecurityContext != nil && c.pod.Spec.SecurityContext.FSGroup != nil {
		file.Mode = 0o600
	}
	c.out.Files[path.Clean(source.Path)] = file
	return nil
}

func (c *collector) put(name string, data []byte, mode *int32) {
	file := atomic.File{Data: data, Mode: c.mode}
	if mode != nil {
		file.Mode = fs.FileMode(*mode)
	}
	c.out.Files[path.Clean(name)] = file
}

// singleUser is the user that all containers of the pod run as, nil if they differ or it is left to the images.
func singleUser(pod *corev1.Pod) *int64 {
	var user *int64
	var fallback *int64
	if pod.Spec.SecurityContext != nil {
		fallback = pod.Spec.SecurityContext.RunAsUser
	}
	for _, list := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range list {
			own := fallback
			if context := list[i].SecurityContext; context != nil && context.RunAsUser != nil {
				own = context.RunAsUser
			}
			if own == nil || user != nil && *user != *own {
				return nil
			}
			user = own
		}
	}
	return user
}

// Refs returns the objects whose change changes the content.
func Refs(namespace string, source *corev1.ProjectedVolumeSource) []objects.Ref {
	var refs []objects.Ref
	for _, from := range source.Sources {
		if from.ConfigMap != nil {
			refs = append(refs, objects.Ref{Kind: objects.ConfigMap, Namespace: namespace, Name: from.ConfigMap.Name})
		}
		if from.Secret != nil {
			refs = append(refs, objects.Ref{Kind: objects.Secret, Namespace: namespace, Name: from.Secret.Name})
		}
	}
	return refs
}
