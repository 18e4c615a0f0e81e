package site_test

import (
	"os"
	"testing"

	"github.com/seatrial/seatrial/features"
	"github.com/seatrial/seatrial/harness/site"
	"github.com/seatrial/seatrial/harness/site/sitetest"
	"github.com/seatrial/seatrial/harness/spec"
)

func pages(t testing.TB) []spec.Feature {
	t.Helper()
	list, err := spec.Load(features.FS)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestTry(t *testing.T) {
	dir := os.Getenv("TRY")
	os.MkdirAll(dir, 0o755)
	j, err := sitetest.Run(dir, pages(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := site.Write(dir, j); err != nil {
		t.Fatal(err)
	}
	if err := site.Docs(pages(t), dir+"-docs"); err != nil {
		t.Fatal(err)
	}
}
