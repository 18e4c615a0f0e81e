package steps

import (
	"net/url"
	"regexp"
	"strings"
)

// Subject is an object that a line speaks of. The name may be "namespace/name"; without one, all objects of the kind are meant.
type Subject struct{ Kind, Name string }

// named is a kind that stands in a sentence itself, before the name.
var namedKind = regexp.MustCompile(`\b([A-Z][A-Za-z]+) \{(name|service|namespace)\}`)

// About lists the objects that a line speaks of, its variables filled in where they are known.
func (w *World) About(m Match) []Subject {
	value := func(name string) string {
		text := m.values[name]
		if expanded, err := expand(text, w.vars); err == nil {
			return expanded
		}
		return text
	}
	var about []Subject
	if kind := m.Kind(); kind != "" {
		about = append(about, Subject{kind, value("name")})
	}
	for _, match := range namedKind.FindAllStringSubmatch(m.Step.Sentence, -1) {
		if m.values[match[2]] != "" {
			about = append(about, Subject{match[1], value(match[2])})
		}
	}
	for _, parameter := range []string{"url", "address", "domain"} {
		if host := host(value(parameter)); host != "" {
			about = append(about, Subject{"Service", host})
		}
	}
	return about
}

// host is the first part of the name of the host of an address, which for a Service is its name.
func host(address string) string {
	if parsed, err := url.Parse(address); err == nil && parsed.Host != "" {
		address = parsed.Hostname()
	}
	address, _, _ = strings.Cut(address, ":")
	if address == "" || strings.Trim(address, "0123456789.") == "" {
		return ""
	}
	first, _, _ := strings.Cut(address, ".")
	return first
}
