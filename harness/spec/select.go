package spec

import (
	"fmt"
	"path"
	"strings"
)

// Selector decides which scenarios take part in a run.
type Selector func(Scenario) bool

// Select keeps the scenarios the selector wants, in their order.
func Select(all []Scenario, wanted Selector) []Scenario {
	var chosen []Scenario
	for _, s := range all {
		if wanted(s) {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

// ParseSelector reads a tag expression. It knows godog's form, "@a && ~@b,@c" (the comma is an or that binds tightest), and words with
// parentheses, "@slow and not (@needs:dns or @id:network.*)". A tag may hold * and ?; a word without @ is a pattern of ids. The empty
// expression selects everything.
func ParseSelector(expression string) (Selector, error) {
	e := &expr{words: tokenize(expression)}
	if len(e.words) == 0 {
		return func(Scenario) bool { return true }, nil
	}
	selector, err := e.or()
	if err == nil && len(e.words) > 0 {
		err = fmt.Errorf("unexpected %q", e.words[0])
	}
	if err != nil {
		return nil, fmt.Errorf("parse tag expression %q: %w", expression, err)
	}
	return selector, nil
}

// tokenize makes words: operators are single words in their written form.
func tokenize(expression string) []string {
	spaced := strings.NewReplacer("&&", " and ", "||", " or ", "(", " ( ", ")", " ) ", ",", " , ", "~", " not ", "!", " not ").Replace(expression)
	return strings.Fields(spaced)
}

// expr is a recursive descent over the words, from the loosest operator to the tightest.
type expr struct{ words []string }

func (e *expr) accept(word string) bool {
	if len(e.words) == 0 || e.words[0] != word {
		return false
	}
	e.words = e.words[1:]
	return true
}

func (e *expr) or() (Selector, error) {
	return e.chain("or", e.and, func(a, b bool) bool { return a || b })
}

func (e *expr) and() (Selector, error) {
	return e.chain("and", e.comma, func(a, b bool) bool { return a && b })
}

func (e *expr) comma() (Selector, error) {
	return e.chain(",", e.not, func(a, b bool) bool { return a || b })
}

func (e *expr) chain(operator string, operand func() (Selector, error), join func(a, b bool) bool) (Selector, error) {
	left, err := operand()
	for err == nil && e.accept(operator) {
		var right Selector
		first := left
		right, err = operand()
		left = func(s Scenario) bool { return join(first(s), right(s)) }
	}
	return left, err
}

func (e *expr) not() (Selector, error) {
	if e.accept("not") {
		inner, err := e.not()
		return func(s Scenario) bool { return !inner(s) }, err
	}
	if e.accept("(") {
		inner, err := e.or()
		if err == nil && !e.accept(")") {
			err = fmt.Errorf("missing )")
		}
		return inner, err
	}
	return e.tag()
}

func (e *expr) tag() (Selector, error) {
	if len(e.words) == 0 {
		return nil, fmt.Errorf("a tag is missing at the end")
	}
	word := e.words[0]
	switch word {
	case "and", "or", ",", ")":
		return nil, fmt.Errorf("a tag is missing before %q", word)
	}
	e.words = e.words[1:]
	pattern := strings.NewReplacer("[", `\[`, "]", `\]`).Replace(word)
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, fmt.Errorf("bad pattern %q: %w", word, err)
	}
	return func(s Scenario) bool { return matches(pattern, s) }, nil
}

// matches reports whether the pattern fits a tag, or, without an @, the id. The id of an outline fits all of its rows.
func matches(pattern string, s Scenario) bool {
	pattern = flat(pattern)
	if id, ok := strings.CutPrefix(pattern, "@id:"); ok {
		pattern = id
	}
	if !strings.HasPrefix(pattern, "@") {
		outline, _, _ := strings.Cut(s.ID, "[")
		whole, _ := path.Match(pattern, s.ID)
		rows, _ := path.Match(pattern, outline)
		return whole || rows
	}
	for _, tag := range s.Tags {
		if ok, _ := path.Match(pattern, flat(tag)); ok {
			return true
		}
	}
	return false
}

// flat hides the slashes of a tag such as @needs:api:apps/v1 from path.Match, for which a * ends at a slash.
func flat(text string) string { return strings.ReplaceAll(text, "/", "|") }
