package evidence

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seatrial/seatrial/steps"
	"github.com/seatrial/seatrial/steps/partial"
)

// field reads a value of an object as text; what is not there is empty.
func field(object map[string]any, path string) string {
	value, err := partial.Field(object, path)
	if err != nil {
		return ""
	}
	return partial.Text(value)
}

// number reads a number of an object; what is not there is 0.
func number(object map[string]any, path string) int {
	n, _ := strconv.ParseFloat(field(object, path), 64)
	return int(n)
}

// list reads a list of maps.
func list(object map[string]any, path string) []map[string]any {
	value, _ := partial.Field(object, path)
	elements, _ := value.([]any)
	var maps []map[string]any
	for _, element := range elements {
		if m, ok := element.(map[string]any); ok {
			maps = append(maps, m)
		}
	}
	return maps
}

// texts reads a map of texts, such as labels.
func texts(object map[string]any, path string) map[string]string {
	value, _ := partial.Field(object, path)
	entries, _ := value.(map[string]any)
	found := map[string]string{}
	for key, value := range entries {
		found[key] = partial.Text(value)
	}
	return found
}

func name(object map[string]any) string { return field(object, "metadata.name") }

func kind(object map[string]any) string { return field(object, "kind") }

// is reports whether the object is of one of the kinds.
func is(object map[string]any, kinds ...string) bool { return slices.Contains(kinds, kind(object)) }

// ofKind lists the objects of a kind.
func (e Evidence) ofKind(wanted string) []map[string]any {
	return slices.DeleteFunc(slices.Clone(e.Objects), func(o map[string]any) bool { return kind(o) != wanted })
}

// find returns the object of the kind and name, or nil.
func (e Evidence) find(wanted, called string) map[string]any {
	for _, object := range e.Objects {
		if kind(object) == wanted && name(object) == called {
			return object
		}
	}
	return nil
}

// eventsOf lists the events about an object that have one of the reasons, the latest first.
func (e Evidence) eventsOf(object map[string]any, reasons ...string) []map[string]any {
	var found []map[string]any
	for _, event := range e.Events {
		if field(event, "involvedObject.kind") == kind(object) && field(event, "involvedObject.name") == name(object) &&
			slices.Contains(reasons, field(event, "reason")) {
			found = append(found, event)
		}
	}
	slices.SortStableFunc(found, func(a, b map[string]any) int { return strings.Compare(eventTime(b), eventTime(a)) })
	return found
}

// ownMade reports whether the scenario made the object: what it does then is no obstacle from outside.
func ownMade(object map[string]any) bool {
	return texts(object, "metadata.labels")[steps.RunLabel] != ""
}

// containers lists the statuses of all containers of a Pod.
func containers(pod map[string]any) []map[string]any {
	return append(list(pod, "status.initContainerStatuses"), list(pod, "status.containerStatuses")...)
}

// sentence makes one short line of a message.
func sentence(message string) string {
	line := strings.TrimRight(strings.Join(strings.Fields(message), " "), ". ")
	const longest = 400
	if len(line) > longest {
		line = strings.ToValidUTF8(line[:longest], "") + "..."
	}
	return line
}

// called names an object in a sentence.
func called(object map[string]any) string { return fmt.Sprintf("%s %q", kind(object), name(object)) }
