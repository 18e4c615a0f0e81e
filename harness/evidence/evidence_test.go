package evidence_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/seatrial/seatrial/harness/evidence"
	"github.com/seatrial/seatrial/steps/wait"
)

// situation is one case: what the cluster shows, and the sentence that must be found in it.
type situation struct {
	About []evidence.Ref `json:"about,omitempty"`
	// Said is a text, or the failure of a wait.
	Said     any               `json:"said"`
	User     string            `json:"user,omitempty"`
	Ahead    string            `json:"ahead,omitempty"`
	Seen     time.Time         `json:"seen,omitzero"`
	Objects  []map[string]any  `json:"objects,omitempty"`
	Events   []map[string]any  `json:"events,omitempty"`
	Logs     map[string]string `json:"logs,omitempty"`
	Previous map[string]string `json:"previous,omitempty"`
	Want     string            `json:"want"`
	Blocks   bool              `json:"blocks,omitempty"`
}

func (s situation) failure(t *testing.T) error {
	t.Helper()
	if text, ok := s.Said.(string); ok {
		return errors.New(text)
	}
	said := s.Said.(map[string]any)
	failure := &wait.Failure{Bound: said["bound"].(string), Last: said["last"].(string)}
	seen, _ := said["seen"].([]any)
	for _, o := range seen {
		after, err := time.ParseDuration(o.(map[string]any)["after"].(string))
		if err != nil {
			t.Fatal(err)
		}
		failure.History = append(failure.History, wait.Observation{After: after, What: o.(map[string]any)["what"].(string)})
	}
	return failure
}

func TestFindNamesTheCause(t *testing.T) {
	files, err := filepath.Glob("testdata/causes/*.yaml")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d cases, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var s situation
			if err := yaml.UnmarshalStrict(text, &s); err != nil {
				t.Fatal(err)
			}
			ahead, _ := time.ParseDuration(s.Ahead)
			e := evidence.Evidence{
				Subject: evidence.Subject{Namespace: "ns", About: s.About, Failure: s.failure(t)},
				Objects: s.Objects, Events: s.Events, Logs: s.Logs, Previous: s.Previous, User: s.User, Ahead: ahead, Seen: s.Seen, KitImages: []string{"kit/agnhost:1"},
			}
			got := e.Find()
			if got.Sentence != s.Want || got.Blocks != s.Blocks {
				t.Errorf("\n got %s (blocks: %v)\nwant %s (blocks: %v)", got.Sentence, got.Blocks, s.Want, s.Blocks)
			}
		})
	}
}

func TestExplainReadsAnErrorByItself(t *testing.T) {
	for text, want := range map[string]string{
		"send GET /api: tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time A is after B": "A certificate is not valid at this time: current time A is after B.",
		`"no such line" matches 0 steps, want 1`: "",
	} {
		if got := evidence.Explain(errors.New(text)); got != want {
			t.Errorf("%s: got %q", text, got)
		}
	}
}
