package certify

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// The files of a submission beside e2e.log and junit_01.xml.
const (
	productName = "PRODUCT.yaml"
	readmeName  = "README.md"
)

//go:embed templates/PRODUCT.yaml
var productTemplate string

//go:embed templates/README.md
var readmeTemplate string

// unfilled marks what a person has to replace in a template.
const unfilled = "REPLACE THIS"

// submit writes the four files that the CNCF asks for, and no others. What a person may have filled in stays.
func (r *runner) submit() error {
	dir := r.submission()
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // reports, for all to read
		return fmt.Errorf("write submission: %w", err)
	}
	all, err := r.merged()
	if err != nil {
		return err
	}
	if err := all.write(filepath.Join(dir, junitName)); err != nil {
		return err
	}
	if err := r.joinLogs(filepath.Join(dir, logName)); err != nil {
		return err
	}
	fill := strings.NewReplacer("{server}", r.begin.Server, "{tests}", r.begin.Tests, "{minor}", Minor(r.begin.Server), "{product}", r.Product,
		"{command}", r.shown())
	for name, template := range map[string]string{productName: productTemplate, readmeName: readmeTemplate} {
		if err := writeNew(filepath.Join(dir, name), fill.Replace(template)); err != nil {
			return err
		}
	}
	return nil
}

// shown is the command line of the first part, without the folders of this machine.
func (r *runner) shown() string {
	if len(r.parts) == 0 {
		return ""
	}
	var words []string
	for _, word := range r.parts[0].Command {
		name, value, _ := strings.Cut(word, "=")
		switch {
		case word == r.Tools.Ginkgo, word == r.Tools.E2E:
			word = filepath.Base(word)
		case name == "--kubeconfig":
			word = name + "=$KUBECONFIG"
		case name == "--report-dir":
			word = name + "=."
		case name == "--kubectl-path":
			word = name + "=$(which kubectl)"
		case strings.ContainsAny(value, " *?()[]|$&;<>\\'\""):
			word = name + "='" + strings.ReplaceAll(value, "'", `'\''`) + "'"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// joinLogs writes the logs of all parts one after another, as they are.
func (r *runner) joinLogs(file string) (err error) {
	out, err := os.Create(file) //nolint:gosec // in the directory of the run
	if err != nil {
		return fmt.Errorf("write log: %w", err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	for _, p := range r.parts {
		in, err := os.Open(filepath.Join(r.folder(p.Number), logName))
		if isMissing(err) {
			continue
		}
		if err != nil {
			return fmt.Errorf("write log: %w", err)
		}
		_, err = io.Copy(out, in)
		if err := errors.Join(err, in.Close()); err != nil {
			return fmt.Errorf("write log: %w", err)
		}
	}
	return nil
}

// writeNew writes a file unless there is one.
func writeNew(file, content string) error {
	out, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644) //nolint:gosec // for all to read
	if os.IsExist(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(file), err)
	}
	_, err = out.WriteString(content)
	if err := errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(file), err)
	}
	return nil
}
