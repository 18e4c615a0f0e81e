package diff

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"strings"
)

//go:embed body.html
var bodyTemplate string

// row is a run with its place in the comparison.
type row struct {
	Run
	Name string
}

// Tally counts the verdicts.
func (r row) Tally() string { return tally(r.Counts) }

// Body is the difference as HTML, to be put into a page with the look of the site.
func (d Diff) Body() (template.HTML, error) {
	body, err := template.New("body").Funcs(template.FuncMap{"kinds": Kinds, "join": strings.Join}).Parse(bodyTemplate)
	if err != nil {
		return "", fmt.Errorf("write HTML: %w", err)
	}
	view := struct {
		Diff
		Before, After row
	}{d, row{d.Before, "before"}, row{d.After, "after"}}
	var out bytes.Buffer
	if err := body.Execute(&out, view); err != nil {
		return "", fmt.Errorf("write HTML: %w", err)
	}
	return template.HTML(out.String()), nil //nolint:gosec // the template has escaped it
}
