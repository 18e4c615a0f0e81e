package report

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/verdict"
)

// ConformanceReport says what a cluster conforms to, to be published. It has the shape of the report of the same name of Gateway API
// (https://gateway-api.sigs.k8s.io/concepts/conformance/), and a kind of its own. Known failures are failures here: what an
// implementer expects of the cluster is not what its users want to know.
type ConformanceReport struct {
	APIVersion     string                 `json:"apiVersion"`
	Kind           string                 `json:"kind"`
	Implementation journal.Implementation `json:"implementation"`
	// Date is when the run began, RFC 3339.
	Date              string `json:"date"`
	KubernetesVersion string `json:"kubernetesVersion"`
	// Mode is the mode of operation of the implementation; Kit, Run and Selection tell how to get the same report again.
	Mode      string          `json:"mode"`
	Kit       string          `json:"kit"`
	Run       string          `json:"run"`
	Selection string          `json:"selection,omitempty"`
	Profiles  []ProfileReport `json:"profiles"`
}

// ProfileReport is the result of one profile. Core are the behaviours that the profile requires. A run without a profile has the profile
// "none", whose core are the behaviours that need no capability.
type ProfileReport struct {
	Name     string        `json:"name"`
	Summary  string        `json:"summary"`
	Core     Level         `json:"core"`
	Extended *ExtendedPart `json:"extended,omitempty"`
}

// Level is the result of some of the behaviours: success, failure, or partial when not all could be judged. Unlike in Gateway API, it is
// invalid when none could.
type Level struct {
	Result       verdict.Outcome `json:"result"`
	Statistics   Statistics      `json:"statistics"`
	SkippedTests []string        `json:"skippedTests,omitempty"`
	FailedTests  []string        `json:"failedTests,omitempty"`
}

// ExtendedPart tells of the behaviours that are not core, and which capabilities they need. Those that need one that the cluster does not
// offer are not counted.
type ExtendedPart struct {
	Level               `json:",inline"`
	SupportedFeatures   []string `json:"supportedFeatures,omitempty"`
	UnsupportedFeatures []string `json:"unsupportedFeatures,omitempty"`
}

// Statistics counts behaviours.
type Statistics struct {
	Passed  int `json:"passed"`
	Skipped int `json:"skipped"`
	Failed  int `json:"failed"`
}

// ReadImplementation reads the file that tells whose cluster it is: YAML with organization, project, url, version, contact and mode.
func ReadImplementation(file string) (*journal.Implementation, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read implementation: %w", err)
	}
	var i journal.Implementation
	if err := yaml.UnmarshalStrict(text, &i); err != nil {
		return nil, fmt.Errorf("read implementation %q: %w (it has organization, project, url, version, contact and mode)", file, err)
	}
	var missing []error
	for name, value := range map[string]string{"organization": i.Organization, "project": i.Project, "version": i.Version} {
		if value == "" {
			missing = append(missing, fmt.Errorf("read implementation %q: %s is missing", file, name))
		}
	}
	slices.SortFunc(missing, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return &i, errors.Join(missing...)
}

// Conformance writes the run as a ConformanceReport in YAML.
func Conformance(w io.Writer, j *journal.Journal) error {
	text, err := yaml.Marshal(NewConformance(j))
	if err != nil {
		return fmt.Errorf("write conformance report: %w", err)
	}
	if _, err := w.Write(text); err != nil {
		return fmt.Errorf("write conformance report: %w", err)
	}
	return nil
}

// NewConformance makes the report of a run.
func NewConformance(j *journal.Journal) ConformanceReport {
	r := ConformanceReport{
		APIVersion: APIVersion, Kind: "ConformanceReport", Date: j.Begin.UTC().Format(time.RFC3339), KubernetesVersion: j.Run.Version,
		Mode: "default", Kit: j.Run.Kit, Run: j.Run.ID, Selection: j.Run.Selection, Profiles: []ProfileReport{newProfile(j)},
	}
	if j.Run.Implementation != nil {
		r.Implementation = *j.Run.Implementation
	}
	if r.Implementation.Mode != "" {
		r.Mode, r.Implementation.Mode = r.Implementation.Mode, ""
	}
	r.Implementation.Contact = orEmpty(r.Implementation.Contact)
	return r
}

func newProfile(j *journal.Journal) ProfileReport {
	p := ProfileReport{Name: j.Run.Profile}
	isCore := func(e entry) bool { return slices.Contains(j.Required, e.ID) }
	if p.Name == "" {
		p.Name = "none"
		isCore = func(e entry) bool { return len(e.Values("needs")) == 0 }
	}
	var core, extended, tried []entry
	for _, e := range entries(j) {
		switch {
		case isCore(e):
			core = append(core, e)
		case e.Result.Verdict == verdict.Unsupported:
			extended = append(extended, e)
		default:
			extended, tried = append(extended, e), append(tried, e)
		}
	}
	p.Core = newLevel(core)
	if j.Run.Profile != "" && p.Core.Result == verdict.Success && len(j.Missing()) > 0 {
		p.Core.Result = verdict.Partial // the profile asks for more than was selected
	}
	p.Summary = fmt.Sprintf("Core tests: %s.", p.Core.sentence())
	if len(extended) > 0 {
		part := &ExtendedPart{Level: newLevel(tried)}
		for _, e := range extended {
			part.take(e, j.Run.Capabilities)
		}
		slices.Sort(part.SupportedFeatures)
		slices.Sort(part.UnsupportedFeatures)
		p.Extended = part
		p.Summary += fmt.Sprintf(" Extended tests: %s.", part.sentence())
	}
	return p
}

func (p *ExtendedPart) take(e entry, offered []string) {
	for _, need := range e.Values("needs") {
		list := &p.UnsupportedFeatures
		if slices.Contains(offered, need) {
			list = &p.SupportedFeatures
		}
		if !slices.Contains(*list, need) {
			*list = append(*list, need)
		}
	}
}

func newLevel(all []entry) Level {
	var l Level
	unjudged := 0
	for _, e := range all {
		switch e.Result.Verdict {
		case verdict.Passed, verdict.Flaky:
			l.Statistics.Passed++
		case verdict.Failed:
			l.Statistics.Failed++
			l.FailedTests = append(l.FailedTests, e.ID)
		default:
			l.Statistics.Skipped++
			l.SkippedTests = append(l.SkippedTests, e.ID)
			unjudged++
		}
	}
	switch {
	case l.Statistics.Failed > 0:
		l.Result = verdict.Failure
	case l.Statistics.Passed == 0:
		l.Result = verdict.Invalid
	case unjudged > 0:
		l.Result = verdict.Partial
	default:
		l.Result = verdict.Success
	}
	return l
}

func (l Level) sentence() string {
	return fmt.Sprintf("%s, %d passed, %d failed, %d skipped", l.Result, l.Statistics.Passed, l.Statistics.Failed, l.Statistics.Skipped)
}
