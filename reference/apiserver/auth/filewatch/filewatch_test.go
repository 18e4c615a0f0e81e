package filewatch_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/seatrial/seatrial/reference/apiserver/auth/filewatch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestChangesAreSeenOnceEach(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config")
	put(t, path, "second")
	ctx, cancel := context.WithCancel(t.Context())
	seen := make(chan string)
	ended := make(chan error, 1)
	go func() {
		ended <- filewatch.Run(ctx, path, []byte("first"), func(data []byte) { seen <- string(data) })
	}()
	if got := <-seen; got != "second" {
		t.Errorf("got %q: what changed before the watch began is not seen", got)
	}
	put(t, filepath.Join(dir, "other"), "x") // of no importance
	put(t, path, "second")                   // no change
	put(t, filepath.Join(dir, "new"), "third")
	if err := os.Rename(filepath.Join(dir, "new"), path); err != nil {
		t.Fatal(err)
	}
	if got := <-seen; got != "third" {
		t.Errorf("got %q: a file that is replaced is not seen", got)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAFolderThatIsNotThereIsAnError(t *testing.T) {
	if err := filewatch.Run(t.Context(), "/nonexistent/config", nil, nil); err == nil {
		t.Error("got no error")
	}
}
