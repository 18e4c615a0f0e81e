package report

import "github.com/seatrial/seatrial/harness/verdict"

// colour is a code of ECMA-48's "select graphic rendition". A colour never says what the word beside it does not.
type colour string

const (
	plain   colour = ""
	bold    colour = "1"
	dim     colour = "2"
	red     colour = "31"
	green   colour = "32"
	yellow  colour = "33"
	magenta colour = "35"
	cyan    colour = "36"
)

// painter colours words, or leaves them as they are.
type painter struct{ on bool }

func (p painter) word(text string, c colour) string {
	if !p.on || c == plain {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

func verdictColour(v verdict.Verdict) colour {
	switch v {
	case verdict.Passed:
		return green
	case verdict.Failed:
		return red
	case verdict.Flaky, verdict.Blocked:
		return yellow
	case verdict.Error:
		return magenta
	case verdict.Unsupported:
		return cyan
	}
	return dim
}

func standingColour(s standing) colour {
	switch s {
	case fine:
		return green
	case wrong, surprise:
		return red
	case broken:
		return magenta
	}
	return yellow
}

func outcomeColour(o verdict.Outcome) colour {
	switch o {
	case verdict.Success:
		return green
	case verdict.Partial:
		return yellow
	}
	return red
}
