package bootstrap

import "testing"

func FuzzPolicyText(f *testing.F) {
	f.Add(policyText)
	f.Add("clusterrole")
	f.Add("role a/b\n - pods get\nto group:x\npath /x get\n")
	f.Fuzz(func(_ *testing.T, text string) {
		p := &Policy{}
		if p.parse(text) == nil {
			p.aggregate()
		}
	})
}
