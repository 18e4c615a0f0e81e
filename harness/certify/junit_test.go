package certify

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func sample(t *testing.T, name string) *JUnit {
	t.Helper()
	j, err := ReadJUnit(filepath.Join("testdata", "ginkgo", name))
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestJUnitTellsHowTestsEnded(t *testing.T) {
	got := sample(t, "interrupted.xml").Conformance()
	why := "error running /bin/false --server=https://127.0.0.1:34017 --kubeconfig=/tmp/kubeconfig --namespace="
	want := []Test{
		{Name: "[sig-api-machinery] API priority and fairness should support FlowSchema API operations [Conformance]", State: Passed},
		{
			Name: "[sig-apps] StatefulSet Basic StatefulSet functionality [StatefulSetBasic] Scaling should happen in predictable order and halt " +
				"if any stateful pod is unhealthy [Slow] [Conformance]",
			State: Interrupted, Why: "Interrupted by User",
		},
		{
			Name:  "[sig-cli] Kubectl client Kubectl cluster-info should check if Kubernetes control plane services is included in cluster-info [Conformance]",
			State: Failed, Why: why + "kubectl-9506 cluster-info: Command stdout: stderr: error: exit status 1",
		},
		{
			Name:  "[sig-cli] Kubectl client Kubectl version should check is all data is printed [Conformance]",
			State: Failed, Why: why + "kubectl-1515 version: Command stdout: stderr: error: exit status 1",
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Test{}, "Seconds", "Message")); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(got[2].Message, "builder.go:97") {
		t.Errorf("the message is %q", got[2].Message)
	}
}

func TestJUnitKnowsWhatSkippedItself(t *testing.T) {
	j := sample(t, "skipped.xml")
	for _, c := range j.Suites[0].Cases {
		if !strings.Contains(c.Name, "LoadBalancers") {
			continue
		}
		test := c.test()
		if c.left() || test.State != Skipped || test.Why != "Test requires >= 2 Ready nodes, but there are only 1 nodes" {
			t.Errorf("%v, left %v", test, c.left())
		}
		return
	}
	t.Error("the sample has no such test")
}

func TestJUnitReducesToWhatRan(t *testing.T) {
	j := sample(t, "interrupted.xml")
	j.Suites[0].Cases = append(j.Suites[0].Cases, JUnitCase{Name: "[SynchronizedBeforeSuite]", Failure: &JUnitNote{Text: "[FAILED] no nodes\nIn [...]"}})
	before := j.Conformance()
	j.reduce()
	if len(j.Suites[0].Cases) != len(before)+1 {
		t.Errorf("%d cases are left, want %d tests and the failed preparation", len(j.Suites[0].Cases), len(before))
	}
	if diff := cmp.Diff(before, j.Conformance()); diff != "" {
		t.Error(diff)
	}
	if broken := j.Broken(); len(broken) != 1 || broken[0].Why != "no nodes" {
		t.Errorf("broken are %v", broken)
	}
}

// "one file as the CNCF wants": what ran again in a later part counts as it ended last.
func TestJUnitMergesParts(t *testing.T) {
	first, second := sample(t, "interrupted.xml"), sample(t, "skipped.xml")
	again := strings.Replace(first.Suites[0].Cases[slices.IndexFunc(first.Suites[0].Cases, func(c JUnitCase) bool {
		return c.Status == "interrupted"
	})].Name, leaf, "", 1)
	second.add([]Test{{Name: again, State: Passed, Seconds: 3}})
	all := &JUnit{}
	for _, j := range []*JUnit{first, second} {
		j.reduce()
		all.merge(j)
	}
	file := filepath.Join(t.TempDir(), junitName)
	if err := all.write(file); err != nil {
		t.Fatal(err)
	}
	read, err := ReadJUnit(file)
	if err != nil {
		t.Fatal(err)
	}
	states := map[State]int{}
	names := map[string]int{}
	for _, test := range read.Conformance() {
		states[test.State]++
		names[test.Name]++
		if names[test.Name] > 1 {
			t.Errorf("%q is there twice", test.Name)
		}
	}
	// FlowSchema is in both samples.
	if diff := cmp.Diff(map[State]int{Passed: 6, Failed: 2}, states); diff != "" {
		t.Error(diff)
	}
	if len(read.Suites) != 1 || read.Tests != 8 || read.Failures != 2 || read.Suites[0].Tests != 8 || read.Suites[0].Failures != 2 {
		t.Errorf("the file counts %d tests, %d failures in %d suites", read.Tests, read.Failures, len(read.Suites))
	}
	if diff := cmp.Diff(first.Suites[0].Properties, read.Suites[0].Properties); diff != "" {
		t.Error(diff)
	}
}

func TestFirstLine(t *testing.T) {
	for message, want := range map[string]string{
		"[FAILED] timed out\nIn [It] at: a.go:1":                           "timed out",
		"[FAILED] Unexpected error:\n    <*errors.T>: \n    gone\nIn [It]": "Unexpected error: <*errors.T>: gone",
		"\n\nno mark\nmore": "no mark",
		"":                  "",
	} {
		if got := firstLine(message); got != want {
			t.Errorf("firstLine(%q) = %q, want %q", message, got, want)
		}
	}
}
