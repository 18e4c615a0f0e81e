package sonobuoy

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/verdict"
)

// leave writes a small journal into the report directory, as a run does.
func leave(t *testing.T, w Worker) {
	t.Helper()
	out, err := journal.Create(w.ReportDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []journal.Record{
		{Time: time.Now(), Run: &journal.Run{ID: "r1", Version: "v1.36.3"}},
		{Page: &sample(journal.Result{}).Pages[0]},
		{Selected: &journal.Selected{IDs: []string{"a"}}},
		{Result: &journal.Result{ID: "a", Verdict: verdict.Passed, FailedStep: -1}},
		{End: &journal.End{Outcome: verdict.Success}},
	} {
		if err := out.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// received is what a worker sends when it finds the file done: the files of the tarball, by name.
func received(t *testing.T, w Worker) map[string]string {
	t.Helper()
	path, err := os.ReadFile(filepath.Join(w.Dir, "done"))
	if err != nil {
		t.Fatalf("the worker waits for ever: %v", err)
	}
	file, err := os.Open(string(path))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	zipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for reader := tar.NewReader(zipped); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		files[header.Name] = string(data)
	}
}

func manual(t *testing.T, files map[string]string) Item {
	t.Helper()
	var item Item
	if err := yaml.UnmarshalStrict([]byte(files[resultsName]), &item); err != nil {
		t.Fatal(err)
	}
	return item
}

func TestResultsAreHandedOver(t *testing.T) {
	w := Worker{Dir: t.TempDir()}
	if err := w.Do(t.Context(), func(context.Context) error {
		leave(t, w)
		return errors.Join(
			os.WriteFile(filepath.Join(w.ReportDir(), "index.html"), []byte("<html>"), 0o600),
			os.WriteFile(filepath.Join(w.ReportDir(), ArchiveName), []byte("not again"), 0o600))
	}); err != nil {
		t.Fatal(err)
	}
	files := received(t, w)
	if files["index.html"] != "<html>" || !strings.Contains(files[journal.Name], `"r1"`) {
		t.Errorf("got the files %v", files)
	}
	if _, has := files[ArchiveName]; has {
		t.Error("the tarball holds the tarball")
	}
	if item := manual(t, files); item.Status != passed || leaves(item.Items) != 1 {
		t.Errorf("got %+v", item)
	}
}

func TestDoneIsWrittenWhateverHappens(t *testing.T) {
	for name, work := range map[string]func(context.Context) error{
		"an error": func(context.Context) error { return errors.New("no cluster answers") },
		"a panic":  func(context.Context) error { panic("no cluster answers") },
		"a signal": func(ctx context.Context) error {
			ctx, cancel := context.WithCancelCause(ctx)
			cancel(errors.New("no cluster answers"))
			return context.Cause(ctx)
		},
	} {
		w := Worker{Dir: t.TempDir()}
		func() {
			defer func() {
				if cause := recover(); (cause != nil) != (name == "a panic") {
					t.Errorf("%s: panic %v", name, cause)
				}
			}()
			if err := w.Do(t.Context(), work); err == nil {
				t.Errorf("%s: no error", name)
			}
		}()
		item := manual(t, received(t, w))
		if item.Status != failed || len(item.Items) != 1 || !strings.Contains(item.Items[0].Details["error"].(string), "no cluster answers") {
			t.Errorf("%s: got %+v", name, item)
		}
	}
}

func TestAnErrorAfterTheRunIsAddedToItsResults(t *testing.T) {
	w := Worker{Dir: t.TempDir()}
	_ = w.Do(t.Context(), func(context.Context) error {
		leave(t, w)
		return errors.New("write reports: disk full")
	})
	if item := manual(t, received(t, w)); item.Status != failed || leaves(item.Items) != 2 {
		t.Errorf("got %+v", item)
	}
}

func TestAKilledRunTellsHowToCleanUp(t *testing.T) {
	w := Worker{Dir: t.TempDir()}
	_ = w.Do(t.Context(), func(context.Context) error {
		leave(t, w)
		name := filepath.Join(w.ReportDir(), journal.Name)
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		whole := strings.TrimSuffix(string(text), "\n")
		if err := os.WriteFile(name, []byte(whole[:strings.LastIndex(whole, "\n")+1]), 0o600); err != nil { // without its end
			return err
		}
		return errors.New("signal: killed")
	})
	items := manual(t, received(t, w)).Items
	if why, _ := items[len(items)-1].Details["error"].(string); why != "signal: killed\nIt has not cleaned up. That does: seatrial cleanup --run r1" {
		t.Errorf("got %q", why)
	}
}

func TestTheWorkerIsFoundByTheEnvironment(t *testing.T) {
	env := map[string]string{}
	if w, ok := FromEnvironment(func(k string) string { return env[k] }); ok || w != (Worker{"/tmp/sonobuoy/results", "8099"}) {
		t.Errorf("got %+v, %v", w, ok)
	}
	env["SONOBUOY_RESULTS_DIR"], env["SONOBUOY_PROGRESS_PORT"] = "/r", "9"
	if w, ok := FromEnvironment(func(k string) string { return env[k] }); !ok || w != (Worker{"/r", "9"}) {
		t.Errorf("got %+v, %v", w, ok)
	}
}

// TestProgressReachesTheWorker speaks HTTP with a stand-in of the worker.
func TestProgressReachesTheWorker(t *testing.T) {
	got := make(chan update, 10)
	worker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var u update
		if r.Method != http.MethodPost || r.URL.Path != "/progress" || json.NewDecoder(r.Body).Decode(&u) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		got <- u
	}))
	defer worker.Close()
	address, err := url.Parse(worker.URL)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	p := Worker{Port: address.Port()}.Progress(worker.Client(), &log)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { p.Run(ctx) })
	p.Observe(journal.Record{Selected: &journal.Selected{IDs: []string{"a", "b", "c"}}})
	if u := <-got; u.Total != 3 || u.Completed != 0 {
		t.Errorf("got %+v", u)
	}
	p.Observe(journal.Record{Result: &journal.Result{ID: "b", Verdict: verdict.Failed}})
	p.Observe(journal.Record{Result: &journal.Result{ID: "c", Verdict: verdict.Error}})
	p.Observe(journal.Record{Result: &journal.Result{ID: "a", Verdict: verdict.NotRun}})
	p.Observe(journal.Record{End: &journal.End{Outcome: verdict.Failure}})
	stop()
	running.Wait()
	var last update
	for len(got) > 0 {
		last = <-got
	}
	if last.Message != "the run is over: failure" || last.Completed != 2 || strings.Join(last.Failures, ",") != "b" || strings.Join(last.Errors, ",") != "c" {
		t.Errorf("the last post is %+v", last)
	}
	if log.Len() > 0 {
		t.Error(log.String())
	}
}

// transport answers in process, so that time can be simulated.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestProgressIsPostedOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		posts := 0
		client := &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
			posts++
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
		})}
		p := Worker{Port: "8099"}.Progress(client, io.Discard)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { p.Run(ctx); close(done) }()
		for range 100 { // ten seconds of results
			p.Observe(journal.Record{Result: &journal.Result{ID: "a", Verdict: verdict.Passed}})
			<-time.After(100 * time.Millisecond)
		}
		stop()
		<-done
		if posts < 10 || posts > 12 {
			t.Errorf("%d posts in ten seconds", posts)
		}
	})
}

func TestAWorkerThatDoesNotAnswerIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") })}
		var log strings.Builder
		p := Worker{Port: "8099"}.Progress(client, &log)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { p.Run(ctx); close(done) }()
		for range 5 {
			p.Observe(journal.Record{Result: &journal.Result{ID: "a", Verdict: verdict.Passed}})
			<-time.After(2 * time.Second)
		}
		stop()
		<-done
		if strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), "connection refused") {
			t.Errorf("the log is %q", log.String())
		}
	})
}
