package certify

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Status is what a check says of a rule.
type Status string

// The statuses of rules.
const (
	Kept       Status = "kept"
	Violated   Status = "violated"
	NotChecked Status = "not-checked" // it cannot be told offline; that is not kept
)

// Rule is one rule of the CNCF for submissions, and what the check found.
type Rule struct {
	// ID is a short name, Text the rule, Help what to do when it is violated.
	ID     string `json:"id"`
	Text   string `json:"text"`
	Help   string `json:"help"`
	Status Status `json:"status"`
	// Details say what violates the rule, or why it is not checked.
	Details []string `json:"details,omitempty"`
}

// CheckOptions say what to check.
type CheckOptions struct {
	// Dir is the folder of a submission, or one with a folder v1.NN/<product> in it.
	Dir string
	// Title is the title of the pull request; empty when there is none yet.
	Title string
}

// Check applies the rules that the CNCF's bot applies to a pull request, as far as that is possible without a network. The rules are those
// of https://github.com/cncf/k8s-conformance/blob/master/instructions.md#requirements and of the bot's own feature file,
// https://github.com/kubernetes-sigs/verify-conformance. The error tells that there is nothing to check.
func Check(o CheckOptions) ([]Rule, error) {
	folders, err := locate(o.Dir)
	if err != nil {
		return nil, err
	}
	s, err := load(folders[0])
	if err != nil {
		return nil, err
	}
	s.title, s.others = o.Title, folders[1:]
	var rules []Rule
	for _, row := range table() {
		rule := Rule{ID: row.id, Text: row.text, Help: row.help}
		rule.Status, rule.Details = row.check(s)
		rules = append(rules, rule)
	}
	return rules, nil
}

// Violations counts the rules that are violated.
func Violations(rules []Rule) int {
	count := 0
	for _, rule := range rules {
		if rule.Status == Violated {
			count++
		}
	}
	return count
}

// file is one that a submission has, and its type.
type file struct{ name, kind string }

func files() []file {
	return []file{{readmeName, "markdown"}, {productName, "yaml"}, {logName, "text"}, {junitName, "xml"}}
}

// row is one rule and how to check it.
type row struct {
	id, text, help string
	check          func(*submission) (Status, []string)
}

func table() []row {
	return []row{
		{"title", "the pull request has a title", "give it the title " + titleExample, (*submission).hasTitle},
		{
			"files", "the four files are there, not empty and readable",
			"a submission is README.md, PRODUCT.yaml, e2e.log and junit_01.xml: see " + instructions + "#contents-of-the-pr", (*submission).hasFiles,
		},
		{"only-files", "no other files are there", "remove what is not asked for; a second JUnit file too", (*submission).hasOnlyFiles},
		{"folder", "the files are in a folder v1.NN/<product>", "move them to a folder such as v1.36/my-product", (*submission).isInFolder},
		{"one-product", "the submission is of one version and one product", "open a pull request for each version and each product", (*submission).isOne},
		{
			"title-version", "the title has the version of the folder", "give the pull request the title " + titleExample,
			(*submission).titleMatchesFolder,
		},
		{
			"product-fields", "PRODUCT.yaml has all fields, and none is empty",
			"fill them in: see " + instructions + "#productyaml", (*submission).hasFields,
		},
		{"product-syntax", "URLs and the e-mail address of PRODUCT.yaml are well-formed", "correct the fields", (*submission).hasSyntax},
		{
			"product-links", "the URLs of PRODUCT.yaml lead to pages", "open each URL in a browser: it must answer with a page (text/html)",
			(*submission).linksNotChecked,
		},
		{"product-type", "the type is distribution, hosted platform or installer", "use one of these words", (*submission).hasType},
		{"title-form", "the title names the version and the product", "give the pull request the title " + titleExample, (*submission).titleHasForm},
		{
			"log-version", "e2e.log is of the version of the folder",
			"the version is that of the cluster; take the log of a run against a cluster of that version", (*submission).logMatchesFolder,
		},
		{
			"supported", "the version may still be submitted", "the newest minor version and the two before it count: see " + terms,
			(*submission).isSupported,
		},
		{
			"required-tests", "all tests that the version requires are in junit_01.xml and passed",
			"run all conformance tests in one go, without focus or skip", (*submission).hasRequiredTests,
		},
		{"tests-pass", "no test of junit_01.xml failed", "find out why it failed, and run all tests again", (*submission).testsPass},
		{
			"log-complete", "e2e.log is whole, names each test and ends well",
			"take the log of one run from beginning to end, made with -v; a shortened log is refused", (*submission).logIsComplete,
		},
		{"same-tests", "e2e.log and junit_01.xml have the same tests", "take both files of the same run", (*submission).logMatchesJUnit},
		{"one-commit", "the pull request has one commit", "squash the commits", (*submission).commitsNotChecked},
		{
			"filled-in", "no text of a template is left (a rule of this program: people read these files)",
			"replace what the template marks with " + unfilled, (*submission).isFilledIn,
		},
	}
}

const (
	instructions = "https://github.com/cncf/k8s-conformance/blob/master/instructions.md"
	terms        = "https://github.com/cncf/k8s-conformance/blob/master/terms-conditions/Certified_Kubernetes_Terms.md"
	titleExample = `"Conformance results for v1.NN/<product>"`
)

// locate finds the submissions in a folder: the folder itself, or those in v1.NN/<product>.
func locate(dir string) ([]string, error) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, errors.Join(fmt.Errorf("check %q: it is no folder", dir), err)
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("check %q: %w", dir, err)
	}
	if hasAny(absolute) {
		return []string{absolute}, nil
	}
	candidates, err := filepath.Glob(filepath.Join(absolute, "v1.*", "*"))
	if err != nil {
		return nil, fmt.Errorf("check %q: %w", dir, err)
	}
	found := slices.DeleteFunc(candidates, func(folder string) bool { return !hasAny(folder) })
	if len(found) == 0 {
		return nil, fmt.Errorf("check %q: no submission is there: neither %s nor a folder v1.NN/<product> with such files", dir, fileNames())
	}
	return found, nil
}

func hasAny(folder string) bool {
	for _, file := range files() {
		if _, err := os.Stat(filepath.Join(folder, file.name)); err == nil {
			return true
		}
	}
	return false
}

func fileNames() string {
	var names []string
	for _, file := range files() {
		names = append(names, file.name)
	}
	return strings.Join(names, ", ")
}
