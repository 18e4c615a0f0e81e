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
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return clip(string(text))
}

func clip(text string) string {
	if len(text) <= longest {
		return text
	}
	return text[:longest] + "..."
}
