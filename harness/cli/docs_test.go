package cli

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/verdict"
)

func TestDocsWritesTheSpecificationAndSaysWhere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "site")
	var out, stderr bytes.Buffer
	if code := Main([]string{"docs", "--output", dir}, &out, &stderr); code != verdict.ExitSuccess {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	index := filepath.Join(dir, "index.html")
	if out.String() != index+"\n" {
		t.Errorf("said %q", out.String())
	}
	for _, name := range []string{index, filepath.Join(dir, "workloads", "deployment.html")} {
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
	}
}

func TestDocsOfARunLieInItsFolder(t *testing.T) {
	dir := t.TempDir()
	w, err := journal.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Append(journal.Record{Run: &journal.Run{ID: "r1"}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var out, stderr bytes.Buffer
	if code := Main([]string{"docs", "--report", dir}, &out, &stderr); code != verdict.ExitSuccess {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	if text, err := os.ReadFile(filepath.Join(dir, "index.html")); err != nil || !strings.Contains(string(text), "Run r1") {
		t.Errorf("the index does not tell of the run: %v", err)
	}
}

func TestDocsRefusesWhatItCannotMean(t *testing.T) {
	for want, args := range map[string][]string{
		"it is not the folder of a run": {"docs", "--report", t.TempDir()},
		"exclude each other":            {"docs", "--report", "a", "--output", "b"},
	} {
		var out, stderr bytes.Buffer
		if code := Main(args, &out, &stderr); code != verdict.ExitUsage || !strings.Contains(stderr.String(), want) {
			t.Errorf("%v: exit code %d: %s", args, code, stderr.String())
		}
	}
}

func TestDocsServesUntilItIsStoppedAndLeavesNothing(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	t.Setenv("TMP", temporary)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	reader, writer := io.Pipe()
	e := &env{out: writer, err: io.Discard}
	done := make(chan error, 1)
	go func() { done <- e.writeDocs(ctx, docsFlags{serve: true, address: "127.0.0.1:0"}) }()
	said := make([]byte, 100)
	n, err := reader.Read(said)
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimSpace(string(said[:n]))
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"phrases.html", nil)
	if err != nil {
		t.Fatalf("said %q: %v", address, err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		t.Errorf("status %s", answer.Status)
	}
	_ = answer.Body.Close()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
