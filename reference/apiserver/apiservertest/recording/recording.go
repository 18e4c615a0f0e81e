// Package recording keeps what another API server answered in a file with a
// JSON document in each line, to which tests compare the answers of this one.
package recording

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
)

// Read returns the answers in file.
func Read[T any](t testing.TB, file string) []T {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []T
	for line := range bytes.Lines(data) {
		var answer T
		if err := json.Unmarshal(line, &answer); err != nil {
			t.Fatalf("read answer %d of %q: %v", len(all)+1, file, err)
		}
		all = append(all, answer)
	}
	return all
}

// Write replaces the answers in file.
func Write[T any](t testing.TB, file string, all []T) {
	t.Helper()
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	encoder.SetEscapeHTML(false) // people read differences of it
	for _, answer := range all {
		if err := encoder.Encode(answer); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(file, lines.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}
