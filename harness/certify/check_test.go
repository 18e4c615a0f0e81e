package certify

import (
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// writeSubmission writes a submission that keeps all rules, as the run of one version yields it, and returns its folder.
func writeSubmission(t *testing.T, version string) string {
	t.Helper()
	names, err := Required(Minor(version))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), Minor(version), "turbo")
	write(t, dir, readmeName, "# How to reproduce\n\nMake a cluster, run the tests.\n")
	write(t, dir, productName, goodProduct)
	write(t, dir, logName, ginkgoLog(version, names, nil))
	write(t, dir, junitName, junitText(t, names))
	return dir
}

const goodProduct = `vendor: Yoyodyne
name: Turbo Encabulator
version: "1.7"
website_url: https://yoyo.dyne/turbo-encabulator
repo_url: https://github.com/yoyo.dyne/turbo-encabulator
documentation_url: https://yoyo.dyne/turbo-encabulator/docs
product_logo_url: https://yoyo.dyne/assets/turbo-encabulator.svg
type: distribution
description: A superb distribution
contact_email_address: turbo@yoyo.dyne
`

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// ginkgoLog is what ginkgo -v prints of tests that run side by side; the named ones fail.
func ginkgoLog(version string, names, failing []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Running Suite: Kubernetes e2e suite - /usr/local/bin\n\nWill run %d of 7579 specs\nRunning in parallel across 8 processes\n%s\n", len(names), delimiter)
	fmt.Fprintf(&b, "[SynchronizedBeforeSuite] PASSED [0.019 seconds]\n[SynchronizedBeforeSuite] \n  I1121 e2e.go:245] e2e test version: %s\n"+
		"  I1121 e2e.go:254] kube-apiserver version: %s\n%s\n", version, version, delimiter)
	for _, name := range names {
		if slices.Contains(failing, name) {
			fmt.Fprintf(&b, "%[1]s\n• [FAILED] [1.000 seconds]\n%[2]s [sig-x, Conformance]\n\n  [FAILED] it does not\n%[1]s\n", delimiter, name)
			continue
		}
		fmt.Fprintf(&b, "%[1]s\n• [1.000 seconds]\n%[2]s [sig-x, Conformance]\nk8s.io/kubernetes/test/e2e/x.go:1\n%[1]s\n", delimiter, name)
	}
	word := "SUCCESS!"
	if len(failing) > 0 {
		word = "FAIL!"
	}
	fmt.Fprintf(&b, "\nRan %d of 7579 Specs in 446.000 seconds\n%s -- %d Passed | %d Failed | 0 Pending | 7133 Skipped\n",
		len(names), word, len(names)-len(failing), len(failing))
	return b.String()
}

// junitText is a file in which the tests passed.
func junitText(t *testing.T, names []string) string {
	t.Helper()
	j := JUnit{}
	tests := make([]Test, 0, len(names))
	for _, name := range names {
		tests = append(tests, Test{Name: name, State: Passed, Seconds: 1})
	}
	j.add(tests)
	text, err := xml.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func check(t *testing.T, dir, title string) map[string]Rule {
	t.Helper()
	rules, err := Check(CheckOptions{Dir: dir, Title: title})
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]Rule{}
	for _, rule := range rules {
		byID[rule.ID] = rule
	}
	return byID
}

const goodTitle = "Conformance results for v1.36/turbo"

// What cannot be told offline is never said to be kept.
func TestCheckAcceptsAGoodSubmission(t *testing.T) {
	for _, version := range []string{"v1.35.6", "v1.36.3", "v1.37.1"} {
		rules := check(t, writeSubmission(t, version), strings.Replace(goodTitle, "v1.36", Minor(version), 1))
		var open []string
		for id, rule := range rules {
			switch rule.Status {
			case Violated:
				t.Errorf("%s: %s is violated: %q", version, id, rule.Details)
			case NotChecked:
				open = append(open, id)
			case Kept:
			}
		}
		slices.Sort(open)
		if want := []string{"one-commit", "product-links", "supported"}; !slices.Equal(open, want) {
			t.Errorf("%s: not checked are %q, want %q", version, open, want)
		}
	}
}

func TestCheckWithoutATitleDoesNotJudgeIt(t *testing.T) {
	rules := check(t, writeSubmission(t, "v1.36.3"), "")
	for _, id := range []string{"title", "title-version", "title-form"} {
		if rules[id].Status != NotChecked {
			t.Errorf("%s is %s", id, rules[id].Status)
		}
	}
}

