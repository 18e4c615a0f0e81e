package cli

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
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

	"k8s.io/client-go/tools/clientcmd"

	"github.com/seatrial/seatrial/harness/verdict"
	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/standin"
)

// TestMain plays the process in which a plugin runs the specification.
func TestMain(m *testing.M) {
	if os.Getenv(pluginChild) != "" {
		os.Exit(Main(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// worker stands in for Sonobuoy's: it counts posts of progress and keeps the last one.
type worker struct {
	*httptest.Server
	mu    sync.Mutex
	posts int
	last  struct {
		Msg              string
		Total, Completed int
	}
}

func startWorker(t *testing.T) *worker {
	t.Helper()
	w := &worker{}
	w.Server = httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if r.URL.Path != "/progress" || json.NewDecoder(r.Body).Decode(&w.last) != nil {
			answer.WriteHeader(http.StatusBadRequest)
		}
		w.posts++
	}))
	t.Cleanup(w.Close)
	address, err := url.Parse(w.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("SONOBUOY_RESULTS_DIR", t.TempDir())
	t.Setenv("SONOBUOY_PROGRESS_PORT", address.Port())
	return w
}

// runPlugin runs the command line in this process and, as it is a plugin, in one more.
func runPlugin(t *testing.T, args ...string) (code int, stderr string) {
	t.Helper()
	before := os.Args
	defer func() { os.Args = before }()
	os.Args = append([]string{before[0]}, args...)
	var out, err bytes.Buffer
	code = Main(args, &out, &err)
	return code, err.String()
}

// sent is what the worker would send: a file of the tarball that the file done names.
func sent(t *testing.T, name string) string {
	t.Helper()
	path, err := os.ReadFile(filepath.Join(os.Getenv("SONOBUOY_RESULTS_DIR"), "done"))
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
	for reader := tar.NewReader(zipped); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			t.Fatalf("no %s was sent", name)
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Name == name {
			text, err := io.ReadAll(reader)
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
	}
}

func TestAPluginSendsItsResultsAndProgress(t *testing.T) {
	w := startWorker(t)
	kubeconfig := filepath.Join(t.TempDir(), "config")
	if err := clientcmd.WriteToFile(client.Kubeconfig(standin.Start(t).Config(), ""), kubeconfig); err != nil {
		t.Fatal(err)
	}
	code, stderr := runPlugin(t, "run", "--kubeconfig", kubeconfig, "--tags", "@id:api.discovery.version")
	if code != verdict.ExitSuccess && code != verdict.ExitFailure {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	manual := sent(t, "sonobuoy_results.yaml")
	if !strings.Contains(manual, "id: api.discovery.version") {
		t.Errorf("the results are\n%s", manual)
	}
	if sent(t, "journal.ndjson") == "" || sent(t, "junit.xml") == "" {
		t.Error("files are empty")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.posts == 0 || w.last.Total != 1 || w.last.Completed != 1 || !strings.HasPrefix(w.last.Msg, "the run is over") {
		t.Errorf("%d posts, the last one %+v", w.posts, w.last)
	}
}

func TestAPluginThatCannotRunSaysWhy(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no cluster":      {[]string{"run", "--tags", "@id:api.discovery.version"}, verdict.ExitCluster, "elsewhere, say --kubeconfig"},
		"nothing matches": {[]string{"run", "--tags", "@id:no.such"}, verdict.ExitInvalid, "no behaviour matched"},
		"bad expression":  {[]string{"run", "--tags", "((("}, verdict.ExitUsage, "((("},
	} {
		startWorker(t)
		t.Setenv("KUBERNETES_SERVICE_HOST", "")
		code, stderr := runPlugin(t, c.args...)
		if code != c.code {
			t.Errorf("%s: exit code %d: %s", name, code, stderr)
		}
		if manual := sent(t, "sonobuoy_results.yaml"); !strings.Contains(manual, c.want) || !strings.Contains(manual, "status: failed") {
			t.Errorf("%s: the results are\n%s", name, manual)
		}
	}
}

func TestAPluginHasNoReportDirectory(t *testing.T) {
	startWorker(t)
	if code, stderr := runPlugin(t, "run", "--report", t.TempDir()); code != verdict.ExitUsage {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestThePluginDefinitionIsPrinted(t *testing.T) {
	var out, stderr bytes.Buffer
	if code := Main([]string{"sonobuoy", "plugin", "--image", "example/kit:v1", "--profile", "core", "--", "--parallel", "8"}, &out, &stderr); code != verdict.ExitSuccess {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	for _, part := range []string{"image: example/kit:v1", "- core", "plugin-name: seatrial", `- "8"`, "seatrial rbac --profile core"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("%q is not in\n%s", part, out.String())
		}
	}
	if code := Main([]string{"sonobuoy", "plugin", "--name", "Not A Name"}, &out, &stderr); code != verdict.ExitUsage {
		t.Errorf("exit code %d for a bad name", code)
	}
}
