package env

import "strings"

// Expand replaces $(NAME) by the value that lookup has for it. A name that lookup does not know
// stays as written, and $$ is a dollar sign: $$(NAME) is the text $(NAME).
//
// https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
func Expand(text string, lookup func(name string) (string, bool)) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "$")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		switch {
		case strings.HasPrefix(rest, "$"):
			out.WriteByte('$')
			text = rest[1:]
		case strings.HasPrefix(rest, "("):
			text = expandReference(&out, rest, lookup)
		default:
			out.WriteByte('$')
			text = rest
		}
	}
}

// expandReference writes the value of a reference whose "$" is already read, and returns what follows it.
func expandReference(out *strings.Builder, rest string, lookup func(string) (string, bool)) string {
	name, after, closed := strings.Cut(rest[1:], ")")
	if !closed {
		out.WriteByte('$')
		return rest
	}
	if value, ok := lookup(name); ok {
		out.WriteString(value)
	} else {
		out.WriteString("$(" + name + ")")
	}
	return after
}

// ExpandAll expands each text.
func ExpandAll(texts []string, lookup func(name string) (string, bool)) []string {
	var out []string
	for _, text := range texts {
		out = append(out, Expand(text, lookup))
	}
	return out
}
