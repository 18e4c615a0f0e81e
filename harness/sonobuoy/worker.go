package sonobuoy

import (
	"archive/tar"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/seatrial/seatrial/harness/journal"
)

// Where a plugin finds its worker, and what holds when the environment does not say; see pkg/worker/config.go of Sonobuoy.
const (
	resultsDirVariable = "SONOBUOY_RESULTS_DIR"
	portVariable       = "SONOBUOY_PROGRESS_PORT"
	defaultResultsDir  = "/tmp/sonobuoy/results"
	defaultPort        = "8099"
)

// doneName is the file that tells the worker which file holds the results. The worker sends them as soon as it sees it.
const doneName = "done"

// Worker is the container that Sonobuoy puts beside a plugin: it takes the results from a directory that both share, and relays progress.
type Worker struct {
	// Dir is the shared directory.
	Dir string
	// Port is where the worker listens for progress, on the loopback interface of the pod.
	Port string
}

// FromEnvironment finds the worker. It reports false when the process is no plugin of Sonobuoy; the worker is then where one is by default.
func FromEnvironment(getenv func(string) string) (Worker, bool) {
	dir := getenv(resultsDirVariable)
	return Worker{Dir: cmp.Or(dir, defaultResultsDir), Port: cmp.Or(getenv(portVariable), defaultPort)}, dir != ""
}

// ReportDir is where the run has to keep its journal and reports.
func (w Worker) ReportDir() string { return filepath.Join(w.Dir, PluginName) }

// Do does the work and then hands over what it left in the report directory. That is done in any case, also when the work fails or
// panics: without it Sonobuoy would wait for hours, and then say only that it waited. The error is that of the work and of the hand-over.
func (w Worker) Do(ctx context.Context, work func(ctx context.Context) error) (err error) {
	if err := os.MkdirAll(w.ReportDir(), 0o755); err != nil {
		return fmt.Errorf("make results directory: %w", err)
	}
	defer func() {
		cause := recover()
		if cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
		if handErr := w.handOver(err); handErr != nil {
			err = errors.Join(err, handErr)
		}
		if cause != nil {
			panic(cause)
		}
	}()
	return work(ctx)
}

// handOver makes the results out of what is there, and tells the worker.
func (w Worker) handOver(failure error) error {
	path, err := w.pack(failure)
	if err != nil {
		// The worker sends a single file as it is.
		path = filepath.Join(w.Dir, resultsName)
		data, yamlErr := encode(noResults(errors.Join(failure, err)))
		err = errors.Join(err, yamlErr, os.WriteFile(path, data, 0o644))
	}
	return errors.Join(err, w.done(path))
}

// done names the file of results. It appears with its content, since the worker looks every second.
func (w Worker) done(path string) error {
	next := filepath.Join(w.Dir, "."+doneName)
	if err := os.WriteFile(next, []byte(path), 0o644); err != nil {
		return fmt.Errorf("tell the worker: %w", err)
	}
	if err := os.Rename(next, filepath.Join(w.Dir, doneName)); err != nil {
		return fmt.Errorf("tell the worker: %w", err)
	}
	return nil
}

// pack makes a tarball of all that the run left, with the results in Sonobuoy's form.
func (w Worker) pack(failure error) (string, error) {
	manual, begin, err := w.results(failure)
	if err != nil {
		return "", err
	}
	path := filepath.Join(w.Dir, PluginName+".tar.gz")
	out, err := os.Create(path)
	if err != nil {
		return "", fmt.Errorf("pack results: %w", err)
	}
	zipped := gzip.NewWriter(out)
	a := archive{tar.NewWriter(zipped), begin}
	err = a.add(file{resultsName, manual})
	if err == nil {
		err = a.tree(w.ReportDir(), "", func(name string) bool { return name != ArchiveName })
	}
	if err = errors.Join(err, a.Close(), zipped.Close(), out.Close()); err != nil {
		return "", fmt.Errorf("pack results: %w", err)
	}
	return path, nil
}

// results are those of the journal, or the reason why there is none.
func (w Worker) results(failure error) (manual []byte, begin time.Time, err error) {
	j, err := journal.Read(w.ReportDir())
	if err != nil || len(j.Order) == 0 {
		manual, err = encode(noResults(cmp.Or(failure, err, errors.New("the run selected nothing"))))
		return manual, time.Now(), err
	}
	if failure != nil {
		if j.End == nil {
			failure = fmt.Errorf("%w\nIt has not cleaned up. That does: seatrial cleanup --run %s", failure, j.Run.ID)
		}
		manual, err = manualResults(j, noResults(failure).Items...)
	} else {
		manual, err = manualResults(j)
	}
	return manual, j.Begin, err
}

// noResults says in Sonobuoy's form why there are no results. As Sonobuoy does it with errors of plugins, that counts as a failure.
func noResults(cause error) Item {
	return Item{Name: PluginName, Status: failed, Items: []Item{{
		Name: "the run as a whole", Status: failed, Details: map[string]any{"error": cause.Error()},
	}}}
}
