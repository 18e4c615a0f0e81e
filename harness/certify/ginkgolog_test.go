package certify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// follow reads one of the samples in testdata/ginkgo: real output of ginkgo 2.28, shortened.
func follow(t *testing.T, sample string) (*Log, []Test) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "ginkgo", sample))
	if err != nil {
		t.Fatal(err)
	}
	names, err := Required("v1.36")
	if err != nil {
		t.Fatal(err)
	}
	log := NewLog(names)
	var ended []Test
	for line := range strings.Lines(string(content)) {
		if test := log.Add(strings.TrimRight(line, "\n")); test != nil {
			ended = append(ended, *test)
		}
	}
	return log, ended
}

func TestLogFollowsTestsSideBySide(t *testing.T) {
	log, ended := follow(t, "parallel.log")
	if len(ended) != 14 {
		t.Errorf("%d tests ended, want 14: %v", len(ended), ended)
	}
	first := Test{Name: "[sig-auth] ServiceAccounts should update a ServiceAccount [Conformance]", State: Passed, Seconds: 0.054}
	if diff := cmp.Diff(first, ended[0]); diff != "" {
		t.Error(diff)
	}
	want := []Suite{{Procs: 4, WillRun: 14, Ran: 14, Passed: 14, Seconds: 156.57, Ended: true, Success: true}}
	if diff := cmp.Diff(want, log.Suites); diff != "" {
		t.Error(diff)
	}
	if log.Server != "v1.36.3" || log.Tests != "v1.36.3" {
		t.Errorf("versions are %q and %q", log.Server, log.Tests)
	}
}

func TestLogFollowsTestsOneAfterAnother(t *testing.T) {
	log, ended := follow(t, "serial.log")
	if len(ended) != 14 {
		t.Errorf("%d tests ended, want 14: %v", len(ended), ended)
	}
	first := Test{Name: "[sig-auth] ServiceAccounts should guarantee kube-root-ca.crt exist in any namespace [Conformance]", State: Passed, Seconds: 1.157}
	if diff := cmp.Diff(first, ended[0]); diff != "" {
		t.Error(diff)
	}
	if s := log.Suites[0]; s.Procs != 1 || s.Ran != 14 || !s.Success {
		t.Errorf("the suite is %+v", s)
	}
}

func TestLogTellsWhatRunsWhenTestsRunOneAfterAnother(t *testing.T) {
	const name = "[sig-auth] A b [Conformance]"
	log := NewLog([]string{name})
	for _, line := range []string{delimiter, name + " [sig-auth, Conformance]", "k8s.io/kubernetes/a.go:1", "  STEP: one"} {
		log.Add(line)
		if line != delimiter && log.Running() != name {
			t.Errorf("after %q, %q runs", line, log.Running())
		}
	}
	if ended := log.Add("• [2.5 seconds]"); ended == nil || ended.Name != name || ended.Seconds != 2.5 || log.Running() != "" {
		t.Errorf("ended %v, running %q", ended, log.Running())
	}
}

// Ginkgo puts the node that failed into the name: "Kubectl version [It] should check ...".
func TestLogTellsWhyTestsFailed(t *testing.T) {
	log, ended := follow(t, "interrupted.log")
	var got []Test
	for _, test := range ended {
		got = append(got, Test{Name: test.Name, State: test.State, Why: test.Why})
	}
	why := func(command string) string {
		namespace, verb, _ := strings.Cut(command, " ")
		return "error running /bin/false --server=https://127.0.0.1:34017 --kubeconfig=/tmp/kubeconfig --namespace=" + namespace + " " + verb + ":"
	}
	want := []Test{
		{Name: "[sig-api-machinery] API priority and fairness should support FlowSchema API operations [Conformance]", State: Passed},
		{Name: "[sig-cli] Kubectl client Kubectl version should check is all data is printed [Conformance]", State: Failed, Why: why("kubectl-1515 version")},
		{
			Name:  "[sig-cli] Kubectl client Kubectl cluster-info should check if Kubernetes control plane services is included in cluster-info [Conformance]",
			State: Failed, Why: why("kubectl-9506 cluster-info"),
		},
		{
			Name: "[sig-apps] StatefulSet Basic StatefulSet functionality [StatefulSetBasic] Scaling should happen in predictable order and halt " +
				"if any stateful pod is unhealthy [Slow] [Conformance]",
			State: Interrupted, Why: "Interrupted by User",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s := log.Suites[0]; s.Success || s.Failed != 3 || s.WillRun != 5 {
		t.Errorf("the suite is %+v", s)
	}
}

func TestLogIgnoresOtherTests(t *testing.T) {
	_, ended := follow(t, "skipped.log") // has two tests that are no conformance tests and skip themselves
	for _, test := range ended {
		if test.State != Passed || !strings.Contains(test.Name, conformance) {
			t.Errorf("it sees %v", test)
		}
	}
	if len(ended) != 5 {
		t.Errorf("%d tests ended, want 5", len(ended))
	}
}

func TestLogReadsUnusualEnds(t *testing.T) {
	const name = "[sig-node] Pods should run [Conformance]"
	for _, c := range []struct {
		lines []string
		want  Test
	}{
		{
			[]string{"S [SKIPPED] [0.044 seconds]", "[sig-node] Pods [BeforeEach] should run [Conformance] [sig-node]", "a.go:1", "", "  [SKIPPED] 2 nodes required", delimiter},
			Test{Name: name, State: Skipped, Seconds: 0.044, Why: "2 nodes required"},
		},
		{
			[]string{"• [TIMEDOUT] [9.000 seconds]", "[sig-node] Pods [It] should run [Conformance] [sig-node]", "  [TIMEDOUT] in [It] - a.go:1", "  [TIMEDOUT] A spec timeout occurred", delimiter},
			Test{Name: name, State: Failed, Seconds: 9, Why: "A spec timeout occurred"},
		},
		{
			[]string{"• [PANICKED] [1.000 seconds]", "TOP-LEVEL [BeforeEach] [sig-node] Pods should run [Conformance] [sig-node]", "  [PANICKED] Test Panicked", delimiter},
			Test{Name: name, State: Failed, Seconds: 1, Why: "Test Panicked"},
		},
		{
			[]string{"↺ [FLAKEY TEST - TOOK 2 ATTEMPTS TO PASS] [3.000 seconds]", name + " [sig-node]"},
			Test{Name: name, State: Passed, Seconds: 3},
		},
	} {
		log := NewLog([]string{name})
		log.Add(delimiter)
		var got *Test
		for _, line := range c.lines {
			if test := log.Add(line); test != nil {
				got = test
			}
		}
		if diff := cmp.Diff(&c.want, got); diff != "" {
			t.Errorf("%s: %s", c.lines[0], diff)
		}
	}
}
