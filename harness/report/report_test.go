package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"sigs.k8s.io/yaml"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/report"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// text writes the run in one format.
func text(t testing.TB, j *journal.Journal, name string) []byte {
	t.Helper()
	for _, format := range report.Formats() {
		if format.Name == name {
			var out bytes.Buffer
			if err := format.Write(&out, j, t.TempDir()); err != nil {
				t.Fatal(err)
			}
			return out.Bytes()
		}
	}
	t.Fatalf("there is no format %q", name)
	return nil
}

// suites is what a reader of JUnit sees.
type suites struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Skipped  int `xml:"skipped,attr"`
	Suites   []struct {
		Name  string `xml:"name,attr"`
		Cases []struct {
			Classname string   `xml:"classname,attr"`
			Name      string   `xml:"name,attr"`
			Failure   *note    `xml:"failure"`
			Error     *note    `xml:"error"`
			Skipped   *note    `xml:"skipped"`
			Flaky     []note   `xml:"flakyFailure"`
			Rerun     []note   `xml:"rerunFailure"`
			Out       []string `xml:"system-out"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

type note struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func TestJUnitSaysWhatTheExitCodeSays(t *testing.T) {
	j, _ := golden(t)
	var got suites
	if err := xml.Unmarshal(text(t, j, "junit"), &got); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]string{}
	for _, suite := range got.Suites {
		for _, c := range suite.Cases {
			id, _, _ := strings.Cut(c.Name, ":")
			kinds[id] = fmt.Sprintf("failure %t error %t skipped %t flaky %d rerun %d", c.Failure != nil, c.Error != nil, c.Skipped != nil, len(c.Flaky), len(c.Rerun))
			if c.Skipped != nil && c.Skipped.Message == "" {
				t.Errorf("%s is skipped without a reason", id)
			}
		}
	}
	if got.Tests != 12 || got.Failures != 3 || got.Errors != 1 || got.Skipped != 6 {
		t.Errorf("tests %d, failures %d, errors %d, skipped %d", got.Tests, got.Failures, got.Errors, got.Skipped)
	}
	for id, want := range map[string]string{
		"api.x.passed": "failure false error false skipped false flaky 0 rerun 0",
		"api.x.failed": "failure true error false skipped false flaky 0 rerun 1",
		"api.x.flaky":  "failure false error false skipped false flaky 2 rerun 0",
		"api.x.known":  "failure false error false skipped true flaky 0 rerun 0",
		"api.x.fixed":  "failure true error false skipped false flaky 0 rerun 0",
		"api.y.error":  "failure false error true skipped false flaky 0 rerun 0",
	} {
		if kinds[id] != want {
			t.Errorf("%s: got %q, want %q", id, kinds[id], want)
		}
	}
}

func TestJSONIsReadBackAsItsDocument(t *testing.T) {
	j, _ := golden(t)
	decoder := json.NewDecoder(bytes.NewReader(text(t, j, "json")))
	decoder.DisallowUnknownFields()
	var got report.Document
	if err := decoder.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Kind != "Report" || got.Run.Outcome != verdict.Failure || len(got.Behaviours) != 12 || !slices.Equal(got.UnexpectedPasses, []string{"api.x.fixed"}) {
		t.Errorf("got %+v", got)
	}
}

func TestConformanceHidesNoKnownFailure(t *testing.T) {
	j, _ := golden(t)
	j.Run.Profile, j.Required = "core", []string{"api.x.passed", "api.x.known", "api.y.dns", "api.z.gone"}
	var got report.ConformanceReport
	if err := yaml.UnmarshalStrict(text(t, j, "conformance"), &got); err != nil {
		t.Fatal(err)
	}
	core := got.Profiles[0].Core
	if got.Kind != "ConformanceReport" || got.Implementation.Project != "Demo" || got.Profiles[0].Name != "core" {
		t.Errorf("got %+v", got)
	}
	if core.Result != verdict.Failure || !slices.Equal(core.FailedTests, []string{"api.x.known"}) || !slices.Equal(core.SkippedTests, []string{"api.y.dns"}) {
		t.Errorf("core %+v", core)
	}
	j.Required = []string{"api.x.passed", "api.z.gone"}
	if core := report.NewConformance(j).Profiles[0].Core; core.Result != verdict.Partial {
		t.Errorf("a profile asks for a behaviour that has no part in the run, and core is %+v", core)
	}
}

func TestImplementationIsReadStrictly(t *testing.T) {
	file := filepath.Join(t.TempDir(), "us.yaml")
	for content, want := range map[string]string{
		"organization: A\nproject: B\nversion: v1\ncontact: ['@a']\n": "",
		"organization: A\nversion: v1\n":                              "project is missing",
		"organization: A\nproject: B\nversion: v1\nurls: x\n":         `unknown field "urls"`,
	} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := report.ReadImplementation(file)
		if (err == nil) != (want == "") || (err != nil && !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: got %v, want %q", content, err, want)
		}
	}
}

// The text file collector of the node exporter reads with this parser.
func TestPrometheusReadsTheMetricsToo(t *testing.T) {
	j, _ := golden(t)
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text(t, j, "openmetrics")))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(families["seatrial_behaviour_result"].GetMetric()); n != 12 {
		t.Errorf("%d results", n)
	}
}

func TestAKilledRunIsReportedAsFarAsItGot(t *testing.T) {
	list := records()
	dir := keep(t, list[:20])
	if err := report.Write(dir); err != nil {
		t.Fatal(err)
	}
	j, err := journal.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	d := report.NewDocument(j)
	if d.Run.Complete || d.Run.Outcome == verdict.Success || !strings.Contains(d.Run.Reason, "killed") || d.Run.Seconds <= 0 || len(d.Behaviours) != 12 {
		t.Errorf("got %+v", d.Run)
	}
	if end := string(text(t, j, "text")); !strings.Contains(end, "the run was killed") {
		t.Errorf("got %s", end)
	}
}

// names lists the files of a directory and below.
func names(t testing.TB, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name, _ := filepath.Rel(dir, path)
			all = append(all, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestWriteMakesEveryReportAndDirectoryRemovesThemAll(t *testing.T) {
	_, dir := golden(t)
	if err := report.Write(dir); err != nil {
		t.Fatal(err)
	}
	all := names(t, dir)
	for _, want := range []string{
		report.JUnitName, report.MessagesName, report.JSONName, report.CTRFName, report.ConformanceName, report.MetricsName, report.SummaryName, report.SonobuoyName,
		"index.html", journal.Name,
	} {
		if !slices.Contains(all, want) {
			t.Errorf("%s is missing among %v", want, all)
		}
	}
	if err := report.Write(dir); err != nil || !slices.Equal(names(t, dir), all) {
		t.Errorf("a second time: %v, files %v", err, names(t, dir))
	}
	if err := os.WriteFile(filepath.Join(dir, "mine.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := report.Directory(dir, "x"); err != nil {
		t.Fatal(err)
	}
	if left := names(t, dir); !slices.Equal(left, []string{"mine.txt"}) {
		t.Errorf("left %v", left)
	}
}

func TestOneReportThatCannotBeWrittenKeepsNoOther(t *testing.T) {
	_, dir := golden(t)
	if err := os.MkdirAll(filepath.Join(dir, report.JSONName, "in the way"), 0o755); err != nil {
		t.Fatal(err)
	}
	err := report.Write(dir)
	if err == nil || !strings.Contains(err.Error(), report.JSONName) {
		t.Errorf("got %v", err)
	}
	all := names(t, dir)
	if !slices.Contains(all, report.MetricsName) || !slices.Contains(all, "index.html") {
		t.Errorf("only %v", all)
	}
	if i := slices.IndexFunc(all, func(name string) bool { return strings.HasPrefix(name, ".") }); i >= 0 {
		t.Errorf("%s is left over", all[i])
	}
}

func TestDirectoryKeepsRunsApartAndLeadsToTheLatest(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, id := range []string{"one", "two"} {
		dir, err := report.Directory("", id)
		if err != nil || dir != filepath.Join("reports", "runs", id) {
			t.Fatalf("%s: %q, %v", id, dir, err)
		}
		if target, err := os.Readlink("reports/latest"); err != nil || target != filepath.Join("runs", id) {
			t.Errorf("latest leads to %q, %v", target, err)
		}
	}
}

func TestStepSummaryIsAddedToWhatIsThere(t *testing.T) {
	_, dir := golden(t)
	if err := report.Write(dir); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "step.md")
	if err := os.WriteFile(file, []byte("before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	getenv := func(name string) string { return map[string]string{"GITHUB_STEP_SUMMARY": file}[name] }
	if err := report.StepSummary(dir, getenv); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(got), "before\n## Seatrial: failure\n") {
		t.Errorf("got %q, %v", got, err)
	}
	if err := report.StepSummary(dir, func(string) string { return "" }); err != nil {
		t.Errorf("without the variable: %v", err)
	}
}

// large is a run of many scenarios, each with steps, half of them failed.
func large(n int) []journal.Record {
	now := start
	list := []journal.Record{{Time: now, Run: &journal.Run{ID: "large", Kit: "v1", Version: "v1.36.3"}}}
	page := spec.Feature{Path: "api/x.feature", Area: "api", Name: "A page"}
	selected := journal.Selected{}
	var rest []journal.Record
	for i := range n {
		a := acts()[i%2]
		a.id = fmt.Sprintf("api.x.s%d", i)
		if i%20 == 0 {
			page.Rules = append(page.Rules, spec.Rule{Name: fmt.Sprintf("Rule %d", i)})
		}
		rule := &page.Rules[len(page.Rules)-1]
		a.rule = rule.Name
		rule.Scenarios = append(rule.Scenarios, scenarioOf(a, page.Name, 10*i+10))
		selected.IDs = append(selected.IDs, a.id)
		rest = append(rest, journal.Record{Time: now, Started: &journal.Started{ID: a.id, Attempt: 1}})
		for k := range 3 {
			rest = append(rest, journal.Record{Time: now, Step: &journal.Step{ID: a.id, Index: k, Seconds: 0.1}})
		}
		a.result.ID = a.id
		rest = append(rest, journal.Record{Time: now, Result: &a.result})
	}
	return append(append(list, journal.Record{Time: now, Page: &page}, journal.Record{Time: now, Selected: &selected}), rest...)
}

var start = time.Date(2026, 11, 20, 22, 0, 0, 0, time.UTC)

func BenchmarkAllReportsOf600Scenarios(b *testing.B) {
	dir := keep(b, large(600))
	for b.Loop() {
		if err := report.Write(dir); err != nil {
			b.Fatal(err)
		}
	}
}
