package apiserver

import (
	"fmt"
	"io"
	"os"

	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"k8s.io/apiserver/pkg/audit/policy"
	auditlog "k8s.io/apiserver/plugin/pkg/audit/log"
)

// audit writes a line of JSON for each request that the policy selects.
func (c *chain) audit() error {
	if c.options.AuditPolicyFile == "" {
		return nil
	}
	rules, err := policy.LoadPolicyFromFile(c.options.AuditPolicyFile)
	if err != nil {
		return fmt.Errorf("read --audit-policy-file: %w", err)
	}
	var out io.Writer = os.Stdout
	if c.options.AuditLog != "-" {
		file, err := os.OpenFile(c.options.AuditLog, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("open --audit-log-path: %w", err)
		}
		out = file
	}
	c.config.AuditPolicyRuleEvaluator = policy.NewPolicyRuleEvaluator(rules)
	c.config.AuditBackend = auditlog.NewBackend(out, auditlog.FormatJson, auditv1.SchemeGroupVersion)
	return nil
}
