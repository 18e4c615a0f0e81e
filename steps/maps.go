package steps

import (
	"github.com/seatrial/seatrial/steps/partial"
	"github.com/seatrial/seatrial/steps/wait"
)

// child returns the map at the path, making the maps that are missing on the way.
func child(object map[string]any, path ...string) map[string]any {
	for _, key := range path {
		next, ok := object[key].(map[string]any)
		if !ok {
			next = map[string]any{}
			object[key] = next
		}
		object = next
	}
	return object
}

// fill sets a field that is not there.
func fill(object map[string]any, key string, value any) {
	if _, ok := object[key]; !ok {
		object[key] = value
	}
}

func textOf(object map[string]any, key string) string {
	text, _ := object[key].(string)
	return text
}

func nameOf(object map[string]any) string { return textOf(child(object, "metadata"), "name") }

// note keeps a field as a variable. A field without a value cannot be noted.
func (w *World) note(object any, a Args) error {
	value, err := partial.Field(object, a.get("field"))
	if err != nil {
		return broken("%w", err)
	}
	if partial.Text(value) == "" {
		return wait.Notf("%s has no value", a.get("field"))
	}
	w.vars[a.get("variable")] = partial.Text(value)
	return nil
}
