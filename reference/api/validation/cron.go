package validation

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the machine may have no time zones of its own

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// cronField is one of the five fields of a schedule.
type cronField struct {
	name     string
	low, top int
	names    string // three letters each, the first stands for low
}

func cronFields() []cronField {
	return []cronField{
		{"minute", 0, 59, ""},
		{"hour", 0, 23, ""},
		{"day of month", 1, 31, ""},
		{"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"},
		{"day of week", 0, 6, "sunmontuewedthufrisat"},
	}
}

// cronSchedule checks the syntax of a cron schedule:
// https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
func cronSchedule(schedule string) error {
	if macro, ok := strings.CutPrefix(schedule, "@"); ok {
		return cronMacro(macro)
	}
	parts := strings.Fields(schedule)
	if len(parts) != 5 {
		return fmt.Errorf("expected exactly 5 fields, found %d: %v", len(parts), parts)
	}
	for i, f := range cronFields() {
		for expression := range strings.SplitSeq(parts[i], ",") {
			if err := f.check(expression); err != nil {
				return err
			}
		}
	}
	return nil
}

func cronMacro(macro string) error {
	switch macro {
	case "yearly", "annually", "monthly", "weekly", "daily", "midnight", "hourly":
		return nil
	}
	if every, ok := strings.CutPrefix(macro, "every "); ok {
		if _, err := time.ParseDuration(every); err != nil {
			return fmt.Errorf("failed to parse duration @%s: %w", macro, err)
		}
		return nil
	}
	return fmt.Errorf("unrecognized descriptor: @%s", macro)
}

// check checks a number, a range or *, each with an optional step.
func (f cronField) check(expression string) error {
	span, step, stepped := strings.Cut(expression, "/")
	if stepped {
		if n, err := strconv.Atoi(step); err != nil || n <= 0 {
			return fmt.Errorf("step of range should be a positive number: %s", expression)
		}
	}
	if span == "*" || span == "?" {
		return nil
	}
	from, to, ranged := strings.Cut(span, "-")
	low, err := f.number(from)
	if err != nil {
		return err
	}
	top := low
	if ranged {
		if top, err = f.number(to); err != nil {
			return err
		}
	}
	switch {
	case low < f.low:
		return fmt.Errorf("beginning of range (%d) below minimum (%d): %s", low, f.low, expression)
	case top > f.top:
		return fmt.Errorf("end of range (%d) above maximum (%d): %s", top, f.top, expression)
	case low > top:
		return fmt.Errorf("beginning of range (%d) beyond end of range (%d): %s", low, top, expression)
	}
	return nil
}

func (f cronField) number(text string) (int, error) {
	if i := strings.Index(f.names, strings.ToLower(text)); len(text) == 3 && i >= 0 && i%3 == 0 {
		return f.low + i/3, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("failed to parse int from %s: %w", text, err)
	}
	if n < 0 {
		return 0, fmt.Errorf("negative number (%d) not allowed: %s", n, text)
	}
	return n, nil
}

// timeZone demands a name of the tz database.
func timeZone(path *field.Path, zone *string) field.ErrorList {
	if zone == nil {
		return nil
	}
	switch {
	case *zone == "":
		return one(field.Invalid(path, *zone, "timeZone must be nil or non-empty string"))
	case strings.EqualFold(*zone, "Local"):
		return one(field.Invalid(path, *zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"))
	}
	if _, err := time.LoadLocation(*zone); err != nil {
		return one(field.Invalid(path, *zone, err.Error()))
	}
	return nil
}
