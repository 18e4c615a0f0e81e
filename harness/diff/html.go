package diff

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
)

//go:embed page.html
var pageTemplate string

// HTML writes the difference as one page that needs no other file.
func (d Diff) HTML(w io.Writer) error {
	page, err := template.New("page").Funcs(template.FuncMap{"kinds": Kinds}).Parse(pageTemplate)
	if err != nil {
		return fmt.Errorf("write HTML: %w", err)
	}
	if err := page.Execute(w, d); err != nil {
		return fmt.Errorf("write HTML: %w", err)
	}
	return nil
}
