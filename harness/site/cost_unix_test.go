//go:build unix && !race

package site_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seatrial/seatrial/harness/site"
	"github.com/seatrial/seatrial/harness/site/sitetest"
)

// cpu is the processor time that the process has used.
func cpu(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// The bounds are for about 250 behaviours. The best of a few attempts counts, since what else the machine does makes a program slower.
func TestASiteIsCheapAndSmall(t *testing.T) {
	const (
		mostTime  = 300 * time.Millisecond
		mostBytes = 3 << 20
		attempts  = 5
	)
	pages, dir := load(t), t.TempDir()
	j, err := sitetest.Run(dir, pages)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(j.Order); n < 200 {
		t.Fatalf("only %d behaviours", n)
	}
	best := time.Hour
	for range attempts {
		before := cpu(t)
		if err := site.Write(dir, j); err != nil {
			t.Fatal(err)
		}
		if best = min(best, cpu(t)-before); best < mostTime {
			break
		}
	}
	perBehaviour := mostTime / 250
	if allowed := max(mostTime, perBehaviour*time.Duration(len(j.Order))); best > allowed {
		t.Errorf("writing the site of %d behaviours takes %v of processor time, more than %v", len(j.Order), best, allowed)
	}
	if size, allowed := weigh(t, dir), int64(max(mostBytes, mostBytes/250*len(j.Order))); size > allowed {
		t.Errorf("the site of %d behaviours has %d bytes, more than %d", len(j.Order), size, allowed)
	}
	t.Logf("%d behaviours: %v, %d bytes", len(j.Order), best, weigh(t, dir))
}

// weigh is the size of the pages, without the evidence.
func weigh(t *testing.T, dir string) int64 {
	t.Helper()
	var sum int64
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(name) != ".html" || strings.HasPrefix(name, "evidence/") {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}
