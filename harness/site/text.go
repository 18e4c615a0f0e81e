package site

import (
	"fmt"
	"html/template"
	"math"
	"regexp"
	"strings"

	"github.com/seatrial/seatrial/harness/verdict"
)

// markup builds HTML from pieces that are all escaped on their way in.
type markup struct{ strings.Builder }

func (m *markup) plain(text string) { m.WriteString(template.HTMLEscapeString(text)) }

// tagged writes the text inside an element. Open and closing are ours, never from a file or a cluster.
func (m *markup) tagged(open, text, closing string) {
	m.WriteString(open)
	m.plain(text)
	m.WriteString(closing)
}

func (m *markup) html() template.HTML { return template.HTML(m.String()) } //nolint:gosec // escaped piece by piece

// seconds tells a duration as people read it.
func seconds(s float64) string {
	switch {
	case s <= 0:
		return "0 s"
	case s < 0.095:
		return fmt.Sprintf("%.0f ms", math.Max(1, s*1000))
	case s < 59.95:
		return fmt.Sprintf("%.1f s", s)
	}
	whole := int(math.Round(s))
	if whole < 3600 {
		return fmt.Sprintf("%d min %d s", whole/60, whole%60)
	}
	return fmt.Sprintf("%d h %d min", whole/3600, whole/60%60)
}

// sign is the mark of a verdict, for those who do not see its colour.
func sign(v verdict.Verdict) string {
	switch v {
	case verdict.Passed:
		return "✓"
	case verdict.Failed:
		return "✗"
	case verdict.Flaky:
		return "~"
	case verdict.Unsupported:
		return "–"
	case verdict.Blocked:
		return "="
	case verdict.Error:
		return "!"
	}
	return "…"
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// prose parts a text into its paragraphs.
func prose(text string) []string {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	return strings.Split(strings.TrimSpace(text), "\n\n")
}

// spoken finds in a line of a scenario its time bound, what is quoted, and the fields it names.
var spoken = regexp.MustCompile(`^(?:(?:within|for) \d+ (?:seconds?|minutes?)|as before), |"[^"]*"|\b[a-z][A-Za-z0-9]*(?:\.[A-Za-z0-9]+|\[[^\]\s]+\])+`)

// say sets a line of a scenario.
func say(text string) template.HTML {
	var m markup
	for text != "" {
		at := spoken.FindStringIndex(text)
		if at == nil {
			break
		}
		m.plain(text[:at[0]])
		found := text[at[0]:at[1]]
		switch {
		case strings.HasSuffix(found, ", "):
			m.tagged(`<span class="when">`, found, "</span>")
		case found == `""`:
			m.tagged("<code>", found, "</code>")
		default:
			m.tagged("<code>", strings.Trim(found, `"`), "</code>")
		}
		text = text[at[1]:]
	}
	m.plain(text)
	return m.html()
}

// sentence sets a sentence of the vocabulary: {parameter} and [what may be left out].
func sentence(text string) template.HTML {
	var m markup
	for text != "" {
		at := strings.IndexAny(text, "{[]")
		if at < 0 {
			break
		}
		m.plain(text[:at])
		switch text[at] {
		case '[':
			m.WriteString(`<span class="maybe">[`)
		case ']':
			m.WriteString(`]</span>`)
		default:
			if end := strings.IndexByte(text[at:], '}'); end > 0 {
				m.parameter(text[at+1 : at+end])
				at += end
			}
		}
		text = text[at+1:]
	}
	m.plain(text)
	return m.html()
}

// parameter sets a parameter of a sentence. That of the attempt is a word of the sentence, which may be left out.
func (m *markup) parameter(name string) {
	if name == "try?" {
		m.WriteString(`<span class="maybe">[try to]</span> `)
		return
	}
	m.tagged("<var>", strings.TrimSuffix(name, "?"), "</var>")
}
