package wait

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/seatrial/seatrial/steps/partial"
)

// Change is one change of an object that a wait followed.
type Change struct {
	// After is since the start of the wait.
	After time.Duration
	// Object is its kind and name; What tells whether it was there, appeared, changed or went.
	Object, What string
	// Fields are the differences, one a line, such as "status.phase: Pending -> Running".
	Fields []string
}

// How much is kept of the changes: the first half and the last half of them, and the first fields of each.
const (
	keptChanges = 60
	keptFields  = 30
)

// changes remembers what happened to the objects of one wait. The differences are worked out only when the wait fails.
type changes struct {
	start time.Time
	list  []change
}

type change struct {
	after   time.Duration
	what    string
	was, is *unstructured.Unstructured
}

type changesKey struct{}

// withChanges lets the observers of objects remember what they see.
func withChanges(ctx context.Context, c *changes) context.Context {
	return context.WithValue(ctx, changesKey{}, c)
}

// changed remembers a change. Without a wait around it, it does nothing.
func changed(ctx context.Context, what string, was, is *unstructured.Unstructured) {
	c, ok := ctx.Value(changesKey{}).(*changes)
	if !ok || ctx.Err() != nil {
		return
	}
	c.list = append(c.list, change{time.Since(c.start), what, was, is})
	if len(c.list) > keptChanges {
		c.list = append(c.list[:keptChanges/2], c.list[keptChanges/2+1:]...)
	}
}

// tell works the differences out.
func (c *changes) tell() []Change {
	told := make([]Change, 0, len(c.list))
	for _, one := range c.list {
		subject := one.is
		if subject == nil {
			subject = one.was
		}
		fields := differences(one.was, one.is)
		if one.is == nil {
			fields = nil
		}
		if len(fields) > keptFields {
			fields = append(fields[:keptFields], fmt.Sprintf("and %d more", len(fields)-keptFields))
		}
		told = append(told, Change{After: one.after, Object: subject.GetKind() + " " + subject.GetName(), What: one.what, Fields: fields})
	}
	return told
}

// differences lists the fields that differ. Of an object that was not there before, only its status is told.
func differences(was, is *unstructured.Unstructured) []string {
	before, after := map[string]string{}, map[string]string{}
	if was != nil {
		flatten("", was.Object, before)
	}
	if is != nil {
		flatten("", is.Object, after)
	}
	paths := slices.Sorted(maps.Keys(after))
	for _, path := range slices.Sorted(maps.Keys(before)) {
		if _, still := after[path]; !still {
			paths = append(paths, path)
		}
	}
	var lines []string
	for _, path := range paths {
		old, now := before[path], after[path]
		switch {
		case old == now || path == "metadata.resourceVersion":
		case was == nil && !strings.HasPrefix(path, "status."):
		case secret(path, is):
			lines = append(lines, path+": (changed)")
		case was == nil:
			lines = append(lines, path+": "+now)
		default:
			lines = append(lines, fmt.Sprintf("%s: %s -> %s", path, orNothing(old), orNothing(now)))
		}
	}
	return lines
}

// secret reports whether the value at the path is not to be told.
func secret(path string, of *unstructured.Unstructured) bool {
	return of != nil && of.GetKind() == "Secret" && (strings.HasPrefix(path, "data.") || strings.HasPrefix(path, "stringData.")) ||
		strings.Contains(path, ".env[") || strings.HasSuffix(path, "last-applied-configuration")
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}

// flatten writes every plain value of an object under its path.
func flatten(path string, value any, into map[string]string) {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			if path == "metadata" && key == "managedFields" {
				continue
			}
			flatten(strings.TrimPrefix(path+"."+key, "."), inner, into)
		}
	case []any:
		for i, inner := range value {
			flatten(fmt.Sprintf("%s[%s]", path, element(inner, i)), inner, into)
		}
	default:
		into[path] = partial.Text(value)
	}
}

// element names an element of a list by its name or type, so that it stays the same when others come and go.
func element(value any, index int) string {
	fields, _ := value.(map[string]any)
	for _, key := range []string{"name", "type"} {
		if text, ok := fields[key].(string); ok {
			return text
		}
	}
	return fmt.Sprint(index)
}
