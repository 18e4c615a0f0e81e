package report

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/verdict"
)

// OpenMetrics writes the run as metrics in the text format of OpenMetrics 1.0. All of them are gauges, so that readers of Prometheus's
// older format (the text file collector of the node exporter, the push gateway) take the file as well.
func OpenMetrics(w io.Writer, j *journal.Journal) error {
	m := metrics{bufio.NewWriter(w)}
	m.run(j)
	all := entries(j)
	m.family("seatrial_behaviour_result", "", "The verdict on a behaviour; always 1.")
	for _, e := range all {
		m.sample("seatrial_behaviour_result", 1, "id", e.ID, "feature", e.Page.Name, "verdict", string(e.Result.Verdict), "known", e.Result.Expected)
	}
	m.family("seatrial_behaviour_duration_seconds", "seconds", "How long a behaviour took, all attempts together.")
	for _, e := range all {
		m.sample("seatrial_behaviour_duration_seconds", e.Result.Seconds, "id", e.ID)
	}
	m.family("seatrial_behaviour_attempts", "", "How often a behaviour was tried, where it was more than once.")
	for _, e := range all {
		if e.Result.Attempts > 1 {
			m.sample("seatrial_behaviour_attempts", float64(e.Result.Attempts), "id", e.ID)
		}
	}
	m.text("# EOF\n")
	if err := m.Flush(); err != nil {
		return fmt.Errorf("write OpenMetrics: %w", err)
	}
	return nil
}

// metrics writes lines. What its writer refuses shows when it is flushed.
type metrics struct{ *bufio.Writer }

func (m metrics) text(parts ...string) {
	for _, part := range parts {
		_, _ = m.WriteString(part)
	}
}

func (m metrics) run(j *journal.Journal) {
	m.family("seatrial_run_info", "", "What ran against what; always 1.")
	m.sample("seatrial_run_info", 1, "run", j.Run.ID, "cluster", j.Run.Cluster, "kubernetes", j.Run.Version, "kit", j.Run.Kit, "profile", j.Run.Profile)
	got, _ := outcome(j)
	m.family("seatrial_run_outcome", "", "1 for the outcome that the run has, 0 for the others.")
	for _, o := range []verdict.Outcome{verdict.Success, verdict.Failure, verdict.Partial, verdict.Invalid} {
		value := 0.0
		if o == got {
			value = 1
		}
		m.sample("seatrial_run_outcome", value, "outcome", string(o))
	}
	m.family("seatrial_run_start_timestamp_seconds", "seconds", "When the run began.")
	m.sample("seatrial_run_start_timestamp_seconds", float64(j.Begin.UnixMilli())/1000)
	m.family("seatrial_run_duration_seconds", "seconds", "How long the run took.")
	m.sample("seatrial_run_duration_seconds", seconds(j))
	m.family("seatrial_behaviours", "", "How many behaviours have the verdict.")
	counts := j.Counts()
	for _, v := range verdict.All() {
		m.sample("seatrial_behaviours", float64(counts[v]), "verdict", string(v))
	}
	m.family("seatrial_unexpected_passes", "", "How many behaviours passed that are known to fail.")
	m.sample("seatrial_unexpected_passes", float64(len(j.UnexpectedPasses())))
	if j.Isolation != nil {
		m.family("seatrial_isolation_objects", "", "How many objects the run left behind, or touched without having made them.")
		m.sample("seatrial_isolation_objects", float64(len(j.Isolation.Left)), "what", "left")
		m.sample("seatrial_isolation_objects", float64(len(j.Isolation.Touched)), "what", "touched")
	}
}

// family begins the samples of one name. The name of a family with a unit ends in it.
func (m metrics) family(name, unit, help string) {
	m.text("# TYPE ", name, " gauge\n")
	if unit != "" {
		m.text("# UNIT ", name, " ", unit, "\n")
	}
	m.text("# HELP ", name, " ", help, "\n")
}

// sample writes one line. Labels are names and values in turn; one without a value is left out, which means the same.
func (m metrics) sample(name string, value float64, labels ...string) {
	m.text(name)
	open := "{"
	for i := 0; i < len(labels); i += 2 {
		if labels[i+1] == "" {
			continue
		}
		m.text(open, labels[i], `="`, escapeLabel(labels[i+1]), `"`)
		open = ","
	}
	if open == "," {
		m.text("}")
	}
	m.text(" ", strconv.FormatFloat(value, 'f', -1, 64), "\n")
}

// escapeLabel writes a value as it stands between quotation marks.
func escapeLabel(value string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(strings.ToValidUTF8(value, "?"))
}
