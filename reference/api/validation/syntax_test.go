package validation

import "testing"

// TestCronSchedule holds the syntax of
// https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax.
func TestCronSchedule(t *testing.T) {
	for schedule, want := range map[string]string{
		"* * * * *":               "",
		"*/15 0-6,12 1 jan-mar ?": "",
		"0 0 * * SUN":             "",
		"@hourly":                 "",
		"@every 1h30m":            "",
		"@never":                  "unrecognized descriptor: @never",
		"@every soon":             `failed to parse duration @every soon: time: invalid duration "soon"`,
		"":                        "expected exactly 5 fields, found 0: []",
		"* * * * * *":             "expected exactly 5 fields, found 6: [* * * * * *]",
		"60 * * * *":              "end of range (60) above maximum (59): 60",
		"* * 0 * *":               "beginning of range (0) below minimum (1): 0",
		"5-1 * * * *":             "beginning of range (5) beyond end of range (1): 5-1",
		"*/0 * * * *":             "step of range should be a positive number: */0",
		"x * * * *":               `failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax`,
	} {
		got := ""
		if err := cronSchedule(schedule); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", schedule, got, want)
		}
	}
}

func TestIndexList(t *testing.T) {
	for list, want := range map[string]string{
		"":        "",
		"0":       "",
		"0-2,4":   "",
		"1,1":     "non-increasing order, previous: 1, current: 1",
		"3-2":     "non-increasing order, previous: 3, current: 2",
		"5":       `too large index: "5"`,
		"a":       `cannot convert string to integer for index: "a"`,
		"0,2-4,3": "non-increasing order, previous: 4, current: 3",
	} {
		got := ""
		if _, err := countIndexes(list, 5); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", list, got, want)
		}
	}
}
