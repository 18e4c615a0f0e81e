package bootstrap

import (
	"context"
	"fmt"
	"hash/fnv"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	applymetav1 "k8s.io/client-go/applyconfigurations/meta/v1"
	applynetworkingv1 "k8s.io/client-go/applyconfigurations/networking/v1"
	"k8s.io/client-go/kubernetes"
)

// cidrController is who writes the status of the default ServiceCIDR, as upstream's.
const cidrController = "kubernetes-service-cidr-controller"

// WriteServiceCIDR keeps the ServiceCIDR kubernetes: the ranges that the server
// was started with. One that is there wins over other flags, which an event
// tells; only a second family is added to it.
func WriteServiceCIDR(ctx context.Context, client kubernetes.Interface, flags []netip.Prefix) error {
	var want []string
	for _, cidr := range flags {
		want = append(want, cidr.String())
	}
	cidrs := client.NetworkingV1().ServiceCIDRs()
	have, err := cidrs.Get(ctx, kubernetesName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		have, err = cidrs.Create(ctx, &networkingv1.ServiceCIDR{
			ObjectMeta: metav1.ObjectMeta{Name: kubernetesName}, Spec: networkingv1.ServiceCIDRSpec{CIDRs: want},
		}, metav1.CreateOptions{})
	}
	if err != nil || have.DeletionTimestamp != nil { // its controller ends it
		return err
	}
	if len(want) == 2 && slices.Equal(have.Spec.CIDRs, want[:1]) {
		have = have.DeepCopy()
		have.Spec.CIDRs = want
		if have, err = cidrs.Update(ctx, have, metav1.UpdateOptions{}); err != nil {
			return err
		}
	}
	if !slices.Equal(have.Spec.CIDRs, want) {
		if err := tellOtherRange(ctx, client, have, want); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(have.Status.Conditions, func(c metav1.Condition) bool { return c.Type == networkingv1.ServiceCIDRConditionReady }) {
		return nil
	}
	_, err = cidrs.ApplyStatus(ctx, applynetworkingv1.ServiceCIDR(kubernetesName).WithStatus(
		applynetworkingv1.ServiceCIDRStatus().WithConditions(applymetav1.Condition().
			WithType(networkingv1.ServiceCIDRConditionReady).WithStatus(metav1.ConditionTrue).
			WithMessage("Kubernetes default Service CIDR is ready").WithLastTransitionTime(metav1.Now()))),
		metav1.ApplyOptions{FieldManager: cidrController, Force: true})
	return err
}

// tellOtherRange writes one event for each pair of object and flags.
func tellOtherRange(ctx context.Context, client kubernetes.Interface, have *networkingv1.ServiceCIDR, want []string) error {
	now := metav1.Now()
	_, err := client.CoreV1().Events(metav1.NamespaceDefault).Create(ctx, &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("%s.%.8s.%x", have.Name, have.UID, fnvOf(want))},
		InvolvedObject: corev1.ObjectReference{
			APIVersion: networkingv1.SchemeGroupVersion.String(), Kind: "ServiceCIDR", Name: have.Name, UID: have.UID, ResourceVersion: have.ResourceVersion,
		},
		Type: corev1.EventTypeWarning, Reason: "KubernetesDefaultServiceCIDRInconsistent",
		Message: fmt.Sprintf("The default ServiceCIDR %v does not match the controller flag configurations %v", have.Spec.CIDRs, want),
		Source:  corev1.EventSource{Component: cidrController}, ReportingController: cidrController,
		FirstTimestamp: now, LastTimestamp: now, Count: 1,
	}, metav1.CreateOptions{})
	return unlessThere(err)
}

func fnvOf(list []string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.Join(list, ",")))
	return h.Sum32()
}
