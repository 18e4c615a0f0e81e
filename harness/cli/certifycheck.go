package cli

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/seatrial/seatrial/harness/certify"
	"github.com/seatrial/seatrial/harness/verdict"
)

func (e *env) certifyCheck() *cobra.Command {
	var o certify.CheckOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check FOLDER",
		Short: "Apply the CNCF's rules for submissions to a folder, offline",
		Long: "Apply the rules that the CNCF's bot applies to a pull request to a folder v1.NN/<product>, or to the output of a run.\n" +
			"What needs the network or the pull request is reported as not checked. The exit code is 1 when a rule is violated.\n" +
			"A folder that keeps all rules is no certification: the CNCF certifies, by a pull request to cncf/k8s-conformance.",
		Example: "  seatrial certify check v1.36/my-product --title 'Conformance results for v1.36/my-product'",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			o.Dir = args[0]
			rules, err := certify.Check(o)
			if err != nil {
				return &usageError{err}
			}
			if asJSON {
				err = json.NewEncoder(e.out).Encode(rules)
			} else {
				e.showRules(rules)
			}
			if err == nil && certify.Violations(rules) > 0 {
				return codeError(verdict.ExitFailure)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&o.Title, "title", "", "title of the pull request")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return cmd
}

// showRules writes a line for each rule, and what to do about the violated ones.
func (e *env) showRules(rules []certify.Rule) {
	signs := map[certify.Status]string{certify.Kept: "✓", certify.Violated: "✗", certify.NotChecked: "-"}
	counts := map[certify.Status]int{}
	for _, rule := range rules {
		counts[rule.Status]++
		line := fmt.Sprintf(" %s %-15s %s", signs[rule.Status], rule.ID, rule.Text)
		if rule.Status == certify.NotChecked {
			line += ": not checked"
		}
		_, _ = fmt.Fprintln(e.out, line)
		for _, detail := range rule.Details {
			_, _ = fmt.Fprintf(e.out, "   %-15s %s\n", "", detail)
		}
		if rule.Status == certify.Violated {
			_, _ = fmt.Fprintf(e.out, "   %-15s -> %s\n", "", rule.Help)
		}
	}
	_, _ = fmt.Fprintf(e.out, "%d rules kept, %d violated, %d not checked\n", counts[certify.Kept], counts[certify.Violated], counts[certify.NotChecked])
}
