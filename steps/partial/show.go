package partial

import (
	"encoding/json"
	"fmt"
	"strings"
)

// longest is how much of a value a line shows.
const longest = 300

// show writes a value in one line.
func show(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case string:
		if v == "" || strings.ContainsAny(v, "\n\t") {
			return fmt.Sprintf("%q", v)
		}
		return clip(v)
	}
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	return clip(strings.TrimSpace(text.String()))
}

func clip(text string) string {
	if len(text) <= longest {
		return text
	}
	return text[:longest] + "..."
}
