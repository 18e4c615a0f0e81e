package spec

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"strings"

	gherkin "github.com/cucumber/gherkin/go/v26"
	messages "github.com/cucumber/messages/go/v21"
)

// Load reads every *.feature file of the file system, in the order of their paths.
func Load(fsys fs.FS) ([]Feature, error) {
	var pages []Feature
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".feature" {
			return err
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		page, err := Parse(name, text)
		if err != nil {
			return err
		}
		pages = append(pages, page)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("load features: %w", err)
	}
	return pages, nil
}

// Parse reads one feature file. The name is kept as the page's path.
func Parse(name string, text []byte) (Feature, error) {
	newID := (&messages.Incrementing{}).NewId
	doc, err := gherkin.ParseGherkinDocument(bytes.NewReader(text), newID)
	if err != nil {
		return Feature{}, fmt.Errorf("parse %q: %w", name, err)
	}
	if doc.Feature == nil {
		return Feature{}, fmt.Errorf("parse %q: the file has no Feature", name)
	}
	p := parser{page: newPage(name, doc.Feature), steps: map[string]*messages.Step{}, scenarios: map[string]origin{}}
	p.index(doc.Feature)
	for _, pickle := range gherkin.Pickles(*doc, name, newID) {
		p.add(pickle)
	}
	return p.page, nil
}

// parser joins the compiled scenarios with the text they came from, since compiling drops rules, descriptions and keywords.
type parser struct {
	page      Feature
	steps     map[string]*messages.Step
	scenarios map[string]origin
}

// origin is where a compiled scenario was written.
type origin struct {
	scenario *messages.Scenario
	rule     int
	rows     map[string]*messages.TableRow
}

func newPage(name string, f *messages.Feature) Feature {
	lead, link := splitLead(f.Description)
	page := Feature{Path: name, Area: path.Dir(name), Name: f.Name, Lead: lead, Link: link}
	for _, tag := range f.Tags {
		page.Tags = append(page.Tags, tag.Name)
	}
	return page
}

func (p *parser) index(f *messages.Feature) {
	loose := -1
	for _, child := range f.Children {
		switch {
		case child.Background != nil:
			p.indexSteps(child.Background.Steps)
		case child.Rule != nil:
			p.page.Rules = append(p.page.Rules, Rule{Name: child.Rule.Name, Lead: dedent(child.Rule.Description)})
			p.indexRule(child.Rule, len(p.page.Rules)-1)
		case child.Scenario != nil:
			if loose < 0 {
				p.page.Rules = append(p.page.Rules, Rule{})
				loose = len(p.page.Rules) - 1
			}
			p.indexScenario(child.Scenario, loose)
		}
	}
}

func (p *parser) indexRule(rule *messages.Rule, number int) {
	for _, child := range rule.Children {
		if child.Background != nil {
			p.indexSteps(child.Background.Steps)
		}
		if child.Scenario != nil {
			p.indexScenario(child.Scenario, number)
		}
	}
}

func (p *parser) indexScenario(s *messages.Scenario, rule int) {
	o := origin{scenario: s, rule: rule, rows: map[string]*messages.TableRow{}}
	for _, examples := range s.Examples {
		for _, row := range examples.TableBody {
			o.rows[row.Id] = row
		}
	}
	p.scenarios[s.Id] = o
	p.indexSteps(s.Steps)
}

func (p *parser) indexSteps(steps []*messages.Step) {
	for _, step := range steps {
		p.steps[step.Id] = step
	}
}

func (p *parser) add(pickle *messages.Pickle) {
	from := p.scenarios[pickle.AstNodeIds[0]]
	rule := &p.page.Rules[from.rule]
	s := Scenario{
		Title: pickle.Name, Feature: p.page.Name, Rule: rule.Name, Path: p.page.Path,
		Line: int(from.scenario.Location.Line), Hint: dedent(from.scenario.Description),
	}
	for _, tag := range pickle.Tags {
		s.Tags = append(s.Tags, tag.Name)
	}
	if ids := s.Values("id"); len(ids) == 1 {
		s.ID = ids[0]
	}
	if len(pickle.AstNodeIds) > 1 {
		row := from.rows[pickle.AstNodeIds[1]]
		s.ID += "[" + slug(row.Cells[0].Value) + "]"
		s.Line = int(row.Location.Line)
	}
	for _, step := range pickle.Steps {
		s.Steps = append(s.Steps, p.step(step))
	}
	rule.Scenarios = append(rule.Scenarios, s)
}

func (p *parser) step(pickled *messages.PickleStep) Step {
	written := p.steps[pickled.AstNodeIds[0]]
	step := Step{Keyword: strings.TrimSpace(written.Keyword), Text: pickled.Text, Line: int(written.Location.Line)}
	switch pickled.Type {
	case messages.PickleStepType_ACTION:
		step.Phase = When
	case messages.PickleStepType_OUTCOME:
		step.Phase = Then
	default:
		step.Phase = Given
	}
	if arg := pickled.Argument; arg != nil && arg.DocString != nil {
		step.Doc = &arg.DocString.Content
	} else if arg != nil && arg.DataTable != nil {
		for _, row := range arg.DataTable.Rows {
			var cells []string
			for _, cell := range row.Cells {
				cells = append(cells, cell.Value)
			}
			step.Table = append(step.Table, cells)
		}
	}
	return step
}
