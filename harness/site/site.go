// Package site writes the specification as a static web site: a page for each feature that reads as documentation, with the results of
// a run in it when there was one. Every page is whole in itself: it asks for nothing over the network and works from a folder.
package site

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
)

// IndexName is the page to start from.
const IndexName = "index.html"

// Write makes the site of a run in the directory of the run, which holds its evidence. The pages of a site that was there before are
// removed, nothing else is.
func Write(dir string, j *journal.Journal) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("write site: %w", err)
	}
	defer root.Close()
	return build(root, newBook(j, root))
}

// Docs makes the site of the specification alone, without results. The directory is made when it is not there.
func Docs(pages []spec.Feature, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write site: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("write site: %w", err)
	}
	defer root.Close()
	return build(root, newBook(&journal.Journal{Pages: pages}, nil))
}

// Page wraps a body into a page of its own with the look of the site. The styles and the script are the only ones that the page lets
// run, whatever the body holds.
func Page(title string, body template.HTML) ([]byte, error) {
	templates, err := parse()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	view := struct {
		frame
		Body template.HTML
	}{frame{Title: title, Alone: true}, body}
	if err := templates.ExecuteTemplate(&out, "page.html", view); err != nil {
		return nil, fmt.Errorf("write page %q: %w", title, err)
	}
	return out.Bytes(), nil
}

// build writes all pages of the book. Nothing is written outside the root, whatever the names of the features are.
func build(root *os.Root, b *book) error {
	templates, err := parse()
	if err != nil {
		return err
	}
	if err := removePages(root); err != nil {
		return err
	}
	var out bytes.Buffer
	for _, leaf := range b.leaves() {
		out.Reset()
		if err := templates.ExecuteTemplate(&out, leaf.template, leaf.view); err != nil {
			return fmt.Errorf("write site: page %q: %w", leaf.path, err)
		}
		if err := root.MkdirAll(path.Dir(leaf.path), 0o755); err != nil {
			return fmt.Errorf("write site: %w", err)
		}
		if err := root.WriteFile(leaf.path, out.Bytes(), 0o644); err != nil {
			return fmt.Errorf("write site: %w", err)
		}
	}
	return nil
}

// generator is how a page of ours is told from other files.
const generator = `<meta name="generator" content="seatrial">`

// Remove removes the pages of a site from its directory, and the folders that are empty without them. Other files stay.
func Remove(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("remove site: %w", err)
	}
	defer root.Close()
	return removePages(root)
}

// removePages removes the pages in the folder and one below it that say they are ours.
func removePages(root *os.Root) error {
	for _, pattern := range []string{"*.html", "*/*.html"} {
		names, err := fs.Glob(root.FS(), pattern)
		if err != nil {
			return fmt.Errorf("remove site: find pages: %w", err)
		}
		for _, name := range names {
			if err := removeOurs(root, name); err != nil {
				return fmt.Errorf("remove site: %w", err)
			}
		}
	}
	return nil
}

func removeOurs(root *os.Root, name string) error {
	const head = 400
	if info, err := root.Lstat(name); err != nil || !info.Mode().IsRegular() {
		return err
	}
	content, err := root.ReadFile(name)
	if err != nil || !bytes.Contains(content[:min(len(content), head)], []byte(generator)) {
		return err
	}
	if err := root.Remove(name); err != nil {
		return err
	}
	folder := path.Dir(name)
	left, err := fs.ReadDir(root.FS(), folder)
	if err != nil || len(left) > 0 || folder == "." {
		return err
	}
	return root.Remove(folder)
}

// href is the address of a feature's page, relative to the root of the site.
func href(feature spec.Feature) string {
	return strings.TrimSuffix(feature.Path, path.Ext(feature.Path)) + ".html"
}
