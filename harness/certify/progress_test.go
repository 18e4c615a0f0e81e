package certify

import (
	"bytes"
	"testing"
	"time"
)

func TestProgressWritesPlainLines(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	p := newProgress(&out, func() time.Time { return now })
	p.begin([]string{"a", "b [Serial]"}, 3, 2)
	p.ended(Test{Name: "a", State: Failed, Seconds: 12.34, Why: "it does not"})
	p.draw("b [Serial]")
	p.ended(Test{Name: "b [Serial]", State: Interrupted})
	want := "   2/3  FAILED      12.3s  a\n           why: it does not\n"
	if out.String() != want {
		t.Errorf("it wrote %q, want %q", out.String(), want)
	}
}

func TestProgressOnATerminalHasALastLine(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, func() time.Time { return time.Unix(0, 0) })
	p.live, p.width = true, 60
	p.begin([]string{"a", "b [Serial]"}, 2, 1)
	p.draw("a")
	if want := "\r\x1b[K0/2 done, 0 failed, about 1m0s left, running: a"; out.String() != want {
		t.Errorf("it wrote %q, want %q", out.String(), want)
	}
	out.Reset()
	p.draw("a name that is too long for the terminal and its one line")
	if got := out.Len() - len("\r\x1b[K"); got != 59 {
		t.Errorf("the line has %d columns", got)
	}
}

// The guess begins with what is usual and follows what the run shows.
func TestProgressGuessesWhatIsLeft(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	p := newProgress(&out, func() time.Time { return now })
	names := make([]string, 0, 446)
	for range 417 {
		names = append(names, "side")
	}
	for range 29 {
		names = append(names, "[Serial]")
	}
	p.begin(names, len(names), 8)
	usual := p.left()
	if usual < 30*time.Minute || usual > 45*time.Minute {
		t.Errorf("at the beginning, %s are left", usual)
	}
	for range 200 {
		p.ended(Test{Name: "side", State: Passed})
	}
	now = now.Add(p.spent * 3) // three times slower than usual
	slow := p.left()
	if want := 3 * (usual - p.spent); slow < want-time.Second || slow > want+time.Second {
		t.Errorf("%s are left, want %s", slow, want)
	}
	for range 217 {
		p.ended(Test{Name: "side", State: Passed})
	}
	for range 29 {
		p.ended(Test{Name: "[Serial]", State: Passed})
	}
	if p.left() != 0 {
		t.Errorf("at the end, %s are left", p.left())
	}
}
