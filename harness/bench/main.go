// Command bench measures the reference cluster as a user meets it: how long a
// start takes, what an idle cluster costs, how long a pod takes to run.
//
// Absolute figures depend on the machine and on what else runs on it; quote
// medians, and the command that made them.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"
)

func main() {
	program := flag.String("reference", "bin/seatrial-reference", "the program to measure")
	runs := flag.Int("runs", 5, "how many starts")
	pods := flag.Int("pods", 20, "how many pods to start one after the other")
	idle := flag.Duration("idle", 30*time.Second, "how long to watch the idle cluster")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	path, err := filepath.Abs(*program)
	if err == nil {
		err = bench(ctx, bencher{program: path, runs: *runs, pods: *pods, idle: *idle})
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// bencher says what to measure and how often.
type bencher struct {
	program    string
	runs, pods int
	idle       time.Duration
}

// bench measures and prints one row a figure.
func bench(ctx context.Context, b bencher) error {
	var ready, node, first []time.Duration
	for i := range b.runs {
		fmt.Fprintf(os.Stderr, "start %d of %d\n", i+1, b.runs)
		t, err := b.start(ctx)
		if err != nil {
			return err
		}
		ready, node, first = append(ready, t.ready), append(node, t.node), append(first, t.firstPod)
	}
	fmt.Fprintln(os.Stderr, "idle and pods")
	u, err := b.use(ctx)
	if err != nil {
		return err
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(out, "figure\tmedian\tmin\tmax\tn")
	row(out, "exec to /readyz", ready)
	row(out, "exec to node Ready", node)
	row(out, "exec to first pod Running", first)
	row(out, "pod create to Running", u.pods)
	_, _ = fmt.Fprintf(out, "idle RSS\t%.1f MB\t\t\t1\n", float64(u.rss)/1e6)
	_, _ = fmt.Fprintf(out, "idle CPU\t%.2f %% of a core over %s\t\t\t1\n", u.cpu*100, b.idle)
	return out.Flush()
}

func row(out *tabwriter.Writer, name string, values []time.Duration) {
	slices.Sort(values)
	const unit = time.Millisecond
	_, _ = fmt.Fprintf(out, "%s\t%d ms\t%d ms\t%d ms\t%d\n", name,
		values[len(values)/2]/unit, values[0]/unit, values[len(values)-1]/unit, len(values))
}
