package site

import (
	"strings"

	"github.com/seatrial/seatrial/steps"
)

// PhrasesName is the page of the sentences that features are written in.
const PhrasesName = "phrases.html"

// shownUses is how many behaviours are named as examples of a sentence.
const shownUses = 3

// phrases is the phrase book.
type phrases struct {
	frame
	Groups []phraseGroup
}

type phraseGroup struct {
	Name, Lead string
	Anchor     string
	Phrases    []*phrase
}

// phrase is one sentence with the behaviours that use it.
type phrase struct {
	Anchor   string
	Sentence string
	Doc      string
	Argument string
	Bounded  bool
	Uses     int
	Examples []*behaviour
}

// phrases makes the phrase book out of the vocabulary and the pages of the site.
func (b *book) phrases() *phrases {
	vocabulary := steps.NewVocabulary()
	known, taken := map[*steps.Step]*phrase{}, map[string]bool{}
	v := &phrases{frame: newFrame("Phrase book", PhrasesName, b.site)}
	for _, group := range []struct {
		phase      steps.Phase
		name, lead string
	}{
		{steps.Setup, "To make a world", "These stand after Given. They make what the behaviour needs and wait until it has settled. Every sentence below may stand there, too."},
		{steps.Action, "To do the one thing", "These stand after When. A scenario is about one of them."},
		{steps.Outcome, "To see what comes of it", "These stand after Then."},
	} {
		shown := phraseGroup{Name: group.name, Lead: group.lead, Anchor: string(group.phase)}
		for _, step := range vocabulary.Steps {
			if step.Phase != group.phase {
				continue
			}
			each := &phrase{
				Anchor: anchor(step.Sentence, taken), Sentence: step.Sentence, Doc: step.Doc, Argument: argument(step.Argument), Bounded: step.Bounded(),
			}
			known[step] = each
			shown.Phrases = append(shown.Phrases, each)
		}
		v.Groups = append(v.Groups, shown)
	}
	b.examples(vocabulary, known)
	return v
}

func argument(a steps.Argument) string {
	switch a {
	case steps.Text:
		return "A text stands below it."
	case steps.MayHaveText:
		return "A text may stand below it."
	case steps.Table:
		return "A table stands below it."
	}
	return ""
}

// examples counts where each sentence is used. Many lines are the same, so each is looked up once.
func (b *book) examples(vocabulary *steps.Vocabulary, known map[*steps.Step]*phrase) {
	type lineKey struct {
		text        string
		doc, tabled bool
	}
	seen := map[lineKey][]steps.Match{}
	for _, s := range b.all() {
		used := map[*steps.Step]bool{}
		for _, step := range s.Steps {
			key := lineKey{strings.TrimSuffix(step.Text, ":"), step.Doc != nil, len(step.Table) > 0}
			found, ok := seen[key]
			if !ok {
				found = vocabulary.Match(step.Text, key.doc, key.tabled)
				seen[key] = found
			}
			for _, match := range found {
				if each := known[match.Step]; each != nil && !used[match.Step] {
					used[match.Step] = true
					each.Uses++
					if len(each.Examples) < shownUses {
						each.Examples = append(each.Examples, s)
					}
				}
			}
		}
	}
}
