package report

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// around is a failed scenario in which every text is the same.
func around(text string) *journal.Journal {
	j := journal.New()
	s := spec.Scenario{ID: "id" + text, Title: text, Rule: text, Hint: text, Steps: []spec.Step{{Keyword: "Given", Text: text}}}
	page := spec.Feature{Path: text, Name: text, Lead: text, Link: text, Rules: []spec.Rule{{Name: text, Scenarios: []spec.Scenario{s}}}}
	result := journal.Result{ID: s.ID, Verdict: verdict.Failed, Why: text, Error: text + text, Evidence: []string{text}}
	for _, r := range []journal.Record{
		{Time: start, Run: &journal.Run{ID: text, Cluster: text, Version: text, Kit: text}},
		{Time: start, Page: &page},
		{Time: start, Selected: &journal.Selected{IDs: []string{s.ID}}},
		{Time: start, Result: &result},
	} {
		j.Add(r)
	}
	return j
}

func FuzzNoTextBreaksAFormat(f *testing.F) {
	for _, seed := range []string{"]]>", "\x00\x1b[2J", "\xff\xfe", "a\"b\\c\nd", "<a>&amp;", "\ufffe\uffff\ud7ff", "`|`\r\n::error::", "\u202e\u2028\u0085"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		j := around(text)
		var out bytes.Buffer
		if err := JUnit(&out, j); err != nil {
			t.Fatal(err)
		}
		var parsed junitSuites
		if err := xml.Unmarshal(out.Bytes(), &parsed); err != nil {
			t.Fatalf("JUnit: %v\n%q", err, out.String())
		}
		if got := parsed.Suites[0].Cases[0].Failure.Message; got != clean(text) {
			t.Errorf("JUnit says %q, want %q", got, clean(text))
		}
		out.Reset()
		if err := OpenMetrics(&out, j); err != nil {
			t.Fatal(err)
		}
		parser := expfmt.NewTextParser(model.UTF8Validation)
		families, err := parser.TextToMetricFamilies(bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatalf("OpenMetrics: %v\n%q", err, out.String())
		}
		for _, label := range families["seatrial_behaviour_result"].Metric[0].Label {
			if label.GetName() == "id" && label.GetValue() != "id"+strings.ToValidUTF8(text, "?") {
				t.Errorf("OpenMetrics says %q", label.GetValue())
			}
		}
		checkLines(t, text)
	})
}

// checkLines looks at what people see in lines: none holds a control character, and none is longer than it should be.
func checkLines(t *testing.T, text string) {
	t.Helper()
	for name, got := range map[string]string{"printable": printable(text), "inline": inline(text), "code": code(text), "one line": oneLine(text)} {
		for _, r := range got {
			if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
				t.Errorf("%s keeps %U", name, r)
			}
		}
		if !utf8.ValidString(got) || name != "printable" && strings.ContainsAny(got, "\n\r") {
			t.Errorf("%s: %q", name, got)
		}
	}
	if escaped := escapeData(text); strings.ContainsAny(escaped, "\r\n") {
		t.Errorf("a workflow command goes on in the next line: %q", escaped)
	}
}
