package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seatrial/seatrial/harness/certify"
	"github.com/seatrial/seatrial/harness/verdict"
)

// certified calls the verb and returns what it says.
func certified(t *testing.T, args ...string) (code int, out, complaint string) {
	t.Helper()
	var o, e bytes.Buffer
	code = Main(append([]string{"certify"}, args...), &o, &e)
	return code, o.String(), e.String()
}

func TestCertifyCheckTellsEachRule(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "v1.36", "turbo")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "README.md"), []byte("# Turbo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, complaint := certified(t, "check", dir)
	if code != verdict.ExitFailure || complaint != "" {
		t.Errorf("code %d, %q", code, complaint)
	}
	for _, want := range []string{
		" ✓ folder          the files are in a folder v1.NN/<product>\n",
		" ✗ files           the four files are there, not empty and readable\n                   PRODUCT.yaml is missing or empty\n",
		"                   -> a submission is README.md",
		" - product-links   the URLs of PRODUCT.yaml lead to pages: not checked\n                   it needs the network\n",
		" violated, ",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	code, out, _ = certified(t, "check", dir, "--json", "--title", "Conformance results for v1.36/turbo")
	var rules []certify.Rule
	if err := json.Unmarshal([]byte(out), &rules); err != nil || code != verdict.ExitFailure {
		t.Fatalf("code %d, %v: %s", code, err, out)
	}
	if rules[0].ID != "title" || rules[0].Status != certify.Kept {
		t.Errorf("the first rule is %+v", rules[0])
	}
}

func TestCertifyRefusesWhatItCannotDo(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for name, args := range map[string][]string{
		"nothing to check":   {"check", dir},
		"no folder":          {"check", filepath.Join(dir, "none")},
		"only one program":   {"--e2e-test", "/bin/true"},
		"no such programs":   {"--e2e-test", filepath.Join(dir, "none"), "--ginkgo", filepath.Join(dir, "none")},
		"a path as product":  {"--product", "a/b"},
		"images of a user":   {"--images", "x.tar", "--kubeconfig", "kc"},
		"nothing to resume":  {"--resume"},
		"an unknown driver":  {"--driver", "none", "--e2e-test", "/bin/true", "--ginkgo", "/bin/true"},
		"no such kubeconfig": {"--kubeconfig", filepath.Join(dir, "none"), "--e2e-test", "/bin/true", "--ginkgo", "/bin/true"},
		"no such kubectl":    {"--kubectl", filepath.Join(dir, "none"), "--e2e-test", "/bin/true", "--ginkgo", "/bin/true"},
	} {
		if code, _, complaint := certified(t, args...); code != verdict.ExitUsage || !strings.HasPrefix(complaint, "error: ") {
			t.Errorf("%s: code %d, %q", name, code, complaint)
		}
	}
}

func TestCertifyResumesTheNewestRun(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, run := range []string{"20260101-000000", "20260102-000000"} {
		dir := filepath.Join("reports", "certify", run)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, certify.RecordName), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join("reports", "certify", "20260103-000000"), 0o755); err != nil { // has no run
		t.Fatal(err)
	}
	dir, err := outputDir("", true)
	if err != nil || filepath.Base(dir) != "20260102-000000" {
		t.Errorf("it resumes %q, %v", dir, err)
	}
	fresh, err := outputDir("", false)
	if err != nil || fresh <= dir {
		t.Errorf("a new run goes to %q, %v", fresh, err)
	}
}

func TestKubectlOfTestsIsTheOneInThisProgram(t *testing.T) {
	dir := t.TempDir()
	program, err := kubectlProgram("", dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(program)
	self, _ := os.Executable()
	if err != nil || !strings.Contains(string(text), "exec '"+self+"' kubectl \"$@\"") {
		t.Errorf("%q, %v", text, err)
	}
}
