package steps

import (
	"strings"
)

// splitWords parts a command line at its spaces; single quotes keep spaces.
func splitWords(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	started, quoted := false, false
	for _, r := range line {
		switch {
		case r == '\'':
			quoted, started = !quoted, true
		case r == ' ' && !quoted:
			if started {
				words = append(words, word.String())
			}
			word.Reset()
			started = false
		default:
			word.WriteRune(r)
			started = true
		}
	}
	if quoted {
		return nil, broken("split %q into words: a quote is not closed", line)
	}
	if started {
		words = append(words, word.String())
	}
	return words, nil
}
