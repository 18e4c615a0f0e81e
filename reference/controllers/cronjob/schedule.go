package cronjob

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"
)

// schedule is a parsed cron expression: for each field the allowed values as bits.
type schedule struct {
	minute, hour, day, month, weekday uint64
	anyDay, anyWeekday                bool
	every                             time.Duration // of "@every"; otherwise zero
	zone                              *time.Location
}

var macros = map[string]string{
	"@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *",
	"@weekly": "0 0 * * 0", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}

var (
	monthNames   = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
	weekdayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
)

// parse reads the five fields, a macro such as "@daily", or "@every 1h30m".
// https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
func parse(spec string, zone *time.Location) (schedule, error) {
	s := schedule{zone: zone}
	if d, ok := strings.CutPrefix(spec, "@every "); ok {
		every, err := time.ParseDuration(d)
		if err != nil || every < time.Second {
			return s, fmt.Errorf("parse schedule %q: bad interval", spec)
		}
		s.every = every.Truncate(time.Second)
		return s, nil
	}
	if full, ok := macros[spec]; ok {
		spec = full
	}
	fields := strings.Fields(spec)
	if len(fields) != 5 {
		return s, fmt.Errorf("parse schedule %q: %d fields, want 5", spec, len(fields))
	}
	var err error
	for i, f := range []struct {
		into      *uint64
		low, high int
		names     []string
	}{
		{&s.minute, 0, 59, nil}, {&s.hour, 0, 23, nil}, {&s.day, 1, 31, nil}, {&s.month, 1, 12, monthNames}, {&s.weekday, 0, 6, weekdayNames},
	} {
		if *f.into, err = parseField(fields[i], f.low, f.high, f.names); err != nil {
			return s, fmt.Errorf("parse schedule %q: %w", spec, err)
		}
	}
	unbound := func(f string) bool { return f == "?" || strings.HasPrefix(f, "*") }
	s.anyDay, s.anyWeekday = unbound(fields[2]), unbound(fields[4])
	return s, nil
}

func parseField(field string, low, high int, names []string) (set uint64, err error) {
	for part := range strings.SplitSeq(field, ",") {
		rng, stepText, stepped := strings.Cut(part, "/")
		step := 1
		if stepped {
			if step, err = strconv.Atoi(stepText); err != nil || step < 1 {
				return 0, fmt.Errorf("bad step in %q", part)
			}
		}
		from, to := low, high
		if rng != "*" && rng != "?" {
			first, last, ranged := strings.Cut(rng, "-")
			if from, err = parseValue(first, low, high, names); err != nil {
				return 0, err
			}
			switch {
			case ranged:
				if to, err = parseValue(last, low, high, names); err != nil {
					return 0, err
				}
			case !stepped:
				to = from
			}
		}
		if from > to {
			return 0, fmt.Errorf("range %q runs backwards", rng)
		}
		for i := from; i <= to; i += step {
			set |= 1 << i
		}
	}
	return set, nil
}

func parseValue(text string, low, high int, names []string) (int, error) {
	if i := slices.Index(names, strings.ToLower(text)); i >= 0 {
		return i + low, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("value %q is not within %d-%d", text, low, high)
	}
	return n, nil
}

// horizon bounds the search for the next time; a schedule such as "0 0 30 2 *" has none.
const horizon = 5

// next is the first time after t that matches; zero when there is none within five years.
func (s schedule) next(t time.Time) time.Time {
	if s.every > 0 {
		return t.Truncate(time.Second).Add(s.every)
	}
	origin := t.Location()
	t = t.In(s.zone).Truncate(time.Minute).Add(time.Minute)
	for last := t.Year() + horizon; t.Year() <= last; {
		switch {
		case !has(s.month, int(t.Month())):
			t = time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, s.zone)
		case !s.matchesDay(t):
			t = time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, s.zone)
		case !has(s.hour, t.Hour()):
			t = t.Truncate(time.Minute).Add(time.Duration(60-t.Minute()) * time.Minute)
		case !has(s.minute, t.Minute()):
			t = t.Add(s.minutesOn(t.Minute()))
		default:
			return t.In(origin)
		}
	}
	return time.Time{}
}

// minutesOn is the way to the next allowed minute of the hour, or to the next hour.
func (s schedule) minutesOn(now int) time.Duration {
	later := s.minute >> (now + 1)
	if later == 0 {
		return time.Duration(60-now) * time.Minute
	}
	return time.Duration(bits.TrailingZeros64(later)+1) * time.Minute
}

// matchesDay: when both day fields are restricted, either may match.
func (s schedule) matchesDay(t time.Time) bool {
	day, weekday := has(s.day, t.Day()), has(s.weekday, int(t.Weekday()))
	if s.anyDay || s.anyWeekday {
		return day && weekday
	}
	return day || weekday
}

func has(set uint64, i int) bool { return set&(1<<i) != 0 }
