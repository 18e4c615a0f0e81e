package spec

import "strings"

const linkPrefix = "Documentation:"

// splitLead parts the text under a Feature's name into its prose and its documentation link.
func splitLead(description string) (lead, link string) {
	var prose []string
	for line := range strings.Lines(dedent(description)) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), linkPrefix); ok {
			link = strings.TrimSpace(rest)
			continue
		}
		prose = append(prose, strings.TrimRight(line, "\n"))
	}
	return strings.TrimSpace(strings.Join(prose, "\n")), link
}

// dedent removes the indentation of every line and the blank lines around the text.
func dedent(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.TrimSpace(line))
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// slug makes a part of an id from a table cell: lower case, with one dash for everything that is no letter or digit.
func slug(cell string) string {
	words := strings.FieldsFunc(strings.ToLower(cell), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(words, "-")
}

// cutTag parts "@name:value".
func cutTag(tag string) (name, value string, ok bool) {
	return strings.Cut(strings.TrimPrefix(tag, "@"), ":")
}
