package report

import (
	"strconv"

	messages "github.com/cucumber/messages/go/v21"

	"github.com/seatrial/seatrial/harness/spec"
)

// document makes the syntax tree of a page out of what the journal keeps of it. The scenarios of an outline stand in it as they ran, one
// for each row. Control characters are left out, since readers hand them on to XML. Columns and the lines of rules and tags are not kept; a rule stands at the line of its first scenario.
type document struct {
	newID   func() string
	pickles map[string]*messages.Pickle // by the id of the scenario
}

func newDocument() *document {
	n := 0
	return &document{pickles: map[string]*messages.Pickle{}, newID: func() string { n++; return strconv.Itoa(n) }}
}

// page makes the tree, and a pickle for each of its scenarios that are entries.
func (d *document) page(all []entry) *messages.GherkinDocument {
	page := all[0].Page
	description := page.Lead
	if page.Link != "" {
		description += "\n\nDocumentation: " + page.Link
	}
	feature := &messages.Feature{
		Location: &messages.Location{Line: 1}, Tags: []*messages.Tag{}, Language: "en", Keyword: "Feature", Name: clean(page.Name), Description: clean(description),
	}
	var rule *messages.Rule
	for _, e := range all {
		scenario := d.scenario(e)
		if e.Rule == "" {
			feature.Children = append(feature.Children, &messages.FeatureChild{Scenario: scenario})
			continue
		}
		if rule == nil || rule.Name != clean(e.Rule) {
			rule = &messages.Rule{
				Location: at(e.Line), Tags: []*messages.Tag{}, Keyword: "Rule", Name: clean(e.Rule), Description: clean(lead(page, e.Rule)), Id: d.newID(),
			}
			feature.Children = append(feature.Children, &messages.FeatureChild{Rule: rule})
		}
		rule.Children = append(rule.Children, &messages.RuleChild{Scenario: scenario})
	}
	return &messages.GherkinDocument{Uri: uri(page.Path), Feature: feature, Comments: []*messages.Comment{}}
}

func uri(path string) string { return "features/" + path }

func lead(page *spec.Feature, rule string) string {
	for _, r := range page.Rules {
		if r.Name == rule {
			return r.Lead
		}
	}
	return ""
}

// at is a place in a file; lines count from 1.
func at(line int) *messages.Location { return &messages.Location{Line: int64(max(line, 1))} }

func (d *document) scenario(e entry) *messages.Scenario {
	s := &messages.Scenario{
		Location: at(e.Line), Tags: []*messages.Tag{}, Keyword: "Scenario", Name: clean(e.Title), Description: clean(e.Hint), Steps: []*messages.Step{},
		Examples: []*messages.Examples{}, Id: d.newID(),
	}
	pickle := &messages.Pickle{
		Id: d.newID(), Uri: uri(e.Path), Name: clean(e.Title), Language: "en", Steps: []*messages.PickleStep{}, Tags: []*messages.PickleTag{}, AstNodeIds: []string{s.Id},
	}
	for _, name := range e.Tags {
		tag := &messages.Tag{Location: at(e.Line - 1), Name: name, Id: d.newID()}
		s.Tags = append(s.Tags, tag)
		pickle.Tags = append(pickle.Tags, &messages.PickleTag{Name: name, AstNodeId: tag.Id})
	}
	for _, line := range e.Steps {
		step := d.step(line)
		s.Steps = append(s.Steps, step)
		pickle.Steps = append(pickle.Steps, &messages.PickleStep{
			Id: d.newID(), AstNodeIds: []string{step.Id}, Text: line.Text, Type: pickleType(line.Phase), Argument: argument(line),
		})
	}
	d.pickles[e.ID] = pickle
	return s
}

func (d *document) step(line spec.Step) *messages.Step {
	step := &messages.Step{Location: at(line.Line), Keyword: line.Keyword + " ", KeywordType: keywordType(line.Keyword), Text: line.Text, Id: d.newID()}
	if line.Doc != nil {
		step.DocString = &messages.DocString{Location: at(line.Line + 1), Content: *line.Doc, Delimiter: `"""`}
	}
	if len(line.Table) > 0 {
		step.DataTable = &messages.DataTable{Location: at(line.Line + 1), Rows: []*messages.TableRow{}}
		for i, cells := range line.Table {
			row := &messages.TableRow{Location: at(line.Line + 1 + i), Cells: []*messages.TableCell{}, Id: d.newID()}
			for _, cell := range cells {
				row.Cells = append(row.Cells, &messages.TableCell{Location: at(line.Line + 1 + i), Value: cell})
			}
			step.DataTable.Rows = append(step.DataTable.Rows, row)
		}
	}
	return step
}

func argument(line spec.Step) *messages.PickleStepArgument {
	if line.Doc != nil {
		return &messages.PickleStepArgument{DocString: &messages.PickleDocString{Content: *line.Doc}}
	}
	if len(line.Table) == 0 {
		return nil
	}
	table := &messages.PickleTable{Rows: []*messages.PickleTableRow{}}
	for _, cells := range line.Table {
		row := &messages.PickleTableRow{Cells: []*messages.PickleTableCell{}}
		for _, cell := range cells {
			row.Cells = append(row.Cells, &messages.PickleTableCell{Value: cell})
		}
		table.Rows = append(table.Rows, row)
	}
	return &messages.PickleStepArgument{DataTable: table}
}

func keywordType(keyword string) messages.StepKeywordType {
	switch keyword {
	case "Given":
		return messages.StepKeywordType_CONTEXT
	case "When":
		return messages.StepKeywordType_ACTION
	case "Then":
		return messages.StepKeywordType_OUTCOME
	case "And", "But":
		return messages.StepKeywordType_CONJUNCTION
	}
	return messages.StepKeywordType_UNKNOWN
}

func pickleType(phase spec.Phase) messages.PickleStepType {
	switch phase {
	case spec.Given:
		return messages.PickleStepType_CONTEXT
	case spec.When:
		return messages.PickleStepType_ACTION
	case spec.Then:
		return messages.PickleStepType_OUTCOME
	}
	return messages.PickleStepType_UNKNOWN
}
