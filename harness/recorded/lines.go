package recorded

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/seatrial/seatrial/harness/journal"
)

// namespaced is the part of a template that tells of a Namespace.
const namespaced = "/namespaces/{namespace}/"

// line writes a call: method, verb and template, and what is special about it. A call without a template, a right that a request needs
// besides, has the template of what the right is about and no method.
func line(c journal.Call) string {
	template := c.Template
	if template == "" {
		template = templateOf(c)
	}
	words := []string{cmp.Or(c.Method, "-"), c.Verb, template}
	for _, part := range []struct{ key, value string }{{"namespace", c.Namespace}, {"name", c.Name}, {"as", c.As}} {
		if part.value != "" {
			words = append(words, part.key+"="+strings.ReplaceAll(part.value, " ", "%20"))
		}
	}
	return strings.Join(words, " ")
}

// templateOf is the address of the collection that a right is about.
func templateOf(c journal.Call) string {
	template := "/apis/" + c.Group + "/" + c.Version
	if c.Group == "" {
		template = "/api/" + c.Version
	}
	if c.Namespaced {
		template += strings.TrimSuffix(namespaced, "/")
	}
	template += "/" + c.Resource
	if c.Subresource != "" {
		template += "/{name}/" + c.Subresource
	}
	return template
}

// parse reads what line writes.
func parse(text string) (journal.Call, error) {
	words := strings.Fields(text)
	const least = 3
	if len(words) < least {
		return journal.Call{}, fmt.Errorf("%q is not a call", text)
	}
	call := journal.Call{Method: words[0], Verb: words[1], Template: words[2], Count: 1}
	for _, word := range words[least:] {
		key, value, _ := strings.Cut(word, "=")
		value = strings.ReplaceAll(value, "%20", " ")
		switch key {
		case "namespace":
			call.Namespace = value
		case "name":
			call.Name = value
		case "as":
			call.As = value
		default:
			return call, fmt.Errorf("%q is not a part of a call", word)
		}
	}
	call = explain(call)
	if call.Method == "-" {
		call.Method, call.Template = "", ""
	}
	return call, nil
}

// explain fills in what the template says.
func explain(c journal.Call) journal.Call {
	parts := strings.Split(strings.Trim(c.Template, "/"), "/")
	switch {
	case parts[0] == "api" && len(parts) > 2:
		c.Version, parts = parts[1], parts[2:]
	case parts[0] == "apis" && len(parts) > 3:
		c.Group, c.Version, parts = parts[1], parts[2], parts[3:]
	default:
		c.Path = c.Template
		return c
	}
	if parts[0] == "watch" {
		parts = parts[1:]
	}
	if c.Namespaced = strings.Contains(c.Template, namespaced); c.Namespaced {
		parts = parts[2:]
	}
	c.Resource = parts[0]
	if len(parts) > 2 {
		c.Subresource = parts[2]
	}
	return c
}

// Read reads what Write has written.
func Read(r io.Reader) (Recording, error) {
	recording := Recording{}
	var id string
	lines := bufio.NewScanner(r)
	for number := 1; lines.Scan(); number++ {
		text := lines.Text()
		switch {
		case text == "" || strings.HasPrefix(text, "#"):
		case strings.HasPrefix(text, "\t"):
			call, err := parse(text)
			if err != nil || id == "" {
				return nil, fmt.Errorf("read recording: line %d: %w", number, err)
			}
			entry := recording[id]
			entry.Calls = append(entry.Calls, call)
			recording[id] = entry
		default:
			var digest string
			id, digest, _ = strings.Cut(text, " ")
			recording[id] = Entry{Digest: digest}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read recording: %w", err)
	}
	return recording, nil
}
