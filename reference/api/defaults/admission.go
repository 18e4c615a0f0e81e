package defaults

import (
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	webhookTimeoutSeconds = 10
	webhookPort           = 443
)

func validatingWebhooks(c *admissionregistrationv1.ValidatingWebhookConfiguration) {
	for i := range c.Webhooks {
		w := &c.Webhooks[i]
		pointer(&w.FailurePolicy, admissionregistrationv1.Fail)
		pointer(&w.MatchPolicy, admissionregistrationv1.Equivalent)
		pointer(&w.NamespaceSelector, metav1.LabelSelector{})
		pointer(&w.ObjectSelector, metav1.LabelSelector{})
		pointer(&w.TimeoutSeconds, webhookTimeoutSeconds)
		webhookClient(&w.ClientConfig)
		webhookRules(w.Rules)
	}
}

func mutatingWebhooks(c *admissionregistrationv1.MutatingWebhookConfiguration) {
	for i := range c.Webhooks {
		w := &c.Webhooks[i]
		pointer(&w.FailurePolicy, admissionregistrationv1.Fail)
		pointer(&w.MatchPolicy, admissionregistrationv1.Equivalent)
		pointer(&w.NamespaceSelector, metav1.LabelSelector{})
		pointer(&w.ObjectSelector, metav1.LabelSelector{})
		pointer(&w.TimeoutSeconds, webhookTimeoutSeconds)
		pointer(&w.ReinvocationPolicy, admissionregistrationv1.NeverReinvocationPolicy)
		webhookClient(&w.ClientConfig)
		webhookRules(w.Rules)
	}
}

func webhookClient(c *admissionregistrationv1.WebhookClientConfig) {
	if c.Service != nil {
		pointer(&c.Service.Port, webhookPort)
	}
}

func webhookRules(rules []admissionregistrationv1.RuleWithOperations) {
	for i := range rules {
		pointer(&rules[i].Scope, admissionregistrationv1.AllScopes)
	}
}

func validatingAdmissionPolicy(p *admissionregistrationv1.ValidatingAdmissionPolicy) {
	pointer(&p.Spec.FailurePolicy, admissionregistrationv1.Fail)
	matchResources(p.Spec.MatchConstraints)
}

func mutatingAdmissionPolicy(p *admissionregistrationv1.MutatingAdmissionPolicy) {
	pointer(&p.Spec.FailurePolicy, admissionregistrationv1.Fail)
	matchResources(p.Spec.MatchConstraints)
}

// matchResources leaves out nothing that the policy plugins of the API server read without a check.
func matchResources(m *admissionregistrationv1.MatchResources) {
	if m == nil {
		return
	}
	pointer(&m.MatchPolicy, admissionregistrationv1.Equivalent)
	pointer(&m.NamespaceSelector, metav1.LabelSelector{})
	pointer(&m.ObjectSelector, metav1.LabelSelector{})
	for _, rules := range [][]admissionregistrationv1.NamedRuleWithOperations{m.ResourceRules, m.ExcludeResourceRules} {
		for i := range rules {
			pointer(&rules[i].Scope, admissionregistrationv1.AllScopes)
		}
	}
}
