package site

import (
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

// phrase is one sentence with the behaviours of the site that use it.
type phrase struct {
	steps.Phrase
	Anchor   string
	Keyword  string
	Uses     int
	Examples []*behaviour
}

// phrases makes the phrase book out of the vocabulary and the pages of the site.
func (b *book) phrases() *phrases {
	known, taken := map[string]*phrase{}, map[string]bool{"contents": true, "bounds": true}
	v := &phrases{frame: newFrame("Phrase book", PhrasesName, b.site)}
	v.Groups = []phraseGroup{
		{Anchor: "given", Name: "Given: what is there", Lead: "They make what the behaviour needs, and wait until it has settled. A Given may use the sentences below as well."},
		{Anchor: "when", Name: "When: what is done", Lead: "A scenario is about one of them. One with “try to” may be refused, any other must be accepted."},
		{Anchor: "then", Name: "Then: what can be seen", Lead: "They say what has come of it."},
	}
	for _, group := range v.Groups {
		taken[group.Anchor] = true
	}
	places := map[steps.Phase]int{steps.Setup: 0, steps.Action: 1, steps.Outcome: 2}
	for _, each := range steps.PhraseBook() {
		shown := &phrase{Phrase: each, Anchor: anchor(each.Sentence, taken), Keyword: []string{"Given", "When", "Then"}[places[each.Phase]]}
		known[each.Sentence] = shown
		group := &v.Groups[places[each.Phase]]
		group.Phrases = append(group.Phrases, shown)
	}
	b.examples(known)
	return v
}

// Below tells what may stand below the sentence.
func (p *phrase) Below() string {
	switch p.Argument {
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
func (b *book) examples(known map[string]*phrase) {
	type lineKey struct {
		text        string
		doc, tabled bool
	}
	vocabulary, seen := steps.NewVocabulary(), map[lineKey][]steps.Match{}
	for _, s := range b.all() {
		used := map[string]bool{}
		for _, step := range s.Steps {
			key := lineKey{step.Text, step.Doc != nil, len(step.Table) > 0}
			found, ok := seen[key]
			if !ok {
				found = vocabulary.Match(key.text, key.doc, key.tabled)
				seen[key] = found
			}
			for _, match := range found {
				sentence := match.Step.Sentence
				if each := known[sentence]; each != nil && !used[sentence] {
					used[sentence] = true
					each.Uses++
					if len(each.Examples) < shownUses {
						each.Examples = append(each.Examples, s)
					}
				}
			}
		}
	}
}
