package report_test

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/report"
)

// told is what the terminal shows of the golden run.
func told(o report.TerminalOptions) string {
	var out bytes.Buffer
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	terminal, j := report.NewTerminal(&out, o), journal.New()
	list := records()
	for _, r := range append(list, endOf(list)) {
		j.Add(r)
		terminal.Show(r, j)
	}
	return out.String()
}

func wide() int { return 100 }

func TestALogTellsEveryResultInPlainText(t *testing.T) {
	text := told(report.TerminalOptions{Dir: "reports/x"})
	for _, want := range []string{
		"12 behaviours against https://c.example:6443, Kubernetes v1.36.3, 4 at a time, shuffled with seed 7\n",
		"    1/12  passed          1.5s  api.x.passed\n",
		"    2/12  FAILED         12.2s  api.x.failed\n      why: The quota is used up.\n",
		"  known          12.2s  api.x.known\n", "  UNEXPECTED      2.0s  api.x.fixed\n      passed, though", "  ERROR ", "  not-run ",
		"again  seatrial run --kubeconfig demo.kubeconfig --tags '@id:api.x.failed'\n", "\nfailure: 2 passed, 4 failed",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the log lacks %q:\n%s", want, text)
		}
	}
	if i := strings.IndexAny(text, "\x1b\r\x00\x07"); i >= 0 {
		t.Errorf("control characters in a log: %q", text[max(i-40, 0):i+10])
	}
	if strings.Contains(text, "Then it is so") || strings.Contains(text, "::error") != strings.Contains(hostile, "::error") {
		t.Error("steps or workflow commands that nobody asked for")
	}
}

func TestATerminalTellsOnlyWhatIsWorthALook(t *testing.T) {
	text := told(report.TerminalOptions{Width: wide})
	for _, want := range []string{"\r\x1b[K", "\x1b[31mFAILED     \x1b[0m", "running \x1b[0m", "to go", "cleaning up"} {
		if want == "running \x1b[0m" {
			want = "running api.x.passed"
		}
		if !strings.Contains(text, want) {
			t.Errorf("the terminal lacks %q:\n%q", want, text)
		}
	}
	for _, unwanted := range []string{"1.5s  api.x.passed", "unsupported      0.0s"} {
		if strings.Contains(text, unwanted) {
			t.Errorf("the terminal shows %q", unwanted)
		}
	}
	if ours := regexp.MustCompile(`\x1b\[(K|[0-9]*m)`).ReplaceAllString(text, ""); strings.ContainsRune(ours, '\x1b') {
		t.Errorf("a sequence of the cluster reaches the terminal: %q", ours)
	}
	last := text[strings.LastIndex(text, "\r\x1b[K"):]
	if !strings.Contains(last, "failure") || !strings.HasSuffix(last, "\n") {
		t.Errorf("the live line is not gone at the end: %q", last)
	}
}

func TestNoColourIsRespectedAndTheLineStaysLive(t *testing.T) {
	text := told(report.TerminalOptions{Width: wide, Getenv: func(name string) string { return map[string]string{"NO_COLOR": "1"}[name] }})
	if regexp.MustCompile(`\x1b\[[0-9]*m`).MatchString(text) || !strings.Contains(text, "\r\x1b[K") {
		t.Errorf("got %q", text)
	}
}

func TestQuietTellsOnlyTheEnd(t *testing.T) {
	for name, o := range map[string]report.TerminalOptions{"log": {Detail: report.Quiet}, "terminal": {Detail: report.Quiet, Width: wide}} {
		text := told(o)
		if strings.Contains(text, "/12") || !strings.Contains(text, "api.x.failed") || !strings.Contains(text, "2 passed, 4 failed") {
			t.Errorf("%s: got %q", name, text)
		}
	}
}

func TestVerboseTellsEveryStep(t *testing.T) {
	text := told(report.TerminalOptions{Detail: report.Verbose})
	for _, want := range []string{"0.50s  api.x.passed: Then it is so:\n", "0.50s  api.x.failed: When I act\n        error: wrong at first\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the log lacks %q:\n%s", want, text)
		}
	}
}

func TestGitHubIsToldWhatFailed(t *testing.T) {
	text := told(report.TerminalOptions{Getenv: func(name string) string { return map[string]string{"GITHUB_ACTIONS": "true"}[name] }})
	if !strings.Contains(text, "\n::error title=api.x.failed::The quota is used up.\n") {
		t.Errorf("no annotation:\n%s", text)
	}
	commands := 0
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "::") {
			commands++
		}
	}
	if commands != 4 {
		t.Errorf("%d workflow commands, want one for each of 4 behaviours", commands)
	}
}

// locked is a writer that two goroutines may use.
type locked struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(p)
}

func (l *locked) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.Reset()
	return l.String()
}

func TestASilentRunShowsThatItIsAlive(t *testing.T) {
	for name, c := range map[string]struct {
		o     report.TerminalOptions
		after time.Duration
		want  string
	}{
		"log, soon":     {report.TerminalOptions{}, 50 * time.Second, ""},
		"log":           {report.TerminalOptions{}, 61 * time.Second, "... 0/12  1m00s  running api.x.passed (1m00s)\n"},
		"terminal":      {report.TerminalOptions{Width: wide}, 1500 * time.Millisecond, "running api.x.passed (1s)"},
		"quiet":         {report.TerminalOptions{Detail: report.Quiet}, time.Hour, ""},
		"quiet, screen": {report.TerminalOptions{Detail: report.Quiet, Width: wide}, time.Hour, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			c.o.Getenv = func(string) string { return "" }
			out, j := &locked{}, journal.New()
			terminal := report.NewTerminal(out, c.o)
			for _, r := range records()[:5] {
				r.Time = time.Now()
				j.Add(r)
				terminal.Show(r, j)
			}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() { defer close(done); terminal.Run(ctx) }()
			out.take()
			<-time.After(c.after)
			if got := out.take(); got != c.want && (c.want == "" || !strings.Contains(got, c.want)) {
				t.Errorf("%s: got %q, want %q", name, got, c.want)
			}
			cancel()
			<-done
		})
	}
}
