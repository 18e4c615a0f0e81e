package report

import (
	"io"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/sonobuoy"
)

// The names of the reports in the directory of a run.
const (
	JUnitName       = "junit.xml"
	MessagesName    = "messages.ndjson"
	JSONName        = "report.json"
	CTRFName        = "ctrf-report.json"
	ConformanceName = "conformance.yaml"
	MetricsName     = "metrics.prom"
	SummaryName     = "summary.md"
	SonobuoyName    = sonobuoy.ArchiveName
)

// Format is one way to write a run as one file.
type Format struct {
	// Name is what people ask for; File the name in the directory of a run, empty when it is not kept there; About says what it is for.
	Name, File, About string
	// Write makes the file of the journal, and of the evidence in the directory of the run.
	Write func(w io.Writer, j *journal.Journal, dir string) error
}

// Formats lists the formats in the order in which they are written: Sonobuoy's takes JUnit's file along. The site, which is many files, is
// not one of them.
func Formats() []Format {
	return []Format{
		{"text", "", "what the terminal says at the end", Text},
		{"summary", SummaryName, "Markdown, for the step summary of GitHub", ofJournal(Markdown)},
		{"junit", JUnitName, "JUnit XML, for CI systems", ofJournal(JUnit)},
		{"messages", MessagesName, "Cucumber Messages, for tools of Cucumber", Messages},
		{"json", JSONName, "all results in our own schema, for programs", ofJournal(JSON)},
		{"ctrf", CTRFName, "Common Test Report Format, for dashboards", ofJournal(CTRF)},
		{"conformance", ConformanceName, "conformance report in the shape of Gateway API's, to publish", ofJournal(Conformance)},
		{"openmetrics", MetricsName, "OpenMetrics, for monitoring", ofJournal(OpenMetrics)},
		{"sonobuoy", SonobuoyName, "a tarball that Sonobuoy's tools read", sonobuoy.Archive},
	}
}

func ofJournal(write func(io.Writer, *journal.Journal) error) func(io.Writer, *journal.Journal, string) error {
	return func(w io.Writer, j *journal.Journal, _ string) error { return write(w, j) }
}
