package certify

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"
)

// submission is a folder that is checked, read once.
type submission struct {
	dir      string // absolute
	title    string
	others   []string // further submissions beside it
	entries  []os.DirEntry
	content  map[string]string // by file
	product  map[string]any
	badYAML  error
	junit    *JUnit
	badJUnit error
	log      *Log
	logged   []Test
	minor    string // of the folder
}

var folderPattern = regexp.MustCompile(`(v1\.[0-9]{2})/([^/]+)$`)

// load reads all that is there.
func load(dir string) (*submission, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("check %q: %w", dir, err)
	}
	s := &submission{dir: dir, entries: entries, content: map[string]string{}}
	for _, file := range files() {
		content, err := os.ReadFile(filepath.Join(dir, file.name))
		if err != nil && !isMissing(err) {
			return nil, fmt.Errorf("check %q: %w", dir, err)
		}
		s.content[file.name] = string(content)
	}
	if match := folderPattern.FindStringSubmatch(filepath.ToSlash(dir)); match != nil {
		s.minor = match[1]
	}
	s.badYAML = yaml.Unmarshal([]byte(s.content[productName]), &s.product)
	s.junit, s.badJUnit = ReadJUnit(filepath.Join(dir, junitName))
	if s.badJUnit != nil {
		s.junit = &JUnit{}
	}
	s.readLog()
	return s, nil
}

// readLog follows the log with the names of the version's tests, or with those of the JUnit file when the version is not known here.
func (s *submission) readLog() {
	names, err := Required(s.minor)
	if err != nil {
		for _, t := range s.junit.Conformance() {
			names = append(names, t.Name)
		}
	}
	s.log = NewLog(names)
	for line := range strings.Lines(s.content[logName]) {
		if t := s.log.Add(strings.TrimRight(line, "\r\n")); t != nil {
			s.logged = append(s.logged, *t)
		}
	}
}

// verdictOf is kept without details, violated with them.
func verdictOf(details []string) (Status, []string) {
	if len(details) > 0 {
		return Violated, details
	}
	return Kept, nil
}

func (s *submission) hasFiles() (Status, []string) {
	var details []string
	for _, file := range files() {
		switch {
		case s.content[file.name] == "":
			details = append(details, file.name+" is missing or empty")
		case file.kind == "yaml" && s.badYAML != nil:
			details = append(details, fmt.Sprintf("%s is no YAML object: %v", file.name, s.badYAML))
		case file.kind == "xml" && s.badJUnit != nil:
			details = append(details, s.badJUnit.Error())
		}
	}
	return verdictOf(details)
}

func (s *submission) hasOnlyFiles() (Status, []string) {
	var details []string
	for _, entry := range s.entries {
		if _, asked := s.content[entry.Name()]; !asked || entry.IsDir() {
			details = append(details, entry.Name()+" is not asked for")
		}
	}
	return verdictOf(details)
}

func (s *submission) isInFolder() (Status, []string) {
	if s.minor == "" {
		return Violated, []string{fmt.Sprintf("the folder is %s", filepath.Join(filepath.Base(filepath.Dir(s.dir)), filepath.Base(s.dir)))}
	}
	return Kept, nil
}

func (s *submission) isOne() (Status, []string) {
	var details []string
	for _, other := range s.others {
		details = append(details, "another submission is "+other)
	}
	return verdictOf(details)
}

func (s *submission) isFilledIn() (Status, []string) {
	var details []string
	for _, name := range []string{readmeName, productName} {
		if count := strings.Count(s.content[name], unfilled); count > 0 {
			details = append(details, fmt.Sprintf("%s has %d of them", name, count))
		}
	}
	return verdictOf(details)
}

var titlePattern = regexp.MustCompile(`(.*) (v1\.[0-9]{2})[ /](.*)`)

const noTitle = "no title is given; with --title it is checked"

func (s *submission) hasTitle() (Status, []string) {
	if s.title == "" {
		return NotChecked, []string{noTitle}
	}
	return Kept, nil
}

func (s *submission) titleHasForm() (Status, []string) {
	if s.title == "" {
		return NotChecked, []string{noTitle}
	}
	if match := titlePattern.FindStringSubmatch(s.title); match == nil || strings.TrimSpace(match[3]) == "" {
		return Violated, []string{fmt.Sprintf("the title is %q", s.title)}
	}
	return Kept, nil
}

func (s *submission) titleMatchesFolder() (Status, []string) {
	if s.title == "" {
		return NotChecked, []string{noTitle}
	}
	match := titlePattern.FindStringSubmatch(s.title)
	if match == nil || match[2] != s.minor {
		return Violated, []string{fmt.Sprintf("the title is %q, the version of the folder is %q", s.title, s.minor)}
	}
	return Kept, nil
}

func (s *submission) linksNotChecked() (Status, []string) {
	return NotChecked, []string{"it needs the network"}
}

func (s *submission) commitsNotChecked() (Status, []string) {
	return NotChecked, []string{"it is about the pull request, not about the files"}
}
