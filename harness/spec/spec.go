// Package spec reads the feature files: the pages, rules and scenarios of the specification.
package spec

import "slices"

// Feature is one page: a lead, a documentation link and the rules it states.
type Feature struct {
	Path  string   `json:"path"`
	Area  string   `json:"area"`
	Name  string   `json:"name"`
	Lead  string   `json:"lead,omitempty"`
	Link  string   `json:"link,omitempty"`
	Tags  []string `json:"tags,omitempty"`
	Rules []Rule   `json:"rules"`
}

// Rule is one documented statement. Its scenarios are examples of it. A scenario outside any rule is kept under a rule without a name.
type Rule struct {
	Name      string     `json:"name"`
	Lead      string     `json:"lead,omitempty"`
	Scenarios []Scenario `json:"scenarios"`
}

// Scenario is one behaviour. Every row of an outline is a scenario of its own.
type Scenario struct {
	// ID is the stable name, from the tag @id:. A row of an outline adds its first cell: "api.patch.types[json]".
	ID      string `json:"id"`
	Title   string `json:"title"`
	Feature string `json:"feature"`
	Rule    string `json:"rule"`
	Path    string `json:"path"`
	Line    int    `json:"line"`
	// Hint is the text under the title: what to look at when the scenario fails.
	Hint string `json:"hint,omitempty"`
	// Tags holds the scenario's own tags and those it inherits from the page and the rule, each with its @.
	Tags  []string `json:"tags,omitempty"`
	Steps []Step   `json:"steps"`
}

// Phase tells what a step is for.
type Phase string

// The phases of a scenario, in their order.
const (
	Given Phase = "Given"
	When  Phase = "When"
	Then  Phase = "Then"
)

// Step is one line of a scenario with its argument.
type Step struct {
	// Keyword is the word as written: Given, When, Then, And, But.
	Keyword string `json:"keyword"`
	// Phase is the meaning of the keyword: that of the nearest Given, When or Then.
	Phase Phase      `json:"phase"`
	Text  string     `json:"text"`
	Doc   *string    `json:"doc,omitempty"`
	Table [][]string `json:"table,omitempty"`
	Line  int        `json:"line"`
}

// Scenarios lists the scenarios of all pages in their order.
func Scenarios(pages []Feature) []Scenario {
	var all []Scenario
	for _, page := range pages {
		for _, rule := range page.Rules {
			all = append(all, rule.Scenarios...)
		}
	}
	return all
}

// Has reports whether the scenario carries the tag, given with its @.
func (s Scenario) Has(tag string) bool { return slices.Contains(s.Tags, tag) }

// Values lists what follows the prefix in the scenario's tags: Values("needs") of "@needs:nodes" is "nodes".
func (s Scenario) Values(prefix string) []string {
	var values []string
	for _, tag := range s.Tags {
		if name, value, ok := cutTag(tag); ok && name == prefix {
			values = append(values, value)
		}
	}
	return values
}
