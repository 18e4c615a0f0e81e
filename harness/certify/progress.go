package certify

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// What tests usually take on upstream's Kubernetes on two cores: half an hour for 417 tests by 8 and 29 one after another. The guess of
// what is left begins with it and follows what the run shows.
const (
	usualSide   = 24 * time.Second
	usualSerial = 31 * time.Second
)

// progress tells a run on a terminal: a line for each test that ends, and on a terminal, a last line with what is left.
type progress struct {
	out   io.Writer
	live  bool
	width int
	now   func() time.Time

	total, done, failed int
	procs               int
	start               time.Time
	// side and serial count the tests that are left; todo is what they usually take, spent what the ended ones usually take.
	side, serial int
	spent        time.Duration
}

// newProgress writes plain lines, and the live line only when the output is a terminal.
func newProgress(out io.Writer, now func() time.Time) *progress {
	p := &progress{out: out, now: now, procs: 1}
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) { //nolint:gosec // a file descriptor
		p.live = true
		p.width, _, _ = term.GetSize(int(file.Fd())) //nolint:gosec // a file descriptor
	}
	return p
}

// begin tells what will run: done tests have a verdict from an earlier part of the run.
func (p *progress) begin(left []string, total, procs int) {
	p.start, p.total, p.done, p.procs = p.now(), total, total-len(left), procs
	for _, name := range left {
		if Serial(name) {
			p.serial++
		} else {
			p.side++
		}
	}
}

// ended tells the end of a test.
func (p *progress) ended(t Test) {
	p.clear()
	if t.State == Interrupted {
		return // it will say nothing; the end tells
	}
	p.done++
	p.count(t.Name)
	word := string(t.State)
	if t.State == Failed {
		p.failed++
		word = strings.ToUpper(word)
	}
	_, _ = fmt.Fprintf(p.out, "%4d/%d  %-8s %7.1fs  %s\n", p.done, p.total, word, t.Seconds, t.Name)
	if t.Why != "" {
		_, _ = fmt.Fprintf(p.out, "           why: %s\n", t.Why)
	}
}

// count moves the test from what is left to what is done.
func (p *progress) count(name string) {
	switch {
	case Serial(name):
		p.serial--
		p.spent += usualSerial
	default:
		p.side--
		p.spent += usualSide / time.Duration(p.procs)
	}
}

// left guesses how long the run goes on. It corrects the usual time by how the run went so far, once that says something.
func (p *progress) left() time.Duration {
	todo := time.Duration(p.side)*usualSide/time.Duration(p.procs) + time.Duration(p.serial)*usualSerial
	const telling = 2 * time.Minute // of usual time
	if p.spent < telling {
		return todo
	}
	return time.Duration(float64(todo) * float64(p.now().Sub(p.start)) / float64(p.spent))
}

// say writes a line of its own.
func (p *progress) say(format string, arguments ...any) {
	p.clear()
	_, _ = fmt.Fprintf(p.out, format+"\n", arguments...)
}

// draw renews the live line.
func (p *progress) draw(running string) {
	if !p.live || p.total == 0 {
		return
	}
	line := fmt.Sprintf("%d/%d done, %d failed, about %s left", p.done, p.total, p.failed, p.left().Round(time.Minute/2))
	if running != "" {
		line += ", running: " + running
	}
	p.clear()
	_, _ = fmt.Fprint(p.out, line[:min(len(line), max(p.width-1, 20))])
}

func (p *progress) clear() {
	if p.live {
		_, _ = fmt.Fprint(p.out, "\r\x1b[K")
	}
}
