package site

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/seatrial/seatrial/harness/verdict"
)

// searchIndex is what the search of the index knows. It stands in the page as JSON; the names are short because there are many.
type searchIndex struct {
	Pages []searchPage `json:"pages"`
	Found []searchItem `json:"found"`
}

type searchPage struct {
	Name string `json:"n"`
	Href string `json:"h"`
	Area string `json:"a"`
}

type searchItem struct {
	ID    string `json:"i"`
	Title string `json:"t"`
	Rule  string `json:"r,omitempty"`
	Page  int    `json:"p"`
	// Verdict and Seconds are missing without a run.
	Verdict verdict.Verdict `json:"v,omitempty"`
	Seconds string          `json:"s,omitempty"`
	Tags    []string        `json:"g,omitempty"`
	// Words are those of the steps, the hint and the reason that stand nowhere above.
	Words string `json:"w,omitempty"`
}

func (b *book) searchIndex() searchIndex {
	var found searchIndex
	for i, p := range b.pages {
		found.Pages = append(found.Pages, searchPage{p.Name, p.Href, p.Area.Name})
		for _, r := range p.Rules {
			for _, s := range r.Behaviours {
				item := searchItem{ID: s.ID, Title: s.Title, Rule: r.Name, Page: i, Verdict: s.Result.Verdict, Tags: s.Labels, Words: words(s)}
				if s.Result.Seconds > 0 {
					item.Seconds = seconds(s.Result.Seconds)
				}
				found.Found = append(found.Found, item)
			}
		}
	}
	return found
}

// words lists the words of a behaviour once each, in lower case, so that the index stays small.
func words(s *behaviour) string {
	seen := map[string]bool{}
	for _, word := range split(s.Title + " " + s.Rule + " " + s.ID) {
		seen[word] = true
	}
	var list []string
	take := func(text string) {
		for _, word := range split(text) {
			if len(word) > 1 && !seen[word] {
				seen[word] = true
				list = append(list, word)
			}
		}
	}
	take(s.Hint)
	take(s.Result.Why)
	for _, step := range s.Steps {
		take(step.Text)
		if step.Doc != nil {
			take(*step.Doc)
		}
		for _, row := range step.Table {
			take(strings.Join(row, " "))
		}
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func split(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r < 0x80
	})
}

// bar draws how the verdicts share out. It is SVG, whose measures are attributes: the policy of the page allows no styles in them.
func bar(counts []count) template.HTML {
	const width = 1000.0
	total := 0
	for _, c := range counts {
		total += c.N
	}
	var m markup
	m.WriteString(`<svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">`)
	at := 0.0
	for _, c := range counts {
		share := width * float64(c.N) / float64(total)
		fmt.Fprintf(&m, `<rect class="%s" x="%.1f" width="%.1f" height="10"/>`, template.HTMLEscapeString(string(c.Verdict)), at, max(share-1, 1.5))
		at += share
	}
	m.WriteString("</svg>")
	return m.html()
}
