package cluster

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
)

const sample = `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`

func TestMergeKeepsOtherClustersAndRemoveTakesOnlyItsOwn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sub", "config")
	for _, name := range []string{"a", "b"} {
		if _, err := MergeKubeconfig(name, []byte(sample), file); err != nil {
			t.Fatal(err)
		}
	}
	config, err := clientcmd.LoadFromFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if config.CurrentContext != "seatrial-b" || len(config.Contexts) != 2 || config.AuthInfos["seatrial-a"].Token != "t" {
		t.Errorf("merged config = %+v", config)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v, %v; want 0600", info.Mode(), err)
	}
	if err := RemoveKubeconfig("b", file); err != nil {
		t.Fatal(err)
	}
	config, err = clientcmd.LoadFromFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if config.CurrentContext != "" || len(config.Clusters) != 1 || config.Clusters["seatrial-a"] == nil {
		t.Errorf("config after removal = %+v", config)
	}
}

func TestMergeUsesTheFileOfTheEnvironmentThatHasTheEntry(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "first"), filepath.Join(dir, "second")
	if _, err := MergeKubeconfig("a", []byte(sample), second); err != nil {
		t.Fatal(err)
	}
	if _, err := MergeKubeconfig("z", []byte(sample), first); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUBECONFIG", first+":"+second)
	changed := strings.Replace(sample, "token: t", "token: new", 1)
	if _, err := MergeKubeconfig("a", []byte(changed), ""); err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.LoadFromFile(second)
	if err != nil || config.AuthInfos["seatrial-a"].Token != "new" {
		t.Errorf("second file = %+v, %v; want the new token in it", config, err)
	}
}
