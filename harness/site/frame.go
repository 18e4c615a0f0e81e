package site

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"
)

//go:embed templates
var templateFiles embed.FS

//go:embed site.css
var styles string

//go:embed site.js
var script string

// frame is what every page has around its text.
type frame struct {
	Title string
	// Root leads from the page to the root of the site: empty or "../".
	Root string
	// Here is the address of the page, to mark it in the navigation.
	Here string
	// Site is what the pages of one site share.
	Site site
	// Alone marks a page that belongs to no site: it has no navigation.
	Alone bool
}

// newFrame makes the frame of the page at an address, relative to the root of the site.
func newFrame(title, here string, s site) frame {
	return frame{Title: title, Root: strings.Repeat("../", strings.Count(here, "/")), Here: here, Site: s}
}

// site is what the pages of one site share.
type site struct {
	// Run is the identity of the run that the site tells of; empty without a run.
	Run string
	// Requests tells that there is a page of the requests.
	Requests bool
}

// Style and Script are the same on every page, which lets nothing else apply or run; see Policy.
func (frame) Style() template.CSS { return template.CSS(styles) } //nolint:gosec // our own file

// Script is the only program of a page.
func (frame) Script() template.JS { return template.JS(script) } //nolint:gosec // our own file

// Policy forbids all that a page does not need: it loads nothing, sends nothing, and knows its one style and its one script by their
// hashes, so that text from a cluster stays text even if it should get past the escaping.
func (frame) Policy() string {
	return fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; img-src data:; base-uri 'none'; form-action 'none'",
		fingerprint(styles), fingerprint(script))
}

func fingerprint(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// parse reads the templates.
func parse() (*template.Template, error) {
	templates, err := template.New("site").Funcs(template.FuncMap{
		"seconds": seconds, "sign": sign, "prose": prose, "say": say, "yaml": yaml, "sentence": sentence, "plural": plural, "bar": bar,
	}).ParseFS(templateFiles, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("read templates of the site: %w", err)
	}
	return templates, nil
}
