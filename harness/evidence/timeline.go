package evidence

import (
	"errors"
	"fmt"
	"strings"

	"github.com/seatrial/seatrial/steps/wait"
)

// timeline writes what was observed while the line waited, and how the objects that it watched changed. Times are since its start.
func (e Evidence) timeline() string {
	var waited *wait.Failure
	if !errors.As(e.Failure, &waited) || len(waited.History)+len(waited.Changes) == 0 {
		return ""
	}
	var text strings.Builder
	text.WriteString("What the line saw, in seconds since it began to wait\n\n")
	for _, seen := range waited.History {
		fmt.Fprintf(&text, "%8.2f  %s\n", seen.After.Seconds(), seen.What)
	}
	if len(waited.Changes) == 0 {
		return text.String()
	}
	text.WriteString("\nHow the objects changed that it watched\n\n")
	for _, change := range waited.Changes {
		fmt.Fprintf(&text, "%8.2f  %s %s\n", change.After.Seconds(), change.Object, change.What)
		for _, line := range change.Fields {
			fmt.Fprintf(&text, "          %s\n", line)
		}
	}
	return text.String()
}
