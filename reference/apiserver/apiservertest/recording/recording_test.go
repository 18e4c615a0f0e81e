package recording

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestAnswersAreReadAsTheyWereWritten(t *testing.T) {
	type answer struct {
		Code    int    `json:"code"`
		Message string `json:"message,omitempty"`
	}
	file, all := filepath.Join(t.TempDir(), "a.jsonl"), []answer{{200, ""}, {422, "a<b\n&c"}}
	Write(t, file, all)
	if got := Read[answer](t, file); !slices.Equal(got, all) {
		t.Errorf("got %v", got)
	}
	data, err := os.ReadFile(file)
	if want := "{\"code\":200}\n{\"code\":422,\"message\":\"a<b\\n&c\"}\n"; err != nil || string(data) != want {
		t.Errorf("the file is %q, %v", data, err)
	}
}
