package cli_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/seatrial/seatrial/harness/cli"
	"github.com/seatrial/seatrial/harness/verdict"
)

// seatrial runs a command line.
func seatrial(args ...string) (code int, out, progress string) {
	var stdout, stderr bytes.Buffer
	code = cli.Main(args, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestListTellsTheSameInEveryForm(t *testing.T) {
	code, ids, count := seatrial("list", "--tags", "@id:api.apply.*", "--output", "ids")
	if code != verdict.ExitSuccess || !strings.HasPrefix(ids, "api.apply.") || !strings.Contains(count, " behaviours: api ") {
		t.Fatalf("code %d, ids %q, count %q", code, ids, count)
	}
	want := strings.Fields(ids)
	_, text, _ := seatrial("list", "--tags", "@id:api.apply.*", "-o", "json")
	var listed struct {
		Kind  string `json:"kind"`
		Items []struct {
			ID            string   `json:"id"`
			Area          string   `json:"area"`
			Documentation string   `json:"documentation"`
			Needs         []string `json:"needs"`
		} `json:"items"`
	}
	if err := json.Unmarshal([]byte(text), &listed); err != nil {
		t.Fatal(err)
	}
	if listed.Kind != "BehaviourList" || len(listed.Items) != len(want) {
		t.Fatalf("got %+v, want %v", listed, want)
	}
	for i, item := range listed.Items {
		if item.ID != want[i] || item.Area != "api" || !strings.HasPrefix(item.Documentation, "https://") || item.Needs == nil {
			t.Errorf("got %+v, want %s", item, want[i])
		}
	}
	_, table, _ := seatrial("list", "--tags", "@id:api.apply.*")
	if lines := strings.Split(strings.TrimSpace(table), "\n"); len(lines) != len(want)+1 || !strings.HasPrefix(lines[0], "AREA") {
		t.Errorf("the table is\n%s", table)
	}
}

func TestListOfNothingIsNoSuccess(t *testing.T) {
	for want, args := range map[int][]string{
		verdict.ExitInvalid: {"list", "--tags", "@id:no.such"},
		verdict.ExitUsage:   {"list", "--output", "xml"},
	} {
		if code, out, said := seatrial(args...); code != want || strings.Count(out, "\n") > 1 || said == "" {
			t.Errorf("%v: code %d, want %d; %q, %q", args, code, want, out, said)
		}
	}
}
