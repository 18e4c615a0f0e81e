// Package partial compares a wanted part of an object with the whole object and says in readable lines where they differ.
//
// A wanted map holds when each of its keys holds. A wanted list of maps holds when each element holds for an element of its own; a key
// such as name or type picks it. Any other list is compared whole. These words stand for values:
//
//	<any>          set, to whatever value      <none>            absent, null or empty
//	<not X>        set, but not X              </expression/>    a regular expression fits the whole value
//	<at least 3>   a number, 3 or more         <at most 3>       a number, 3 or less
package partial

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Differences lists where got falls short of want, one line each, such as "status.phase: want Running, got Pending". None means a match.
func Differences(want, got any) []string {
	return diff("", want, got)
}

// keys are the fields that tell the elements of a list of maps apart, the more specific ones first.
var keys = []string{"name", "type", "key", "ip", "uid", "port", "path", "manager"}

func diff(path string, want, got any) []string {
	switch want := want.(type) {
	case map[string]any:
		return diffMap(path, want, got)
	case []any:
		return diffList(path, want, got)
	case string:
		if holds, special := placeholder(want, got); special {
			return unless(holds, path, want, got)
		}
	}
	return unless(equal(want, got), path, want, got)
}

func diffMap(path string, want map[string]any, got any) []string {
	actual, ok := got.(map[string]any)
	if !ok && !isEmpty(got) {
		return unless(false, path, want, got)
	}
	var lines []string
	for _, key := range sorted(want) {
		lines = append(lines, diff(join(path, key), want[key], actual[key])...)
	}
	return lines
}

func diffList(path string, want []any, got any) []string {
	actual, ok := got.([]any)
	if !ok && !isEmpty(got) {
		return unless(false, path, want, got)
	}
	if !allMaps(want) || len(want) == 0 {
		return diffWhole(path, want, actual)
	}
	taken := map[int]bool{}
	var lines []string
	for i, element := range want {
		wanted := element.(map[string]any)
		best, bestLines := -1, []string(nil)
		for j, candidate := range actual {
			if taken[j] || !sameKey(wanted, candidate) {
				continue
			}
			found := diff(join(path, label(wanted, i)), wanted, candidate)
			if best < 0 || len(found) < len(bestLines) {
				best, bestLines = j, found
			}
		}
		if best < 0 {
			lines = append(lines, fmt.Sprintf("%s: want %s, got none among %d", join(path, label(wanted, i)), show(wanted), len(actual)))
			continue
		}
		taken[best] = true
		lines = append(lines, bestLines...)
	}
	return lines
}

// diffWhole compares a list of plain values, where every element counts.
func diffWhole(path string, want, got []any) []string {
	if len(want) != len(got) {
		return unless(false, path, want, got)
	}
	for i := range want {
		if len(diff("", want[i], got[i])) > 0 {
			return unless(false, path, want, got)
		}
	}
	return nil
}

func placeholder(want string, got any) (holds, special bool) {
	inner, ok := strings.CutPrefix(want, "<")
	inner, closed := strings.CutSuffix(inner, ">")
	if !ok || !closed {
		return false, false
	}
	switch {
	case inner == "any":
		return got != nil, true
	case inner == "none":
		return isEmpty(got), true
	case strings.HasPrefix(inner, "not "):
		return got != nil && Text(got) != strings.TrimPrefix(inner, "not "), true
	case len(inner) > 1 && inner[0] == '/' && inner[len(inner)-1] == '/':
		re, err := regexp.Compile("^(?:" + inner[1:len(inner)-1] + ")$")
		return err == nil && got != nil && re.MatchString(Text(got)), true
	}
	return bounded(inner, got)
}

func bounded(inner string, got any) (holds, special bool) {
	for prefix, compare := range map[string]func(a, b float64) bool{
		"at least ": func(a, b float64) bool { return a >= b },
		"at most ":  func(a, b float64) bool { return a <= b },
	} {
		if limit, ok := strings.CutPrefix(inner, prefix); ok {
			bound, err := strconv.ParseFloat(limit, 64)
			value, isNumber := number(got)
			return err == nil && isNumber && compare(value, bound), true
		}
	}
	return false, false
}

func unless(holds bool, path string, want, got any) []string {
	if holds {
		return nil
	}
	if path == "" {
		return []string{fmt.Sprintf("want %s, got %s", show(want), show(got))}
	}
	return []string{fmt.Sprintf("%s: want %s, got %s", path, show(want), show(got))}
}

func equal(want, got any) bool {
	a, aOK := number(want)
	b, bOK := number(got)
	if aOK && bOK {
		return a == b
	}
	return reflect.DeepEqual(want, got)
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return false
}

func allMaps(list []any) bool {
	return !slices.ContainsFunc(list, func(v any) bool { _, ok := v.(map[string]any); return !ok })
}

// sameKey reports whether the candidate may be the wanted element: they agree in the first key the wanted one has with a plain value.
func sameKey(wanted map[string]any, candidate any) bool {
	actual, ok := candidate.(map[string]any)
	if !ok {
		return false
	}
	for _, key := range keys {
		value, has := wanted[key]
		if text, isText := value.(string); isText && strings.HasPrefix(text, "<") {
			continue
		}
		if has {
			return equal(value, actual[key])
		}
	}
	return true
}

func label(wanted map[string]any, index int) string {
	for _, key := range keys {
		if value, ok := wanted[key]; ok {
			return fmt.Sprintf("[%v]", value)
		}
	}
	return fmt.Sprintf("[%d]", index)
}

func join(path, key string) string {
	if path == "" || strings.HasPrefix(key, "[") {
		return path + key
	}
	return path + "." + key
}

func sorted(m map[string]any) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
