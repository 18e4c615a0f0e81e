// Package lint checks the feature files by the rules of the house, without a cluster.
package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/seatrial/seatrial/harness/capability"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/steps"
)

// Areas is the closed list of folders.
func Areas() []string {
	return []string{"api", "workloads", "scheduling", "node", "network", "storage", "configuration", "access", "policy", "autoscaling", "cli", "cluster"}
}

// limits of a scenario.
const (
	minSteps = 3
	maxSteps = 8
	maxTags  = 5
)

// Check lists what is wrong, one line each with the place.
func Check(pages []spec.Feature, vocabulary *steps.Vocabulary) []string {
	c := &checker{vocabulary: vocabulary, used: map[*steps.Step]bool{}, ids: map[string]string{}}
	for _, page := range pages {
		c.page(page)
	}
	for _, step := range vocabulary.Steps {
		if !c.used[step] {
			c.problem("vocabulary", "no feature file uses %q", step.Sentence)
		}
	}
	c.problems = append(c.problems, alike(vocabulary)...)
	return c.problems
}

// linkForm is a page of the documentation, perhaps with an anchor.
var linkForm = regexp.MustCompile(`^https://kubernetes\.io/docs/(?:[a-z0-9._-]+/)+(?:#[a-zA-Z0-9_-]+)?$`)

type checker struct {
	vocabulary *steps.Vocabulary
	used       map[*steps.Step]bool
	ids        map[string]string
	problems   []string
}

func (c *checker) problem(place, format string, args ...any) {
	c.problems = append(c.problems, place+": "+fmt.Sprintf(format, args...))
}

func (c *checker) page(page spec.Feature) {
	if !slices.Contains(Areas(), page.Area) {
		c.problem(page.Path, "the folder %q is not an area", page.Area)
	}
	if !linkForm.MatchString(page.Link) {
		c.problem(page.Path, "there is no line \"Documentation: https://kubernetes.io/docs/.../\" under the feature, but %q", page.Link)
	}
	if page.Lead == "" {
		c.problem(page.Path, "the feature has no lead")
	}
	titles := map[string]int{}
	for _, rule := range page.Rules {
		if rule.Name == "" {
			c.problem(page.Path, "a scenario stands outside of a Rule")
		}
		if len(rule.Scenarios) == 0 {
			c.problem(page.Path, "rule %q has no scenario", rule.Name)
		}
		for _, s := range rule.Scenarios {
			if other, ok := titles[s.Title]; ok {
				c.problem(fmt.Sprintf("%s:%d", s.Path, s.Line), "the title %q is that of line %d", s.Title, other)
			}
			titles[s.Title] = s.Line
			c.scenario(page, s)
		}
	}
}

func (c *checker) scenario(page spec.Feature, s spec.Scenario) {
	place := fmt.Sprintf("%s:%d", s.Path, s.Line)
	c.id(place, page, s)
	c.tags(place, s)
	if s.Hint == "" {
		c.problem(place, "there is no hint under the title")
	}
	if n := len(s.Steps); n < minSteps || n > maxSteps {
		c.problem(place, "%d steps, want %d to %d", n, minSteps, maxSteps)
	}
	whens, thens, guards := 0, 0, 0
	known := []string{"ns", "agnhost", "busybox"}
	for _, step := range s.Steps {
		switch step.Phase {
		case spec.When:
			whens++
		case spec.Then:
			thens++
			guards += c.guard(step)
		}
		known = c.step(step, s, known)
	}
	if thens > 0 && guards == thens {
		c.problem(place, "every Then says that something stays as it is; one must say what the When changes")
	}
	if whens != 1 && (whens != 2 || !s.Has("@life-cycle")) {
		c.problem(place, "%d When steps, want 1 (or 2 with @life-cycle)", whens)
	}
	if thens == 0 {
		c.problem(place, "no Then")
	}
}

var idForm = regexp.MustCompile(`^[a-z]+\.[a-z0-9-]+\.[a-z0-9-]+(\[[a-z0-9-]+\])?$`)

func (c *checker) id(place string, page spec.Feature, s spec.Scenario) {
	if !idForm.MatchString(s.ID) {
		c.problem(place, "the id %q is not @id:area.topic.slug", s.ID)
		return
	}
	if !strings.HasPrefix(s.ID, page.Area+".") {
		c.problem(place, "the id %q does not begin with the area %q", s.ID, page.Area)
	}
	if other, ok := c.ids[s.ID]; ok {
		c.problem(place, "the id %q is that of %s", s.ID, other)
	}
	c.ids[s.ID] = place
}

var sinceForm = regexp.MustCompile(`^v1\.\d+$`)

func (c *checker) tags(place string, s spec.Scenario) {
	if len(s.Tags) > maxTags {
		c.problem(place, "%d tags, want at most %d", len(s.Tags), maxTags)
	}
	for _, tag := range s.Tags {
		name, value, _ := strings.Cut(strings.TrimPrefix(tag, "@"), ":")
		ok := false
		switch name {
		case "id":
			ok = true
		case "since":
			ok = sinceForm.MatchString(value)
		case "needs":
			ok = capability.Known(value)
		case "exclusive":
			ok = value != ""
		case "slow", "life-cycle":
			ok = value == ""
		}
		if !ok {
			c.problem(place, "the tag %q is not in the list", tag)
		}
	}
}

// guard counts a line that says that something stays as it is.
func (c *checker) guard(step spec.Step) int {
	for _, m := range c.vocabulary.Match(step.Text, step.Doc != nil, step.Table != nil) {
		if m.Guards() {
			return 1
		}
	}
	return 0
}

// phase checks that the sentence fits where it stands.
func (c *checker) phase(place string, step spec.Step, m steps.Match) {
	switch {
	case step.Phase != spec.Then && m.Bound == "as before":
		c.problem(place, "only a Then can be as before")
	case step.Phase == spec.When && m.Step.Phase != steps.Action:
		c.problem(place, "a When must be an action, not an %s", m.Step.Phase)
	case step.Phase == spec.Then && m.Step.Phase != steps.Outcome:
		c.problem(place, "a Then must be an outcome, not an %s", m.Step.Phase)
	case step.Phase == spec.Then && strings.Contains(step.Text, " should "):
		c.problem(place, "a Then says what is, not what should be")
	}
}

// step checks one line and returns the variables that are known after it.
func (c *checker) step(step spec.Step, s spec.Scenario, known []string) []string {
	place := fmt.Sprintf("%s:%d", s.Path, step.Line)
	matches := c.vocabulary.Match(step.Text, step.Doc != nil, step.Table != nil)
	if len(matches) != 1 {
		c.problem(place, "%q matches %d steps, want 1", step.Text, len(matches))
		return known
	}
	m := matches[0]
	c.used[m.Step] = true
	if has := step.Doc != nil || step.Table != nil; has != strings.HasSuffix(step.Text, ":") {
		c.problem(place, "a line ends with a colon exactly when something stands below it")
	}
	if number := bareNumber(step.Text); number != "" {
		c.problem(place, "the number %s has no unit", number)
	}
	if left := leaves(step); left != "" {
		c.problem(place, "nobody removes the %s that this line makes; \"I create\" makes what is removed", left)
	}
	c.phase(place, step, m)
	text := step.Text
	if step.Doc != nil {
		text += *step.Doc
	}
	for _, name := range steps.Variables(text) {
		if !slices.Contains(known, name) {
			c.problem(place, "${%s} has no value here", name)
		}
	}
	if m.Notes() != "" {
		known = append(known, m.Notes())
	}
	return known
}
