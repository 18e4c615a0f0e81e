package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"sigs.k8s.io/yaml"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/report"
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
