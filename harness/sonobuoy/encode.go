package sonobuoy

import (
	"strings"
	"unicode"

	"sigs.k8s.io/yaml"
)

// encode writes the tree as YAML, without what YAML cannot hold: the last words of a container may be anything.
func encode(item Item) ([]byte, error) { return yaml.Marshal(printable(item)) }

// printable is a copy of the tree with printable texts only.
func printable(item Item) Item {
	item.Name = clean(item.Name)
	meta := make(map[string]string, len(item.Meta))
	for key, value := range item.Meta {
		meta[key] = clean(value)
	}
	item.Meta = meta
	details := make(map[string]any, len(item.Details))
	for key, value := range item.Details {
		switch value := value.(type) {
		case string:
			details[key] = clean(value)
		case []string:
			list := make([]string, len(value))
			for i, each := range value {
				list[i] = clean(each)
			}
			details[key] = list
		default:
			details[key] = value
		}
	}
	item.Details = details
	items := make([]Item, len(item.Items))
	for i, each := range item.Items {
		items[i] = printable(each)
	}
	item.Items = items
	return item
}

// clean drops what is no printable character of YAML 1.2 (https://yaml.org/spec/1.2.2/#51-character-set), and the byte order mark.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), r == 0xFEFF, r == 0xFFFE, r == 0xFFFF:
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}
