package steps_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seatrial/seatrial/steps"
	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/standin"
)

func TestALineOfTheOutputIsAWholeLine(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "kubectl")
	if err := os.WriteFile(program, []byte("#!/bin/sh\nprintf 'apps/v1\\n  v1 \\nlast'\necho trouble >&2\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	cluster, err := client.Open(standin.Start(t).Config(), client.Images{})
	if err != nil {
		t.Fatal(err)
	}
	world, err := steps.NewWorld(t.Context(), steps.Options{Cluster: cluster, Kubectl: client.NewKubectl([]string{program}, dir), Namespace: "ns-1"})
	if err != nil {
		t.Fatal(err)
	}
	perform := func(line string) error {
		match, text, table := understand(t, line)
		return world.Perform(t.Context(), match, text, table)
	}
	if err := perform(`I call "kubectl api-versions"`); err != nil {
		t.Fatal(err)
	}
	for line, there := range map[string]bool{"v1": true, "apps/v1": true, "last": true, "apps": false, "trouble": false, "": false} {
		err := perform(`the output has the line "` + line + `"`)
		if (err == nil) != there || err != nil && !strings.Contains(err.Error(), `want the line "`+line+`"`) {
			t.Errorf("%q: %v", line, err)
		}
	}
}
