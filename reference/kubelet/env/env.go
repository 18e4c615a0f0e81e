// Package env makes the environment variables of a container.
package env

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/seatrial/seatrial/reference/kubelet/downward"
)

// Var is one variable.
type Var struct{ Name, Value string }

// Objects reads the objects that variables come from.
type Objects interface {
	ConfigMap(ctx context.Context, namespace, name string) (*corev1.ConfigMap, error)
	Secret(ctx context.Context, namespace, name string) (*corev1.Secret, error)
}

// Source is where values come from.
type Source struct {
	Objects Objects
	// Services are those the container is told of; the variables it sets itself win.
	Services []*corev1.Service
	// Allocatable stands for limits that are not set.
	Allocatable corev1.ResourceList
	// File returns the variables in a file of a volume (fileKeyRef), false if there is no such file.
	File func(volume, path string) (map[string]string, bool, error)
}

// Make returns the variables of a container in the order: services, envFrom, env.
// Names that cannot be variables are returned apart; they are skipped, not an error.
// The pod must carry the addresses in its status.
func (s Source) Make(ctx context.Context, pod *corev1.Pod, container *corev1.Container) (vars []Var, skipped []string, err error) {
	b := &builder{Source: s, pod: pod, container: container, values: map[string]string{}}
	for _, v := range Services(s.Services) {
		b.set(v.Name, v.Value)
	}
	for i := range container.EnvFrom {
		if err := b.addFrom(ctx, &container.EnvFrom[i]); err != nil {
			return nil, nil, err
		}
	}
	for i := range container.Env {
		if err := b.add(ctx, &container.Env[i]); err != nil {
			return nil, nil, err
		}
	}
	for _, name := range b.order {
		vars = append(vars, Var{name, b.values[name]})
	}
	return vars, b.skipped, nil
}

// Lookup finds a variable by name, for Expand.
func Lookup(vars []Var) func(string) (string, bool) {
	values := make(map[string]string, len(vars))
	for _, v := range vars {
		values[v.Name] = v.Value
	}
	return func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	}
}

type builder struct {
	Source
	pod       *corev1.Pod
	container *corev1.Container
	order     []string
	values    map[string]string
	skipped   []string
}

func (b *builder) set(name, value string) {
	if _, known := b.values[name]; !known {
		b.order = append(b.order, name)
	}
	b.values[name] = value
}

func (b *builder) lookup(name string) (string, bool) {
	value, ok := b.values[name]
	return value, ok
}

func (b *builder) addFrom(ctx context.Context, from *corev1.EnvFromSource) error {
	values := map[string]string{}
	switch {
	case from.ConfigMapRef != nil:
		object, err := b.Objects.ConfigMap(ctx, b.pod.Namespace, from.ConfigMapRef.Name)
		if err != nil {
			return ignoreMissing(err, from.ConfigMapRef.Optional)
		}
		values = object.Data
	case from.SecretRef != nil:
		object, err := b.Objects.Secret(ctx, b.pod.Namespace, from.SecretRef.Name)
		if err != nil {
			return ignoreMissing(err, from.SecretRef.Optional)
		}
		for key, value := range object.Data {
			values[key] = string(value)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		name := from.Prefix + key
		if len(validation.IsRelaxedEnvVarName(name)) > 0 {
			b.skipped = append(b.skipped, key)
			continue
		}
		b.set(name, values[key])
	}
	return nil
}

func (b *builder) add(ctx context.Context, v *corev1.EnvVar) error {
	if v.ValueFrom == nil {
		b.set(v.Name, Expand(v.Value, b.lookup))
		return nil
	}
	value, found, err := b.valueFrom(ctx, v.ValueFrom)
	if err != nil {
		return fmt.Errorf("set variable %q: %w", v.Name, err)
	}
	if found {
		b.set(v.Name, value)
	}
	return nil
}

func (b *builder) valueFrom(ctx context.Context, from *corev1.EnvVarSource) (value string, found bool, err error) {
	switch {
	case from.FieldRef != nil:
		value, err = downward.Field(b.pod, from.FieldRef.FieldPath)
		return value, err == nil, err
	case from.ResourceFieldRef != nil:
		value, err = downward.Resource(b.pod, b.container.Name, from.ResourceFieldRef, b.Allocatable)
		return value, err == nil, err
	case from.ConfigMapKeyRef != nil:
		ref := from.ConfigMapKeyRef
		object, err := b.Objects.ConfigMap(ctx, b.pod.Namespace, ref.Name)
		if err != nil {
			return "", false, ignoreMissing(err, ref.Optional)
		}
		value, found = object.Data[ref.Key]
		return value, found, missingKey(found, ref.Optional, "configmap", object.Namespace, object.Name, ref.Key)
	case from.SecretKeyRef != nil:
		ref := from.SecretKeyRef
		object, err := b.Objects.Secret(ctx, b.pod.Namespace, ref.Name)
		if err != nil {
			return "", false, ignoreMissing(err, ref.Optional)
		}
		data, found := object.Data[ref.Key]
		return string(data), found, missingKey(found, ref.Optional, "secret", object.Namespace, object.Name, ref.Key)
	case from.FileKeyRef != nil:
		return b.fromFile(from.FileKeyRef)
	}
	return "", false, fmt.Errorf("the source of the value is not one this kubelet knows")
}

func (b *builder) fromFile(ref *corev1.FileKeySelector) (string, bool, error) {
	if b.File == nil {
		return "", false, fmt.Errorf("read file %q: no files here", ref.Path)
	}
	values, exists, err := b.File(ref.VolumeName, ref.Path)
	if err != nil {
		return "", false, fmt.Errorf("read file %q of volume %q: %w", ref.Path, ref.VolumeName, err)
	}
	optional := ref.Optional != nil && *ref.Optional
	if !exists && !optional {
		return "", false, fmt.Errorf("read file %q of volume %q: no such file", ref.Path, ref.VolumeName)
	}
	value, found := values[ref.Key]
	if !found && !optional {
		return "", false, fmt.Errorf("environment variable key %q not found in file %q of volume %q", ref.Key, ref.Path, ref.VolumeName)
	}
	return value, found, nil
}

func ignoreMissing(err error, optional *bool) error {
	if apierrors.IsNotFound(err) && optional != nil && *optional {
		return nil
	}
	return err
}

// missingKey has upstream's wording, which people search for.
func missingKey(found bool, optional *bool, kind, namespace, name, key string) error {
	if found || optional != nil && *optional {
		return nil
	}
	title := map[string]string{"configmap": "ConfigMap", "secret": "Secret"}[kind]
	return fmt.Errorf("couldn't find key %s in %s %s", key, title, strings.Join([]string{namespace, name}, "/"))
}
