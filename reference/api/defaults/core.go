package defaults

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
)

// secret moves stringData, which is written but never read, into data, where it
// wins over a value of the same key. Admission sees the outcome.
func secret(s *corev1.Secret) {
	value(&s.Type, corev1.SecretTypeOpaque)
	if len(s.StringData) > 0 && s.Data == nil {
		s.Data = make(map[string][]byte, len(s.StringData))
	}
	for key, text := range s.StringData {
		s.Data[key] = []byte(text)
	}
	s.StringData = nil
}

// namespace keeps the label that selects a namespace by its name
// (https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name).
func namespace(ns *corev1.Namespace) {
	value(&ns.Status.Phase, corev1.NamespaceActive)
	if ns.Name == "" {
		return // generateName: the name, and with it the label, comes later
	}
	if ns.Labels == nil {
		ns.Labels = map[string]string{}
	}
	ns.Labels[corev1.LabelMetadataName] = ns.Name
}

// node also makes podCIDR and podCIDRs agree: writers may know one of them only.
func node(n *corev1.Node) {
	if first(n.Spec.PodCIDRs) != n.Spec.PodCIDR && n.Spec.PodCIDR != "" {
		n.Spec.PodCIDRs = []string{n.Spec.PodCIDR}
	}
	n.Spec.PodCIDR = first(n.Spec.PodCIDRs)
	resourceList(n.Status.Capacity)
	resourceList(n.Status.Allocatable)
	if n.Status.Allocatable == nil && n.Status.Capacity != nil {
		n.Status.Allocatable = n.Status.Capacity.DeepCopy()
	}
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func replicationController(rc *corev1.ReplicationController) {
	pointer(&rc.Spec.Replicas, 1)
	template := rc.Spec.Template
	if template == nil {
		return
	}
	podTemplateSpec(template)
	if len(template.Labels) > 0 {
		if len(rc.Spec.Selector) == 0 {
			rc.Spec.Selector = maps.Clone(template.Labels)
		}
		if len(rc.Labels) == 0 {
			rc.Labels = maps.Clone(template.Labels)
		}
	}
}

// limitRange derives the defaults for containers: the default limit is the
// maximum, the default request is the default limit, else the minimum.
func limitRange(l *corev1.LimitRange) {
	for i := range l.Spec.Limits {
		item := &l.Spec.Limits[i]
		for _, list := range []corev1.ResourceList{item.Max, item.Min, item.Default, item.DefaultRequest, item.MaxLimitRequestRatio} {
			resourceList(list)
		}
		if item.Type != corev1.LimitTypeContainer {
			continue
		}
		item.Default = fill(item.Default, item.Max)
		item.DefaultRequest = fill(fill(item.DefaultRequest, item.Default), item.Min)
	}
}

// fill adds to list what is only in from; the result is never nil.
func fill(list, from corev1.ResourceList) corev1.ResourceList {
	if list == nil {
		list = corev1.ResourceList{}
	}
	for name, quantity := range from {
		list = setQuantity(list, name, quantity)
	}
	return list
}

func resourceQuota(q *corev1.ResourceQuota) {
	resourceList(q.Spec.Hard)
	resourceList(q.Status.Hard)
	resourceList(q.Status.Used)
}
