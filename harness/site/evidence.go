package site

import (
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Of one file this much is shown in the page, and of all files of a page that much; the rest is one click away.
const (
	shownOfFile = 48 << 10
	shownOfPage = 1 << 20
)

// exhibit is a file of evidence.
type exhibit struct {
	Name string
	// Href leads to the file from the root of the site.
	Href string
	// Text is the beginning of the file; Cut tells that there is more.
	Text string
	Cut  bool
}

// quota is what a page may still show of files.
type quota struct{ left int64 }

func newQuota() *quota { return &quota{left: shownOfPage} }

// exhibits reads the files. One that is gone, or lies outside the directory of the run, says nothing and is left out.
func (q *quota) exhibits(root *os.Root, names []string) []exhibit {
	var list []exhibit
	for _, name := range names {
		file, err := root.Open(filepath.FromSlash(name))
		if err != nil {
			continue
		}
		each := exhibit{Name: path.Base(name), Href: relative(name)}
		limit := min(shownOfFile, q.left)
		text, err := io.ReadAll(io.LimitReader(file, limit+1))
		_ = file.Close() // read only
		if err != nil {
			continue
		}
		if int64(len(text)) > limit {
			each.Cut, text = true, text[:limit]
		}
		q.left -= int64(len(text))
		each.Text = strings.ReplaceAll(strings.ToValidUTF8(string(text), "\uFFFD"), "\x00", "\uFFFD")
		list = append(list, each)
	}
	return list
}
