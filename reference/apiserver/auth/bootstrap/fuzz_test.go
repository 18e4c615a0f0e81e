package bootstrap

import (
	"strings"
	"testing"
)

func FuzzPolicyText(f *testing.F) {
	for role := range strings.SplitSeq(policyText, "\n\n") { // one by one: the whole text takes minutes to be made smaller
		f.Add(role)
	}
	f.Add("clusterrole")
	f.Add("role a/b\n - pods get\nto group:x\npath /x get\n")
	f.Fuzz(func(_ *testing.T, text string) {
		p := &Policy{}
		if p.parse(text) == nil {
			p.aggregate()
		}
	})
}
