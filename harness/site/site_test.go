package site_test

import (
	"bytes"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/seatrial/seatrial/features"
	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/site"
	"github.com/seatrial/seatrial/harness/site/sitetest"
	"github.com/seatrial/seatrial/harness/spec"
)

func load(t testing.TB) []spec.Feature {
	t.Helper()
	list, err := spec.Load(features.FS)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// run writes the site of a made-up run of the real features.
func run(t testing.TB) (string, *journal.Journal) {
	t.Helper()
	dir := t.TempDir()
	j, err := sitetest.Run(dir, load(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := site.Write(dir, j); err != nil {
		t.Fatal(err)
	}
	return dir, j
}

func docs(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "new")
	if err := site.Docs(load(t), dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// files parses the pages of a site.
func files(t testing.TB, dir string) map[string]*html.Node {
	t.Helper()
	pages := map[string]*html.Node{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".html" {
			return err
		}
		pages[name] = parse(t, filepath.Join(dir, filepath.FromSlash(name)))
		return nil
	})
	if err != nil || len(pages) < 10 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	return pages
}

func parse(t testing.TB, file string) *html.Node {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	page, err := html.Parse(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// elements lists the elements of the page, all or those of one name.
func elements(page *html.Node, name string) []*html.Node {
	var found []*html.Node
	for n := range page.Descendants() {
		if n.Type == html.ElementNode && (name == "" || n.Data == name) {
			found = append(found, n)
		}
	}
	return found
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func content(n *html.Node) string {
	var text strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			text.WriteString(d.Data)
		}
	}
	return text.String()
}

func byID(page *html.Node, id string) *html.Node {
	for _, n := range elements(page, "") {
		if attribute(n, "id") == id {
			return n
		}
	}
	return nil
}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	ofRun, _ := run(t)
	for _, dir := range []string{ofRun, docs(t)} {
		pages := files(t, dir)
		places := map[string]bool{}
		for name, page := range pages {
			for _, n := range elements(page, "") {
				if id := attribute(n, "id"); id != "" {
					places[name+"#"+id] = true
				}
			}
		}
		checked := 0
		for name, page := range pages {
			for _, n := range elements(page, "a") {
				checked++
				if problem := follow(dir, name, attribute(n, "href"), places); problem != "" {
					t.Errorf("%s: link %q (%q): %s", name, attribute(n, "href"), content(n), problem)
				}
			}
		}
		if checked < 500 {
			t.Errorf("only %d links were checked", checked)
		}
	}
}

// follow tells what is wrong with a link of a page; nothing is wrong with one that leaves the site for the documentation.
func follow(dir, from, link string, places map[string]bool) string {
	address, err := url.Parse(link)
	if err != nil || link == "" {
		return "it is no address"
	}
	if address.Scheme != "" {
		if address.Scheme != "https" || address.Host != "kubernetes.io" {
			return "it leads out of the site"
		}
		return ""
	}
	target := from
	if address.Path != "" {
		target = path.Join(path.Dir(from), address.Path)
	}
	if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(target))); err != nil {
		return "there is no such file"
	}
	if address.Fragment != "" && !strings.HasPrefix(address.Fragment, "?") && !places[target+"#"+address.Fragment] {
		return "the page has no such place"
	}
	return ""
}

func TestIDsAreUniqueAndReferencesHold(t *testing.T) {
	dir, _ := run(t)
	for name, page := range files(t, dir) {
		seen := map[string]bool{}
		for _, n := range elements(page, "") {
			if id := attribute(n, "id"); id != "" {
				if seen[id] {
					t.Errorf("%s: two elements have the id %q", name, id)
				}
				seen[id] = true
			}
		}
		for _, n := range elements(page, "") {
			for _, reference := range []string{"aria-labelledby", "aria-describedby", "for"} {
				if id := attribute(n, reference); id != "" && !seen[id] {
					t.Errorf("%s: <%s %s=%q> refers to nothing", name, n.Data, reference, id)
				}
			}
		}
	}
}

func TestEveryPageHasLandmarksAndNames(t *testing.T) {
	dir, _ := run(t)
	for name, page := range files(t, dir) {
		for _, landmark := range []string{"header", "main", "footer", "h1", "title"} {
			found := elements(page, landmark)
			if landmark == "header" { // behaviours have headers of their own
				found = slices.DeleteFunc(found, func(n *html.Node) bool { return attribute(n, "class") != "top" })
			}
			if len(found) != 1 {
				t.Errorf("%s has %d of <%s>", name, len(found), landmark)
			}
		}
		if attribute(elements(page, "html")[0], "lang") != "en" {
			t.Errorf("%s does not tell its language", name)
		}
		for _, n := range append(elements(page, "button"), elements(page, "a")...) {
			if content(n) == "" && attribute(n, "aria-label") == "" {
				t.Errorf("%s: <%s href=%q> has no name", name, n.Data, attribute(n, "href"))
			}
		}
		checkHeadings(t, name, page)
	}
}

// checkHeadings checks that no level of headings is left out.
func checkHeadings(t *testing.T, name string, page *html.Node) {
	t.Helper()
	level := 0
	for _, n := range elements(page, "") {
		if len(n.Data) != 2 || n.Data[0] != 'h' || n.Data[1] < '1' || n.Data[1] > '6' {
			continue
		}
		next := int(n.Data[1] - '0')
		if next > level+1 {
			t.Errorf("%s: %s %q follows a heading of level %d", name, n.Data, content(n), level)
		}
		level = next
	}
}

func TestTheDocumentationAloneSaysNothingOfVerdicts(t *testing.T) {
	for name, page := range files(t, docs(t)) {
		for _, n := range elements(page, "") {
			if classes := strings.Fields(attribute(n, "class")); slices.Contains(classes, "v") || slices.Contains(classes, "note") {
				t.Errorf("%s: %q", name, content(n))
			}
		}
	}
}

func TestEveryBehaviourHasItsPlace(t *testing.T) {
	dir, j := run(t)
	pages := files(t, dir)
	for _, s := range spec.Scenarios(j.Pages) {
		page := pages[strings.TrimSuffix(s.Path, ".feature")+".html"]
		if page == nil {
			t.Fatalf("%s has no page", s.Path)
		}
		place := byID(page, s.ID)
		if place == nil {
			t.Errorf("%s has no place", s.ID)
			continue
		}
		text := content(place)
		for _, want := range []string{s.Title, s.Hint, string(j.Result(s.ID).Verdict), j.Result(s.ID).Why, j.Result(s.ID).Error} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q", s.ID, want)
			}
		}
		for _, step := range s.Steps {
			if step.Doc != nil && !strings.Contains(text, *step.Doc) {
				t.Errorf("%s lacks the text below %q", s.ID, step.Text)
			}
		}
	}
}

