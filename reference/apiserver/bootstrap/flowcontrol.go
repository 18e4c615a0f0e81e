package bootstrap

import (
	"context"

	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	published "k8s.io/apiserver/pkg/apis/flowcontrol/bootstrap"
	flowcontrol "k8s.io/client-go/kubernetes/typed/flowcontrol/v1"
)

// WriteFlowControl writes the suggested and the mandatory objects of API
// Priority and Fairness. A mandatory object that was changed is put back; a
// suggested one is left as it is.
// Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#maintenance-of-the-mandatory-and-suggested-configuration-objects
func WriteFlowControl(ctx context.Context, client flowcontrol.FlowcontrolV1Interface) error {
	var p parallel
	for _, level := range published.SuggestedPriorityLevelConfigurations {
		p.do("priority level "+level.Name, func() error { return writeLevel(ctx, client, level, false) })
	}
	for _, level := range published.MandatoryPriorityLevelConfigurations {
		p.do("priority level "+level.Name, func() error { return writeLevel(ctx, client, level, true) })
	}
	for _, schema := range published.SuggestedFlowSchemas {
		p.do("flow schema "+schema.Name, func() error { return writeSchema(ctx, client, schema, false) })
	}
	for _, schema := range published.MandatoryFlowSchemas {
		p.do("flow schema "+schema.Name, func() error { return writeSchema(ctx, client, schema, true) })
	}
	return p.wait()
}

// keepUpToDate marks objects that nobody has changed, as upstream does.
func keepUpToDate(m metav1.ObjectMeta) metav1.ObjectMeta {
	m.Annotations = map[string]string{flowcontrolv1.AutoUpdateAnnotationKey: "true"}
	return m
}

func writeLevel(ctx context.Context, client flowcontrol.FlowcontrolV1Interface, want *flowcontrolv1.PriorityLevelConfiguration, mandatory bool) error {
	levels := client.PriorityLevelConfigurations()
	have, err := levels.Get(ctx, want.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		want = want.DeepCopy()
		want.ObjectMeta = keepUpToDate(want.ObjectMeta)
		_, err = levels.Create(ctx, want, metav1.CreateOptions{})
		return unlessThere(err)
	}
	if err != nil || !mandatory || equality.Semantic.DeepEqual(have.Spec, want.Spec) {
		return err
	}
	have = have.DeepCopy()
	have.Spec = want.Spec
	_, err = levels.Update(ctx, have, metav1.UpdateOptions{})
	return err
}

func writeSchema(ctx context.Context, client flowcontrol.FlowcontrolV1Interface, want *flowcontrolv1.FlowSchema, mandatory bool) error {
	schemas := client.FlowSchemas()
	have, err := schemas.Get(ctx, want.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		want = want.DeepCopy()
		want.ObjectMeta = keepUpToDate(want.ObjectMeta)
		_, err = schemas.Create(ctx, want, metav1.CreateOptions{})
		return unlessThere(err)
	}
	if err != nil || !mandatory || equality.Semantic.DeepEqual(have.Spec, want.Spec) {
		return err
	}
	have = have.DeepCopy()
	have.Spec = want.Spec
	_, err = schemas.Update(ctx, have, metav1.UpdateOptions{})
	return err
}
