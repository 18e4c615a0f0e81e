package partial

import (
	"fmt"
	"strconv"
	"strings"
)

// Field returns the value at a path such as "status.podIPs[0].ip", `spec.containers[name=main].image` or `metadata.labels['a.b/c']`.
// What is not there is nil without an error; a malformed path is an error.
func Field(object any, path string) (any, error) {
	rest := path
	for rest != "" {
		var err error
		if object, rest, err = step(object, rest); err != nil {
			return nil, fmt.Errorf("read field %q: %w", path, err)
		}
	}
	return object, nil
}

// step follows the first part of the path.
func step(object any, path string) (value any, rest string, err error) {
	if inner, ok := strings.CutPrefix(path, "["); ok {
		index, rest, closed := strings.Cut(inner, "]")
		if !closed {
			return nil, "", fmt.Errorf("missing ]")
		}
		value, err := element(object, index)
		return value, strings.TrimPrefix(rest, "."), err
	}
	end := strings.IndexAny(path, ".[")
	if end < 0 {
		end = len(path)
	}
	fields, _ := object.(map[string]any)
	return fields[path[:end]], strings.TrimPrefix(path[end:], "."), nil
}

func element(object any, index string) (any, error) {
	if key, ok := strings.CutPrefix(index, "'"); ok {
		fields, _ := object.(map[string]any)
		return fields[strings.TrimSuffix(key, "'")], nil
	}
	list, _ := object.([]any)
	if key, want, ok := strings.Cut(index, "="); ok {
		for _, candidate := range list {
			if fields, isMap := candidate.(map[string]any); isMap && Text(fields[key]) == want {
				return candidate, nil
			}
		}
		return nil, nil
	}
	i, err := strconv.Atoi(index)
	if err != nil {
		return nil, fmt.Errorf("bad index %q", index)
	}
	if i < 0 || i >= len(list) {
		return nil, nil
	}
	return list[i], nil
}

// Text writes a value as a sentence would quote it: strings plainly, nothing as "", anything else as JSON.
func Text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	return show(v)
}
