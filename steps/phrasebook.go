package steps

import (
	"fmt"
	"strings"
)

// Phrase is one sentence of the vocabulary as the phrase book shows it.
type Phrase struct {
	Sentence   string      `json:"sentence"`
	Phase      Phase       `json:"phase"`
	Doc        string      `json:"doc"`
	Argument   Argument    `json:"argument,omitempty"`
	Parameters []Parameter `json:"parameters,omitempty"`
	// Bounds are the forms of a time bound that may stand before the sentence.
	Bounds []string `json:"bounds,omitempty"`
	// Example is a line of a feature file.
	Example string `json:"example"`
}

// Parameter is a variable part of a sentence.
type Parameter struct {
	Name string `json:"name"`
	// Form says in words what it may be.
	Form string `json:"form"`
	// Optional marks one that may be left out, with the words in brackets around it.
	Optional bool `json:"optional,omitempty"`
	// Example is taken from a feature file, without its quotes.
	Example string `json:"example"`
}

// PhraseBook lists all sentences in the order of the table, with examples from the feature files.
func PhraseBook() []Phrase {
	v, lines := NewVocabulary(), examples()
	phrases := make([]Phrase, len(v.Steps))
	for i, step := range v.Steps {
		phrase := Phrase{Sentence: step.Sentence, Phase: step.Phase, Doc: step.Doc, Argument: step.Argument}
		if step.Bounded() {
			phrase.Bounds = []string{"within 30 seconds, ", "for 5 seconds, ", "as before, "}
		}
		found := step.values(lines[step.Sentence])
		for _, p := range placeholder.FindAllStringSubmatchIndex(step.Sentence, -1) {
			name := step.Sentence[p[2]:p[3]]
			form, ok := parameters()[name]
			if !ok {
				form = quoted()
			}
			phrase.Parameters = append(phrase.Parameters, Parameter{
				Name: name, Form: form.words, Example: strings.TrimSpace(found[name]),
				Optional: p[4] != p[5] || strings.Count(step.Sentence[:p[0]], "[") > strings.Count(step.Sentence[:p[0]], "]"),
			})
		}
		if len(lines[step.Sentence]) > 0 {
			phrase.Example = lines[step.Sentence][0]
		}
		phrases[i] = phrase
	}
	return phrases
}

// values reads the parameters out of examples of the sentence; the first example that has one gives it.
func (s *Step) values(examples []string) map[string]string {
	values := map[string]string{}
	for _, example := range examples {
		_, _, rest := cutBound(strings.TrimSuffix(example, ":"))
		for name, value := range named(s.pattern, s.pattern.FindStringSubmatch(rest)) {
			if values[name] == "" {
				values[name] = value
			}
		}
	}
	return values
}

// Values are the parameters of the line by their names, without the quotes.
func (m Match) Values() map[string]string { return m.values }

// PhrasePage writes the phrase book as a page of Markdown.
func PhrasePage(phrases []Phrase) string {
	var page strings.Builder
	page.WriteString(phrasePageHead)
	for _, group := range []struct {
		phase Phase
		title string
	}{
		{Setup, "Given: what is there"}, {Action, "When: what is done"}, {Outcome, "Then: what can be seen"},
	} {
		fmt.Fprintf(&page, "\n## %s\n", group.title)
		for _, phrase := range phrases {
			if phrase.Phase == group.phase {
				phrase.write(&page)
			}
		}
	}
	return page.String()
}

const phrasePageHead = `<!-- Generated from steps and the feature files by "go test ./harness/lint -run PhraseBook -update". Do not edit. -->

# Phrase book

Features are written in these sentences and no others. A word in braces is a parameter, what stands in brackets may be left out.
` + "`${name}`" + ` in a line or in what stands below it is a variable: ` + "`${ns}`" + ` is the scenario's Namespace, ` + "`${agnhost}` and `${busybox}`" + ` are images, and a
sentence with "is noted as" makes more.

A Given may use every sentence. A When is one of the actions; one with "try to" may be refused, any other one must be accepted. A Then is
an outcome, and may begin with a bound:

| bound | the outcome |
|---|---|
| none | holds when it is looked at once |
| within 30 seconds, | holds at some time until then; it is waited for by a watch |
| for 5 seconds, | holds all that time |
| as before, | holds, and held before the When already |

An outcome without "for" or "as before" must not be true before the When. The kit looks at each just before it acts, and a scenario that is
true already is an error.
`

func (p Phrase) write(page *strings.Builder) {
	fmt.Fprintf(page, "\n### `%s`\n\n%s", p.Sentence, strings.ReplaceAll(p.Doc, "<", `\<`))
	switch p.Argument {
	case Text:
		page.WriteString(" A text stands below it.")
	case MayHaveText:
		page.WriteString(" A text may stand below it.")
	case Table:
		page.WriteString(" A table stands below it.")
	}
	if p.Phase == Outcome && len(p.Bounds) == 0 {
		page.WriteString(" It has no bound, since waiting cannot change it.")
	}
	page.WriteString("\n\n")
	for _, parameter := range p.Parameters {
		fmt.Fprintf(page, "- `%s`: %s", parameter.Name, parameter.Form)
		if parameter.Optional {
			page.WriteString("; may be left out")
		}
		fmt.Fprintf(page, ". `%s`\n", parameter.Example)
	}
	if len(p.Parameters) > 0 {
		page.WriteString("\n")
	}
	fmt.Fprintf(page, "    %s\n", p.Example)
}
