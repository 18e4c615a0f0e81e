package lint

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/seatrial/seatrial/steps"
)

var (
	literals = regexp.MustCompile(`"[^"]*"|\[[^\]]*\]`)
	numbers  = regexp.MustCompile(`(\S+ )?(\d+)( [A-Za-z]+)?(?: |,|:|$)`)
	units    = regexp.MustCompile(`^ (?:seconds?|minutes?|replicas|[A-Z][A-Za-z]+)$`)
	namers   = regexp.MustCompile(`^(?:code|port|with) $`)
)

// bareNumber finds a number in a line, outside of quotes and field paths, that neither a unit follows nor a word such as "port" precedes.
func bareNumber(line string) string {
	for _, found := range numbers.FindAllStringSubmatch(literals.ReplaceAllString(line, `""`), -1) {
		if !units.MatchString(found[3]) && !namers.MatchString(found[1]) {
			return found[2]
		}
	}
	return ""
}

// tooAlike is how many letters two sentences must differ in, parameters and small words apart.
const tooAlike = 3

// alike lists the sentences that writers would take for each other.
func alike(vocabulary *steps.Vocabulary) []string {
	var problems []string
	for i, a := range vocabulary.Steps {
		for _, b := range vocabulary.Steps[:i] {
			if a.Argument == b.Argument && distance(bones(a.Sentence), bones(b.Sentence)) < tooAlike {
				problems = append(problems, fmt.Sprintf("vocabulary: %q and %q are nearly the same", b.Sentence, a.Sentence))
			}
		}
	}
	return problems
}

var (
	optional  = regexp.MustCompile(`\[[^\]]*\]|\{\w+\?\}`)
	parameter = regexp.MustCompile(`\{(\w+)\}`)
	small     = regexp.MustCompile(`\b(?:a|an|the|of|in|to|with|is|are|has|I)\b`)
)

// bones is what a sentence consists of: its words without the small ones, and its parameters.
func bones(sentence string) string {
	text := small.ReplaceAllString(optional.ReplaceAllString(sentence, " "), " ")
	return strings.Join(strings.Fields(parameter.ReplaceAllString(text, "{$1}")), " ")
}

// distance counts the letters to insert, remove or replace to make one text of the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