// edit changes one file of a submission.
func edit(name string, change func(string) string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		changed := change(string(content))
		if changed == string(content) {
			t.Fatalf("%s did not change", name)
		}
		write(t, dir, name, changed)
	}
}

func replace(old, with string) func(string) string {
	return func(content string) string { return strings.Replace(content, old, with, 1) }
}

func remove(name string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

func add(name string) func(*testing.T, string) {
	return func(t *testing.T, dir string) { t.Helper(); write(t, dir, name, "more") }
}

// dropFirst leaves out the first test of a JUnit file.
func dropFirst(content string) string {
	from, to := strings.Index(content, "<testcase"), strings.Index(content, "</testcase>")
	return content[:from] + content[to+len("</testcase>"):]
}

// half cuts a log in the middle, as a shortened one is.
func half(content string) string { return content[:len(content)/2] }

// violations has submissions that violate one rule, and what else follows from it.
var violations = []struct {
	name   string
	change func(*testing.T, string)
	title  string
	want   []string
	detail string
}{
	{"no title of that version", nil, "Conformance results for v1.35/turbo", []string{"title-version"}, "v1.35"},
	{"a title of another form", nil, "Turbo is conformant", []string{"title-form", "title-version"}, "Turbo is conformant"},
	{"a title without a product", nil, "Conformance results for v1.36/", []string{"title-form"}, ""},
	{"no README", remove(readmeName), goodTitle, []string{"files"}, "README.md"},
	{"an empty README", edit(readmeName, func(string) string { return "" }), goodTitle, []string{"files"}, "README.md"},
	{"broken YAML", edit(productName, replace("vendor:", "- vendor")), goodTitle, []string{"files", "product-fields", "product-type"}, "PRODUCT.yaml"},
	{"broken XML", edit(junitName, half), goodTitle, []string{"files", "required-tests", "same-tests", "tests-pass"}, "junit_01.xml"},
	{"a second JUnit file", add("junit_02.xml"), goodTitle, []string{"only-files"}, "junit_02.xml"},
	{"an archive", add("sonobuoy.tar.gz"), goodTitle, []string{"only-files"}, "sonobuoy.tar.gz"},
	{"no vendor", edit(productName, replace("Yoyodyne", "")), goodTitle, []string{"product-fields"}, "vendor"},
	{"no address", edit(productName, replace("contact_email_address", "contact")), goodTitle, []string{"product-fields"}, "contact_email_address"},
	{"a URL without its scheme", edit(productName, replace("https://yoyo.dyne/turbo-encabulator\n", "yoyo.dyne\n")), goodTitle, []string{"product-syntax"}, "website_url"},
	{"a broken repository", edit(productName, replace("https://github.com", "/github.com")), goodTitle, []string{"product-syntax"}, "repo_url"},
	{"a broken address", edit(productName, replace("turbo@yoyo.dyne", "turbo")), goodTitle, []string{"product-syntax"}, "contact_email_address"},
	{"a number", edit(productName, replace(`"1.7"`, "1.7")), goodTitle, []string{"product-syntax"}, "version is no text"},
	{"another type", edit(productName, replace("distribution", "Distribution")), goodTitle, []string{"product-type"}, "Distribution"},
	{"a log of another version", edit(logName, replace("kube-apiserver version: v1.36.3", "kube-apiserver version: v1.35.0")), goodTitle, []string{"log-version"}, "v1.35.0"},
	{"tests of another version", edit(logName, replace("e2e test version: v1.36.3", "e2e test version: v1.37.0")), goodTitle, []string{"log-version"}, "v1.37.0"},
	{"a test is missing in JUnit", edit(junitName, dropFirst), goodTitle, []string{"required-tests", "same-tests"}, "1 of 446"},
	{
		"a test skipped itself", edit(junitName, replace(`time="1"></testcase>`, `time="1"><skipped message="skipped - 2 nodes required"></skipped></testcase>`)),
		goodTitle,
		[]string{"required-tests", "same-tests"},
		"1 of 446",
	},
	{
		"a test failed", edit(junitName, replace(`time="1"></testcase>`, `time="1"><failure>no</failure></testcase>`)),
		goodTitle,
		[]string{"required-tests", "same-tests", "tests-pass"},
		"failed",
	},
	{
		"the preparation failed", edit(junitName, replace(`<testcase `, `<testcase name="[SynchronizedBeforeSuite]"><failure>no</failure></testcase><testcase `)),
		goodTitle,
		[]string{"tests-pass"},
		"SynchronizedBeforeSuite",
	},
	{"half a log", edit(logName, half), goodTitle, []string{"log-complete", "same-tests"}, "the end of a run is missing"},
	{
		"a log without names", edit(logName, func(content string) string { return strings.ReplaceAll(content, " [sig-x, Conformance]", " ...") }),
		goodTitle,
		[]string{"log-complete", "same-tests"},
		"446 of 446",
	},
	{"a log without its beginning", edit(logName, func(content string) string { return content[len(content)/2:] }), goodTitle, []string{"log-complete", "log-version", "same-tests"}, ""},
	{"two runs in the log", edit(logName, func(content string) string { return content + content }), goodTitle, []string{"log-complete"}, "2 runs"},
	{"a run that ended early", edit(logName, replace("Will run 446", "Will run 447")), goodTitle, []string{"log-complete"}, "was to run 447"},
	{"a run that failed", edit(logName, replace("SUCCESS! -- 446 Passed | 0 Failed", "FAIL! -- 445 Passed | 1 Failed")), goodTitle, []string{"log-complete"}, "1 failed"},
	{"a field of the template", edit(productName, replace("Yoyodyne", unfilled)), goodTitle, []string{"filled-in", "product-fields"}, "vendor"},
	{"a template", edit(readmeName, func(content string) string { return content + unfilled }), goodTitle, []string{"filled-in"}, "README.md"},
}

func TestCheckFindsEachViolation(t *testing.T) {
	for _, c := range violations {
		t.Run(c.name, func(t *testing.T) {
			dir := writeSubmission(t, "v1.36.3")
			if c.change != nil {
				c.change(t, dir)
			}
			var got, details []string
			for id, rule := range check(t, dir, c.title) {
				if rule.Status == Violated {
					got = append(got, id)
					details = append(details, rule.Details...)
					if len(rule.Details) == 0 || rule.Help == "" {
						t.Errorf("%s does not say what is wrong and what to do", id)
					}
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("violated are %q, want %q: %q", got, c.want, details)
			}
			if !strings.Contains(strings.Join(details, "\n"), c.detail) {
				t.Errorf("the details do not name %q: %q", c.detail, details)
			}
		})
	}
}

func TestCheckOfFoldersFindsViolations(t *testing.T) {
	good := writeSubmission(t, "v1.36.3")
	flat := filepath.Join(t.TempDir(), "turbo")
	if err := os.CopyFS(flat, os.DirFS(good)); err != nil {
		t.Fatal(err)
	}
	if got := check(t, flat, goodTitle)["folder"]; got.Status != Violated {
		t.Errorf("a folder without a version: %v", got)
	}
	parent := filepath.Dir(filepath.Dir(good))
	if got := check(t, parent, goodTitle)["one-product"]; got.Status != Kept {
		t.Errorf("the output of a run: %v", got)
	}
	if err := os.CopyFS(filepath.Join(parent, "v1.37", "turbo"), os.DirFS(good)); err != nil {
		t.Fatal(err)
	}
	if got := check(t, parent, goodTitle)["one-product"]; got.Status != Violated || !strings.Contains(got.Details[0], "v1.37") {
		t.Errorf("two versions: %v", got)
	}
	old := filepath.Join(t.TempDir(), "v1.20", "turbo")
	if err := os.CopyFS(old, os.DirFS(good)); err != nil {
		t.Fatal(err)
	}
	if got := check(t, old, goodTitle)["supported"]; got.Status != Violated {
		t.Errorf("an old version: %v", got)
	}
	if got := check(t, old, goodTitle)["required-tests"]; got.Status != NotChecked {
		t.Errorf("the tests of an old version: %v", got)
	}
	for _, empty := range []string{t.TempDir(), filepath.Join(parent, "nothing")} {
		if _, err := Check(CheckOptions{Dir: empty}); err == nil {
			t.Errorf("%s is a submission", empty)
		}
	}
}

// Each rule that can be told offline has a submission here that violates it.
func TestEachRuleCanBeViolated(t *testing.T) {
	shown := []string{"folder", "one-product", "supported"} // above
	online := []string{"title", "product-links", "one-commit"}
	for _, c := range violations {
		shown = append(shown, c.want...)
	}
	for _, row := range table() {
		if !slices.Contains(shown, row.id) && !slices.Contains(online, row.id) {
			t.Errorf("no submission violates %s", row.id)
		}
	}
}
