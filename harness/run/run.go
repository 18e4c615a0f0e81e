package run

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seatrial/seatrial/harness/evidence"
	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/report"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
	"github.com/seatrial/seatrial/steps"
	"github.com/seatrial/seatrial/steps/client"
)

// NothingMatched is the reason of a run that selects no behaviour.
const NothingMatched = "invalid run: no behaviour matched"

// List returns the pages of the specification and the scenarios among them that the tag expression selects.
func List(o Options) (pages []spec.Feature, selected []spec.Scenario, err error) {
	selector, err := spec.ParseSelector(o.Selection)
	if err != nil {
		return nil, nil, err
	}
	if pages, err = spec.Load(o.Features); err != nil {
		return nil, nil, err
	}
	return pages, spec.Select(spec.Scenarios(pages), selector), nil
}

// Run runs the selected scenarios. When the context ends, it starts nothing more, lets what runs end at once, cleans up, and writes the
// reports. The error tells that there was no run; a bad result is not an error. An *Unreachable error tells that no cluster answered.
func Run(ctx context.Context, o Options) (Result, error) {
	o = o.withDefaults()
	pages, selected, err := List(o)
	if err != nil {
		return Result{Outcome: verdict.Invalid}, err
	}
	if len(selected) == 0 {
		return Result{Outcome: verdict.Invalid, Reason: NothingMatched}, nil
	}
	r, err := newRunner(ctx, o)
	if err != nil {
		return Result{Outcome: verdict.Invalid}, err
	}
	defer r.close()
	for i := range pages {
		if selects(selected, pages[i].Path) {
			r.record(journal.Record{Page: &pages[i]})
		}
	}
	ids := make([]string, len(selected))
	for i, s := range selected {
		ids[i] = s.ID
	}
	r.record(journal.Record{Selected: &journal.Selected{IDs: ids}})
	return r.run(ctx, selected)
}

func selects(scenarios []spec.Scenario, path string) bool {
	for _, s := range scenarios {
		if s.Path == path {
			return true
		}
	}
	return false
}

// runner is one run.
type runner struct {
	Options
	id           string
	dir          string
	start        time.Time
	cluster      *client.Cluster
	kubectl      *client.Kubectl
	scratch      string
	vocabulary   *steps.Vocabulary
	capabilities map[string]bool
	heart        *heartbeat
	journal      *journal.Writer
	terminal     *report.Terminal
	namespaces   atomic.Int64

	mu     sync.Mutex
	broken error // of the journal
	folded *journal.Journal
}

func newRunner(ctx context.Context, o Options) (*runner, error) {
	cluster, err := client.Open(o.Config, client.ImagesFrom(o.ImageRegistry))
	if err != nil {
		return nil, &Unreachable{err}
	}
	version, capabilities, err := survey(ctx, cluster)
	if err != nil {
		return nil, err
	}
	r := &runner{Options: o, id: newID(time.Now()), start: time.Now(), cluster: cluster, vocabulary: steps.NewVocabulary(), capabilities: map[string]bool{}, folded: journal.New()}
	for _, c := range capabilities {
		r.capabilities[c] = true
	}
	if r.scratch, err = os.MkdirTemp("", "seatrial-"); err != nil {
		return nil, fmt.Errorf("start run: %w", err)
	}
	r.kubectl = client.NewKubectl(o.Kubectl, r.scratch)
	if r.dir, err = report.Directory(o.ReportDir, r.id); err != nil {
		return nil, errors.Join(err, os.RemoveAll(r.scratch))
	}
	if r.journal, err = journal.Create(r.dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(r.scratch))
	}
	r.terminal = report.NewTerminal(o.Progress)
	r.record(journal.Record{Run: &journal.Run{
		ID: r.id, Cluster: cluster.Host(), Version: version, Kit: o.Kit, Selection: o.Selection, Capabilities: capabilities,
	}})
	return r, nil
}

// newID names a run by its time and a random part.
func newID(now time.Time) string {
	var random [2]byte
	_, _ = rand.Read(random[:]) // never fails
	return now.UTC().Format("20060102-150405") + "-" + hex.EncodeToString(random[:])
}

// namespace names the next Namespace of the run.
func (r *runner) namespace() string {
	return fmt.Sprintf("seatrial-%s-%d", r.id[len(r.id)-4:], r.namespaces.Add(1))
}

func (r *runner) run(ctx context.Context, selected []spec.Scenario) (Result, error) {
	running, stop := context.WithCancelCause(ctx)
	r.heart = newHeartbeat(r.cluster.Alive, stop)
	var beating sync.WaitGroup
	beating.Go(func() { r.heart.run(running) })
	scheduler{parallel: r.Parallel, do: func(s spec.Scenario) bool { r.scenario(running, s); return false }}.run(running, longestFirst(selected, estimate(selected, nil)))
	end := r.end(ctx, context.Cause(running))
	stop(nil)
	beating.Wait()
	r.record(journal.Record{End: &end})
	result := Result{Outcome: end.Outcome, Counts: end.Counts, Reason: end.Reason, Interrupted: end.Interrupted, ClusterLost: end.ClusterLost, ReportDir: r.dir}
	if err := r.journal.Close(); err != nil && r.broken == nil {
		r.broken = err
	}
	if r.broken != nil {
		return result, fmt.Errorf("keep the journal: %w", r.broken)
	}
	if err := report.Write(r.dir); err != nil {
		return result, err
	}
	return result, nil
}

// end judges the run and waits for the Namespaces to go.
func (r *runner) end(ctx context.Context, cause error) journal.End {
	counts := r.folded.Counts()
	end := journal.End{Outcome: counts.Outcome(), Counts: counts}
	var lost *ClusterLost
	switch {
	case errors.As(cause, &lost):
		end.ClusterLost, end.Reason = true, lost.Error()
	case ctx.Err() != nil:
		end.Interrupted, end.Reason = true, "the run was interrupted"
	case end.Outcome == verdict.Invalid:
		end.Reason = "invalid run: no behaviour was judged"
	}
	if !end.ClusterLost && !r.Throwaway {
		end.Left = r.awaitNamespaces(ctx)
	}
	end.Seconds = time.Since(r.start).Seconds()
	return end
}

// record appends to the journal and tells the terminal.
func (r *runner) record(record journal.Record) {
	record.Time = time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.folded.Add(record)
	if err := r.journal.Append(record); err != nil && r.broken == nil {
		r.broken = err
	}
	r.terminal.Show(record, r.folded)
	r.Observe(record)
}

// keep writes evidence to files.
func (r *runner) keep(s spec.Scenario, files []evidence.File) []string {
	var kept []string
	for _, file := range files {
		name := filepath.Join("evidence", strings.NewReplacer("[", "_", "]", "").Replace(s.ID), strings.ReplaceAll(file.Name, string(filepath.Separator), "_"))
		path := filepath.Join(r.dir, name)
		if os.MkdirAll(filepath.Dir(path), 0o755) == nil && os.WriteFile(path, []byte(file.Text), 0o644) == nil {
			kept = append(kept, filepath.ToSlash(name))
		}
	}
	return kept
}

func (r *runner) close() { _ = os.RemoveAll(r.scratch) }
