package sonobuoy

import (
	"bytes"
	"testing"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/verdict"
)

func TestTheNameOfTheTarballIsSonobuoys(t *testing.T) {
	j := sample(journal.Result{Verdict: verdict.Passed})
	const want = "202611210405_sonobuoy_"
	if name := FileName(j); name[:len(want)] != want || len(name) != len(want)+36+len(".tar.gz") {
		t.Errorf("got %s", name)
	}
	if again := FileName(sample(journal.Result{Verdict: verdict.Passed})); again != FileName(j) {
		t.Error("the same run has two names")
	}
}

func TestTheSameRunMakesTheSameTarball(t *testing.T) {
	j, dir := sample(journal.Result{Verdict: verdict.Passed}), t.TempDir()
	var first, second bytes.Buffer
	for _, out := range []*bytes.Buffer{&first, &second} {
		if err := Archive(out, j, dir); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the tarballs differ")
	}
}

func TestServerVersion(t *testing.T) {
	for version, want := range map[string][2]string{"v1.36.3": {"1", "36"}, "v1.31.2-gke.100": {"1", "31"}, "": {"", ""}} {
		if got := serverVersion(version); got["major"] != want[0] || got["minor"] != want[1] || got["gitVersion"] != version {
			t.Errorf("%q is %v", version, got)
		}
	}
}

func TestAPluginNeedsAGoodNameAndAnImage(t *testing.T) {
	for _, d := range []Definition{{}, {Image: "i", Name: "Bad Name"}, {Image: "i", Name: "sonobuoy"}, {Image: "i", Name: "-x"}} {
		if out, err := d.YAML(); err == nil {
			t.Errorf("%+v makes %s", d, out)
		}
	}
}
