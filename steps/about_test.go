package steps

import (
	"fmt"
	"testing"
)

func TestALineTellsWhatItIsAbout(t *testing.T) {
	w := &World{vars: map[string]string{"ns": "seatrial-1", "ip": "10.0.0.7"}}
	v := NewVocabulary()
	for line, want := range map[string]string{
		`Deployment "web" exists`:                                        "[{Deployment web}]",
		`status.phase of Namespace "${ns}-x" is "Active"`:                "[{Namespace seatrial-1-x}]",
		`within 5 seconds, Pod "a" gets "x" from "http://web:80/path"`:   "[{Pod a} {Service web}]",
		`within 5 seconds, Pod "a" gets "x" from "http://web.other.svc"`: "[{Pod a} {Service web}]",
		`Pod "a" gets "x" from "http://${ip}:8080"`:                      "[{Pod a}]",
		`Pod "a" can connect to "db:5432"`:                               "[{Pod a} {Service db}]",
		`there are exactly 2 Pod objects with label "app=web"`:           "[{Pod }]",
		`running "true" in Pod "${unknown}" fails`:                       "[{Pod ${unknown}}]",
		`it is accepted`: "[]",
	} {
		matches := v.Match(line, false, false)
		if len(matches) != 1 {
			t.Fatalf("%s: %d matches", line, len(matches))
		}
		if got := fmt.Sprint(w.About(matches[0])); got != want {
			t.Errorf("%s: got %s, want %s", line, got, want)
		}
	}
}