func TestASelectionLeavesOutTheOthersAndSaysSo(t *testing.T) {
	dir := t.TempDir()
	j := sample(t, dir)
	j.Order = []string{"workloads.deployment.scale"}
	if err := site.Write(dir, j); err != nil {
		t.Fatal(err)
	}
	page := parse(t, filepath.Join(dir, "workloads", "deployment.html"))
	if byID(page, "workloads.deployment.scale") == nil || byID(page, "workloads.deployment.history") != nil {
		t.Error("the page has not exactly what was selected")
	}
	if !strings.Contains(content(page), "did not take part") {
		t.Error("the page does not say that something is left out")
	}
	if _, err := os.Stat(filepath.Join(dir, "access")); !os.IsNotExist(err) {
		t.Errorf("there are pages of areas that took no part: %v", err)
	}
}

// sample makes up a run of features that stay as they are.
func sample(t testing.TB, dir string) *journal.Journal {
	t.Helper()
	pages, err := sitetest.Pages()
	if err != nil {
		t.Fatal(err)
	}
	j, err := sitetest.Run(dir, pages)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestRequestsAreCountedOverAllBehaviours(t *testing.T) {
	dir, j := smallRun(t)
	pods := journal.Call{Method: "GET", Template: "/api/v1/namespaces/{namespace}/pods", Version: "v1", Resource: "pods", Count: 2}
	again := pods
	again.As, again.Count = "jane", 3
	j.Calls = map[string][]journal.Call{"tea.kettle.boil": {pods, again, {Method: "GET", Path: "/version", Count: 1}}, "tea.kettle.off": {pods}}
	if err := site.Write(dir, j); err != nil {
		t.Fatal(err)
	}
	page := parse(t, filepath.Join(dir, site.RequestsName))
	var rows []string
	for _, row := range elements(page, "li") {
		if len(elements(row, "code")) > 0 {
			rows = append(rows, content(row))
		}
	}
	want := []string{
		"GET /version 1 time in 1 behaviour: It boils",
		"GET /api/v1/namespaces/{namespace}/pods 7 times in 2 behaviours: It boils · It goes off",
	}
	if !slices.Equal(rows, want) {
		t.Errorf("got %q, want %q", rows, want)
	}
	if !strings.Contains(content(byID(parse(t, filepath.Join(dir, "tea", "kettle.html")), "tea.kettle.boil")), "Requests: 3 kinds") {
		t.Error("the behaviour does not tell what it asked for")
	}
}

func TestPagesOfAFormerSiteGoAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	j := sample(t, dir)
	if err := site.Write(dir, j); err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(dir, "workloads", "mine.html")
	if err := os.WriteFile(own, []byte("<title>mine</title>"), 0o600); err != nil {
		t.Fatal(err)
	}
	j.Pages = j.Pages[:1]
	if err := site.Write(dir, j); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "workloads", "deployment.html")); !os.IsNotExist(err) {
		t.Errorf("a page of the former site is still there: %v", err)
	}
	if _, err := os.Stat(own); err != nil {
		t.Errorf("a foreign file was removed: %v", err)
	}
}

func TestNothingIsWrittenOutsideOfTheFolder(t *testing.T) {
	folder := t.TempDir()
	feature := spec.Feature{Path: "../escaped.feature", Area: "..", Name: "X", Rules: []spec.Rule{{Scenarios: []spec.Scenario{{ID: "a.b"}}}}}
	if err := site.Docs([]spec.Feature{feature}, filepath.Join(folder, "site")); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(filepath.Join(folder, "escaped.html")); !os.IsNotExist(err) {
		t.Errorf("the page was written: %v", err)
	}
}
