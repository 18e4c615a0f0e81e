package site

import (
	"os"
	"path"
	"slices"
	"strings"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// book is the whole site before it is set: the pages in their order, with results when there was a run.
type book struct {
	journal *journal.Journal
	// root is the directory of the run, for its evidence; nil without a run.
	root     *os.Root
	selected map[string]bool
	pages    []*page
	site     site
}

// leaf is one file of the site.
type leaf struct {
	path, template string
	view           any
}

// page is a feature as it is shown.
type page struct {
	frame
	spec.Feature
	Href   string
	Area   area
	Needs  []string
	Rules  []rule
	Counts []count
	// Left is how many behaviours of the feature did not take part in the run.
	Left     int
	Seconds  float64
	Previous *link
	Next     *link
	Results  bool
}

type link struct{ Href, Name string }

type rule struct {
	Anchor, Name, Lead string
	Behaviours         []*behaviour
}

// count is how many behaviours have a verdict.
type count struct {
	Verdict verdict.Verdict
	N       int
}

func newBook(j *journal.Journal, root *os.Root) *book {
	b := &book{journal: j, root: root, selected: map[string]bool{}}
	for _, id := range j.Order {
		b.selected[id] = true
	}
	b.site = site{Run: j.Run.ID, Requests: len(j.Calls) > 0}
	for _, feature := range j.Pages {
		if p := b.page(feature); len(p.Rules) > 0 {
			b.pages = append(b.pages, p)
		}
	}
	for i, p := range b.pages {
		if i > 0 {
			p.Previous = &link{b.pages[i-1].Href, b.pages[i-1].Name}
		}
		if i < len(b.pages)-1 {
			p.Next = &link{b.pages[i+1].Href, b.pages[i+1].Name}
		}
	}
	return b
}

// results tells whether the site is that of a run.
func (b *book) results() bool { return b.root != nil }

// leaves lists the files of the site.
func (b *book) leaves() []leaf {
	leaves := []leaf{
		{IndexName, "index.html", b.index()},
		{PhrasesName, "phrases.html", b.phrases()},
	}
	if b.site.Requests {
		leaves = append(leaves, leaf{RequestsName, "requests.html", b.requests()})
	}
	for _, chapter := range b.chapters() {
		leaves = append(leaves, leaf{chapter.Href, "area.html", chapter})
	}
	for _, p := range b.pages {
		leaves = append(leaves, leaf{p.Href, "feature.html", p})
	}
	return leaves
}

// page makes the page of a feature, with those of its behaviours that take part.
func (b *book) page(feature spec.Feature) *page {
	p := &page{
		frame:   newFrame(feature.Name, href(feature), b.site),
		Feature: feature, Href: href(feature), Area: areaOf(feature.Area), Results: b.results(),
	}
	for _, tag := range feature.Tags {
		if need, ok := strings.CutPrefix(tag, "@needs:"); ok {
			p.Needs = append(p.Needs, need)
		}
	}
	tally, anchors, quota := verdict.Counts{}, map[string]bool{}, newQuota()
	for _, written := range feature.Rules {
		shown := rule{Name: written.Name, Lead: written.Lead, Anchor: anchor("rule-"+written.Name, anchors)}
		for i, s := range written.Scenarios {
			if b.results() && !b.selected[s.ID] {
				p.Left++
				continue
			}
			each := b.behaviour(s, feature, quota)
			each.Again = i > 0 && len(shown.Behaviours) > 0 && outline(s.ID) != "" && outline(s.ID) == outline(written.Scenarios[i-1].ID)
			tally[each.Result.Verdict]++
			p.Seconds += each.Result.Seconds
			shown.Behaviours = append(shown.Behaviours, each)
		}
		if len(shown.Behaviours) > 0 {
			p.Rules = append(p.Rules, shown)
		}
	}
	p.Counts = countsOf(tally)
	return p
}

// outline is the id of the outline that the row belongs to; empty for a scenario that is no row.
func outline(id string) string {
	name, _, ok := strings.Cut(id, "[")
	if !ok {
		return ""
	}
	return name
}

func countsOf(tally verdict.Counts) []count {
	var list []count
	for _, v := range verdict.All() {
		if tally[v] > 0 {
			list = append(list, count{v, tally[v]})
		}
	}
	return list
}

// anchor makes the name of a place in a page out of a heading, one that the page has not yet.
func anchor(heading string, taken map[string]bool) string {
	words := strings.FieldsFunc(strings.ToLower(heading), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	name := strings.Join(words, "-")
	for taken[name] {
		name += "-"
	}
	taken[name] = true
	return name
}

// all lists the behaviours of the site in their order.
func (b *book) all() []*behaviour {
	var list []*behaviour
	for _, p := range b.pages {
		for _, r := range p.Rules {
			list = append(list, r.Behaviours...)
		}
	}
	return list
}

// Title is how the link is read when it has no better words.
func (l link) Title() string { return strings.TrimSuffix(path.Base(l.Href), path.Ext(l.Href)) }

// inOrder lists what the map counts, the most frequent first.
func inOrder(counts map[string]int) []string {
	keys := make([]string, 0, len(counts))
	for key := range counts {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	return keys
}
