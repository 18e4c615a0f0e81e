package site

import (
	"html/template"
	"regexp"
	"strings"
)

// token finds in a line of YAML, block or flow style, what is set in a colour of its own. What it leaves out stays plain.
var token = regexp.MustCompile(`(?P<c>(?:^|\s)#.*$)` +
	`|(?P<k>(?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_$.~/-][A-Za-z0-9_$./~-]*(?:\{[a-z]+\})?):)(?:\s|$)` +
	`|(?P<s>"(?:[^"\\]|\\.)*"|'[^']*')` +
	`|(?P<m><[^<>]*(?:>|/>)|\$\{[a-z][A-Za-z0-9-]*\})` +
	`|(?P<p>[A-Za-z0-9_$./~:@%+-]+)`)

// number tells of a plain word that it is no text.
var number = regexp.MustCompile(`^(?:true|false|null|-?\d+(?:\.\d+)?[a-zA-Z]{0,2})$`)

// block is the end of a line after which a text follows as it is.
var block = regexp.MustCompile(`[:-]\s+[|>][+-]?\s*$`)

// yaml sets a text that is YAML, or near enough. Each line is an element, so that one that is too long hangs below its beginning.
func yaml(text string) template.HTML {
	var m markup
	verbatim := -1
	for line := range strings.Lines(text) {
		body := strings.TrimRight(line, "\n")
		indent := len(body) - len(strings.TrimLeft(body, " "))
		m.WriteString("<i>")
		switch {
		case verbatim >= 0 && (indent > verbatim || strings.TrimSpace(body) == ""):
			m.tagged(`<span class="s">`, body, "</span>")
		default:
			verbatim = -1
			colour(&m, body)
			if block.MatchString(body) {
				verbatim = indent
			}
		}
		m.WriteString(line[len(body):] + "</i>")
	}
	return m.html()
}

func colour(m *markup, line string) {
	names := token.SubexpNames()
	at := 0
	for _, found := range token.FindAllStringSubmatchIndex(line, -1) {
		for i := 1; i < len(names); i++ {
			from, to := found[2*i], found[2*i+1]
			if from < 0 {
				continue
			}
			m.plain(line[at:from])
			at = to
			switch class := names[i]; {
			case class == "p" && number.MatchString(line[from:to]):
				m.tagged(`<span class="n">`, line[from:to], "</span>")
			case class == "p":
				m.plain(line[from:to])
			default:
				m.tagged(`<span class="`+class+`">`, line[from:to], "</span>")
			}
		}
	}
	m.plain(line[at:])
}
