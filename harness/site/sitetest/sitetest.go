// Package sitetest makes up a run that has everything a site can show: every verdict, evidence, attempts, what was left behind. It is
// for the tests of the site, here and in a browser.
package sitetest

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// Hostile is a text that would do harm if it came into a page as it is.
const Hostile = `</pre></script><script>document.title="owned"</script><img src=x onerror="document.title='owned'">`

//go:embed features
var features embed.FS

// Pages are a few features that stay as they are, whatever becomes of the real ones. With them, a run has every verdict.
func Pages() ([]spec.Feature, error) {
	files, err := fs.Sub(features, "features")
	if err != nil {
		return nil, err
	}
	return spec.Load(files)
}

// round is how many behaviours make a round of all verdicts at least and at most.
const leastRound, mostRound = 12, 41

// Run makes up the run of the pages, and writes its evidence into the directory. One behaviour in each round has each of the verdicts but
// passed, which the others have. The evidence of every failure holds Hostile.
func Run(dir string, pages []spec.Feature) (*journal.Journal, error) {
	j := journal.New()
	j.Begin = time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)
	j.Run = journal.Run{
		ID: "20261121-093000-k7q2", Cluster: "https://127.0.0.1:41234", Version: "v1.36.3", Kit: "v0.3.0", Profile: "core",
		Selection: "not @slow", Capabilities: []string{"cluster-admin", "dns", "nodes", "storage-class"}, Parallel: 16, Seed: 42,
		Absent: map[string]string{
			"load-balancer": "No Service of type LoadBalancer got an address within 5 seconds.",
			"two-nodes":     "There is 1 Node that is Ready and takes any Pod.",
		},
	}
	j.Pages, j.Resumes = pages, 1
	all := spec.Scenarios(pages)
	round := min(max(leastRound, len(all)), mostRound)
	for i, s := range all {
		j.Order = append(j.Order, s.ID)
		result := resultOf(i, i%round, s)
		if result.Verdict == verdict.Failed {
			names, err := evidence(dir, s.ID)
			if err != nil {
				return nil, err
			}
			result.Evidence = names
		}
		j.Results[s.ID] = result
		j.Steps[s.ID] = stepsOf(s, result)
		if result.Seconds > 0 {
			j.Calls[s.ID] = calls(i)
		}
	}
	j.Isolation = &journal.Isolation{
		Kinds: 58, Objects: 412,
		Left: []journal.Object{{
			Kind: "ClusterRole", Name: "k7q2-secret-reader", Scenario: "access.rbac.cluster-role", What: "is still there",
		}},
		Touched:  []journal.Object{{Kind: "Node", Name: "demo-worker", What: "has the taint example.com/busy"}},
		Unlisted: []string{"componentstatuses: 403 Forbidden"},
	}
	counts := j.Counts()
	j.End = &journal.End{Outcome: j.Outcome(), Counts: counts, Seconds: 192.4}
	return j, nil
}

// resultOf spreads the verdicts over the behaviours, the same at every call.
func resultOf(i, place int, s spec.Scenario) journal.Result {
	last := len(s.Steps) - 1
	result := journal.Result{ID: s.ID, Verdict: verdict.Passed, Seconds: 0.2 + float64(i*7919%1400)/90, FailedStep: -1}
	switch place {
	case 2:
		result.Verdict, result.FailedStep = verdict.Failed, last
		result.Why = fmt.Sprintf(`Pod "web-%d" is Pending because no Node has room: 0/1 nodes are available: 1 Insufficient cpu.`, i)
		result.Error = "wait for Deployment \"web\": not so after 1m0s:\n  status.readyReplicas: want 2, got 1\n\n" +
			"what it was over time:\n   0.0 s  status.readyReplicas missing\n   2.1 s  status.readyReplicas 1"
	case 3:
		result.Verdict, result.Why = verdict.Unsupported, "The cluster does not offer two-nodes: there is 1 Node that is Ready and takes any Pod."
	case 4:
		result.Verdict, result.FailedStep = verdict.Blocked, 0
		result.Why, result.Error = "A quota forbids it: exceeded quota: compute, requested: pods=1, used: pods=4, limited: pods=4.", "create Pod \"web\": 403 Forbidden"
	case 5:
		result.Verdict, result.Attempts = verdict.Flaky, 2
		result.Failures = []string{"The condition Available was False for 60 s, at the first attempt."}
	case 6:
		result.Verdict, result.Why = verdict.NotRun, "The run ended before the scenario did."
	case 7:
		result.Verdict, result.FailedStep, result.Why, result.Error = verdict.Error, 0, "No sentence fits the line.", "match step: no sentence fits"
	case 8:
		result.Verdict, result.FailedStep, result.Why = verdict.Failed, last, "The answer is 200, not 409."
		result.Expected, result.ExpectedReason = journal.KnownFailing, "The distribution fixes it in its next release."
		result.ExpectedIssue = "https://example.com/issues/4711"
	case 9:
		result.Left = `ClusterRole "k7q2-secret-reader": 403 Forbidden`
	}
	if result.Verdict == verdict.Unsupported || result.Verdict == verdict.NotRun {
		result.Seconds = 0
	}
	return result
}

func stepsOf(s spec.Scenario, result journal.Result) []journal.Step {
	if result.Seconds == 0 {
		return nil
	}
	var steps []journal.Step
	for i := range s.Steps {
		step := journal.Step{ID: s.ID, Index: i, Seconds: result.Seconds * float64(i+1) / float64(2*len(s.Steps))}
		if i == result.FailedStep {
			step.Error = result.Error
			return append(steps, step)
		}
		steps = append(steps, step)
	}
	return steps
}

func calls(i int) []journal.Call {
	list := []journal.Call{
		{
			Method: "POST", Template: "/api/v1/namespaces/{namespace}/pods", Verb: "create", Version: "v1", Resource: "pods", Namespaced: true,
			Count: 1 + i%3, Status: []int{201},
		},
		{
			Method: "GET", Template: "/apis/apps/v1/namespaces/{namespace}/deployments/{name}", Verb: "get", Group: "apps", Version: "v1",
			Resource: "deployments", Namespaced: true, Count: 2, Status: []int{200, 404},
		},
		{Method: "GET", Path: "/version", Verb: "get", Count: 1, As: "jane", Status: []int{403}},
	}
	return list[i%3:]
}

// evidence writes the files of a failure.
func evidence(dir, id string) ([]string, error) {
	files := []struct{ name, text string }{
		{"pod-web-5d8c.yaml", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web-5d8c\n  namespace: seatrial-k7q2-14\nstatus:\n  phase: Pending\n  conditions:\n" +
			"  - type: PodScheduled\n    status: \"False\"\n    reason: Unschedulable\n    message: '0/1 nodes are available: 1 Insufficient cpu.'\n"},
		{"events.txt", "2026-11-21T09:31:02Z  Warning  FailedScheduling      Pod/web-5d8c  0/1 nodes are available: 1 Insufficient cpu.\n"},
		{"log-web-5d8c-app.txt", "listening on :8080\n" + Hostile + "\n"},
	}
	var names []string
	for _, file := range files {
		name := "evidence/" + id + "/" + file.name
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return nil, fmt.Errorf("write evidence: %w", err)
		}
		if err := os.WriteFile(at, []byte(file.text), 0o600); err != nil {
			return nil, fmt.Errorf("write evidence: %w", err)
		}
		names = append(names, name)
	}
	return names, nil
}
