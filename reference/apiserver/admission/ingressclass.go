package admission

import (
	"context"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/client-go/kubernetes"
)

const ingressClassAnnotation = "kubernetes.io/ingress.class" // the field's predecessor

// defaultIngressClass gives the default class to ingresses that name none.
// Source: https://kubernetes.io/docs/concepts/services-networking/ingress/#default-ingress-class
type defaultIngressClass struct {
	*admission.Handler
	client kubernetes.Interface
}

func newDefaultIngressClass(e env) (admission.Interface, error) {
	return &defaultIngressClass{admission.NewHandler(admission.Create), e.client}, nil
}

func (p *defaultIngressClass) Admit(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if !is(a, networkingv1.GroupName, "ingresses") {
		return nil
	}
	ingress, err := object[*networkingv1.Ingress](a)
	if err != nil {
		return err
	}
	if ingress.Spec.IngressClassName != nil || ingress.Annotations[ingressClassAnnotation] != "" {
		return nil
	}
	list, err := p.client.NetworkingV1().IngressClasses().List(ctx, metav1.ListOptions{ResourceVersion: "0"})
	if err != nil {
		return admission.NewForbidden(a, err)
	}
	classes := slices.DeleteFunc(list.Items, func(c networkingv1.IngressClass) bool {
		return c.Annotations[networkingv1.AnnotationIsDefaultIngressClass] != "true"
	})
	if len(classes) > 0 {
		newest := slices.MinFunc(classes, func(x, y networkingv1.IngressClass) int { return newestFirst(&x, &y) })
		ingress.Spec.IngressClassName = &newest.Name
	}
	return nil
}
