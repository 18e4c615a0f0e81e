package site_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/site"
	"github.com/seatrial/seatrial/harness/site/sitetest"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// hostileRun is a run every word of which would do harm.
func hostileRun() *journal.Journal {
	const bad = sitetest.Hostile
	doc := "key: " + bad + "\nother: |\n  " + bad + "\n# " + bad
	s := spec.Scenario{
		ID: "api.bad." + bad, Title: bad, Hint: bad, Path: "api/bad.feature", Tags: []string{"@id:" + bad, "@" + bad},
		Steps: []spec.Step{{Keyword: bad, Phase: spec.Given, Text: bad + `"` + bad + `"`, Doc: &doc, Table: [][]string{{bad}, {bad}}}},
	}
	j := journal.New()
	j.Run = journal.Run{
		ID: bad, Cluster: bad, Version: bad, Kit: bad, Selection: bad, Profile: bad, Capabilities: []string{bad}, Absent: map[string]string{bad: bad},
	}
	j.Pages = []spec.Feature{{
		Path: "api/bad.feature", Area: "api", Name: bad, Lead: bad, Link: `javascript:alert("` + bad, Tags: []string{"@needs:" + bad},
		Rules: []spec.Rule{{Name: bad, Lead: bad, Scenarios: []spec.Scenario{s}}},
	}}
	j.Order = []string{s.ID}
	j.Results[s.ID] = journal.Result{
		ID: s.ID, Verdict: verdict.Failed, Why: bad, Error: bad, Left: bad, Expected: bad, ExpectedReason: bad, ExpectedIssue: bad, Failures: []string{bad},
		Evidence: []string{"evidence/bad.txt", "../outside.txt"},
	}
	j.Calls[s.ID] = []journal.Call{{Method: bad, Template: bad, As: bad, Count: 1}}
	object := journal.Object{Kind: bad, Namespace: bad, Name: bad, Scenario: bad, What: bad}
	j.Isolation = &journal.Isolation{Left: []journal.Object{object}, Touched: []journal.Object{object}, Unlisted: []string{bad}}
	j.End = &journal.End{Outcome: verdict.Failure, Reason: bad, Left: []string{bad}}
	return j
}

func TestHostileTextIsInert(t *testing.T) {
	folder := t.TempDir()
	dir := filepath.Join(folder, "run")
	if err := os.MkdirAll(filepath.Join(dir, "evidence"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"run/evidence/bad.txt": sitetest.Hostile, "outside.txt": "a secret of the machine"} {
		if err := os.WriteFile(filepath.Join(folder, filepath.FromSlash(name)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := site.Write(dir, hostileRun()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"index.html", "api/index.html", "api/bad.html", "phrases.html", "requests.html"} {
		page := parse(t, filepath.Join(dir, filepath.FromSlash(name)))
		checkInert(t, name, page)
		if strings.Contains(content(page), "a secret of the machine") {
			t.Errorf("%s shows a file that lies outside of the run", name)
		}
	}
	if page := parse(t, filepath.Join(dir, "api", "bad.html")); strings.Count(content(page), sitetest.Hostile) < 12 {
		t.Error("the page does not show the text as text: the test is blind")
	}
}

// checkInert checks that a page has only our own program and style, that its policy names exactly these, and that nothing else can act.
func checkInert(t *testing.T, name string, page *html.Node) {
	t.Helper()
	programs := 0
	for _, n := range elements(page, "") {
		switch n.Data {
		case "script":
			if attribute(n, "type") == "application/json" {
				if !json.Valid([]byte(content(n))) {
					t.Errorf("%s: the index is broken: %q", name, content(n))
				}
				continue
			}
			programs++
			checkFingerprint(t, name, page, n)
		case "style":
			checkFingerprint(t, name, page, n)
		case "img", "iframe", "object", "embed", "base":
			t.Errorf("%s has a <%s>", name, n.Data)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "src" {
				t.Errorf("%s: <%s %s=%q>", name, n.Data, a.Key, a.Val)
			}
			if a.Key == "href" && strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") {
				t.Errorf("%s: a link runs a program: %q", name, a.Val)
			}
			if a.Key == "href" && n.Data == "link" && !strings.HasPrefix(a.Val, "data:") {
				t.Errorf("%s loads %q", name, a.Val)
			}
		}
	}
	if programs != 1 {
		t.Errorf("%s has %d programs", name, programs)
	}
}

func checkFingerprint(t *testing.T, name string, page, n *html.Node) {
	t.Helper()
	sum := sha256.Sum256([]byte(content(n)))
	for _, meta := range elements(page, "meta") {
		if attribute(meta, "http-equiv") == "Content-Security-Policy" {
			policy := attribute(meta, "content")
			if !strings.HasPrefix(policy, "default-src 'none';") || !strings.Contains(policy, n.Data+"-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
				t.Errorf("%s: the policy %q does not allow just our <%s>", name, policy, n.Data)
			}
			return
		}
	}
	t.Errorf("%s has no policy", name)
}

func TestEveryPageKeepsToThePolicy(t *testing.T) {
	dir, _ := run(t)
	for name, page := range files(t, dir) {
		checkInert(t, name, page)
	}
}

func TestAPageOfItsOwnHasTheLookAndNoNavigation(t *testing.T) {
	text, err := site.Page("Two <runs>", template.HTML(`<h1>Compared</h1><p class="failed">broken</p><script>evil()</script>`)) //nolint:gosec // what is tested
	if err != nil {
		t.Fatal(err)
	}
	page, err := html.Parse(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if len(elements(page, "nav")) != 0 || content(elements(page, "title")[0]) != "Two <runs> · Seatrial" || content(elements(page, "h1")[0]) != "Compared" {
		t.Errorf("%s", text)
	}
	for _, script := range elements(page, "script")[:1] {
		checkFingerprint(t, "the page", page, script)
	}
}
