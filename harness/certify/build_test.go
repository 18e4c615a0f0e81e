package certify

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The program carries the module of fixtures/upstream; to renew the copy: cd fixtures/upstream && go run ./generate
func TestModuleIsThatOfTheFixture(t *testing.T) {
	for _, name := range []string{"go.mod", "go.sum", "tools.go"} {
		want, err := os.ReadFile(filepath.Join("..", "..", "fixtures", "upstream", name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := module.ReadFile("module/" + name + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("module/%s.txt is not fixtures/upstream/%s", name, name)
		}
	}
}

func TestVersionHasAList(t *testing.T) {
	if _, err := Required(Minor(Version())); err != nil {
		t.Error(err)
	}
}

// fakeGo makes a program go that writes what it is asked for, and returns the file of its calls.
func fakeGo(t *testing.T, script string) (calls string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the fake is a script")
	}
	dir := t.TempDir()
	calls = filepath.Join(dir, "calls")
	text := "#!/bin/sh\necho \"$PWD $CGO_ENABLED $GOFLAGS: $*\" >> " + calls + "\n" + script
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	return calls
}

func TestBuildBuildsOnce(t *testing.T) {
	calls := fakeGo(t, `while [ "$1" != -o ]; do shift; done; cat go.mod > "$2"`)
	cache := filepath.Join(t.TempDir(), "cache")
	var steps []string
	step := func(text string) { steps = append(steps, text) }
	for range 2 {
		tools, err := Build(t.Context(), cache, step)
		if err != nil {
			t.Fatal(err)
		}
		for _, program := range []string{tools.E2E, tools.Ginkgo} {
			if content, err := os.ReadFile(program); err != nil || !strings.Contains(string(content), "k8s.io/kubernetes "+Version()) {
				t.Errorf("%s: %q, %v", program, content, err)
			}
		}
	}
	log, err := os.ReadFile(calls)
	if err != nil {
		t.Fatal(err)
	}
	if count := strings.Count(string(log), "\n"); count != 2 || len(steps) != 2 {
		t.Errorf("go was called %d times, with %d steps: %s", count, len(steps), log)
	}
	for _, want := range []string{" 0 -mod=readonly -buildvcs=false: build ", "test -c ", "gitVersion=" + Version() + " ", "gitMinor=36 "} {
		if !strings.Contains(string(log), want) {
			t.Errorf("go was not called with %q: %s", want, log)
		}
	}
	if entries, err := os.ReadDir(cache); err != nil || len(entries) != 1 {
		t.Errorf("the cache has %v, %v", entries, err)
	}
}

func TestBuildTellsWhatGoSays(t *testing.T) {
	fakeGo(t, `echo "first" >&2; echo "no such module" >&2; exit 1`)
	cache := t.TempDir()
	_, err := Build(t.Context(), cache, func(string) {})
	if err == nil || !strings.HasSuffix(err.Error(), ": no such module") {
		t.Errorf("the error is %v", err)
	}
	if entries, err := os.ReadDir(cache); err != nil || len(entries) != 0 {
		t.Errorf("the cache has %v, %v", entries, err)
	}
}

func TestBuildWithoutGoSaysWhatToDo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := Build(t.Context(), t.TempDir(), func(string) {}); !errors.Is(err, ErrNoGo) {
		t.Errorf("the error is %v", err)
	}
}
