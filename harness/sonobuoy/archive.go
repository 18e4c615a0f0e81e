// Package sonobuoy speaks with Sonobuoy: it writes a run as the tarball that Sonobuoy's tools read, describes the kit as a Sonobuoy
// plugin, and keeps the contract between a plugin and the worker beside it.
//
// The formats are those of Sonobuoy v0.57: https://sonobuoy.io/docs/main/results/ and https://sonobuoy.io/docs/main/plugins/. They are
// written with types of our own; the module fixtures/sonobuoy reads them with Sonobuoy's.
package sonobuoy

import (
	"archive/tar"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/seatrial/seatrial/harness/journal"
)

const (
	// PluginName is the name of the plugin unless the user gives another one.
	PluginName = "seatrial"
	// ArchiveName is the name of the tarball in the directory of a run.
	ArchiveName = "sonobuoy.tar.gz"
	// resultsName is the name of the results that a plugin makes by itself.
	resultsName = "sonobuoy_results.yaml"
	// resultsPath is where Sonobuoy keeps what a plugin that is a job hands over, below the plugin's own directory.
	resultsPath = "results/global/"
	// format is the version of Sonobuoy whose layout the tarball has; readers choose their paths by it.
	format = "v0.57.3"
)

// FileName is the name that Sonobuoy would give to the tarball of the run.
func FileName(j *journal.Journal) string {
	return fmt.Sprintf("%s_sonobuoy_%s.tar.gz", j.Begin.UTC().Format("200601021504"), identity(j))
}

// identity is the UUID of the run: always the same for the same run.
func identity(j *journal.Journal) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://github.com/seatrial/seatrial/runs/"+j.Run.ID)).String()
}

// Archive writes the run as a tarball of Sonobuoy's. The directory is that of the run: the journal, JUnit's file and the evidence in it
// are taken along as the plugin's results.
func Archive(w io.Writer, j *journal.Journal, dir string) error {
	zipped := gzip.NewWriter(w)
	a := archive{tar.NewWriter(zipped), j.Begin}
	if err := a.run(j, dir); err != nil {
		return fmt.Errorf("write Sonobuoy's tarball: %w", err)
	}
	if err := a.Close(); err != nil {
		return fmt.Errorf("write Sonobuoy's tarball: %w", err)
	}
	if err := zipped.Close(); err != nil {
		return fmt.Errorf("write Sonobuoy's tarball: %w", err)
	}
	return nil
}

// archive writes files of one time.
type archive struct {
	*tar.Writer
	time time.Time
}

func (a archive) run(j *journal.Journal, dir string) error {
	files, err := meta(j, dir)
	if err != nil {
		return err
	}
	manual, err := manualResults(j)
	if err != nil {
		return err
	}
	home := "plugins/" + PluginName + "/"
	whole, err := pluginResults(j)
	if err != nil {
		return err
	}
	files = append(files, file{home + resultsName, whole}, file{home + resultsPath + resultsName, manual})
	for _, f := range files {
		if err := a.add(f); err != nil {
			return err
		}
	}
	return a.tree(dir, home+resultsPath, func(name string) bool {
		return name == journal.Name || name == "junit.xml" || strings.HasPrefix(name, "evidence/")
	})
}

// file is one file of the tarball.
type file struct {
	name string
	data []byte
}

func (a archive) add(f file) error {
	if err := a.WriteHeader(&tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.data)), ModTime: a.time, Typeflag: tar.TypeReg}); err != nil {
		return err
	}
	_, err := a.Write(f.data)
	return err
}

// tree adds the regular files of the directory whose names, relative to it, are wanted.
func (a archive) tree(dir, prefix string, wanted func(name string) bool) error {
	return filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(relative)
		if !entry.Type().IsRegular() || !wanted(name) {
			return nil
		}
		return a.copy(file, path.Join(prefix, name))
	})
}

// copy adds a file as long as it is now; a journal may grow meanwhile.
func (a archive) copy(from, name string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	info, err := source.Stat()
	if err != nil {
		return err
	}
	if err := a.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: info.Size(), ModTime: a.time, Typeflag: tar.TypeReg}); err != nil {
		return err
	}
	_, err = io.CopyN(a, source, info.Size())
	return err
}

// manualResults is what a plugin with the result format "manual" hands over; more are leaves beside the pages.
func manualResults(j *journal.Journal, more ...Item) ([]byte, error) {
	items := append(tree(j), more...)
	return encode(Item{Name: PluginName, Status: fold(items), Details: runDetails(j), Items: items})
}

// pluginResults is what Sonobuoy makes of them.
func pluginResults(j *journal.Journal) ([]byte, error) {
	items := tree(j)
	of := fold(items)
	return encode(Item{Name: PluginName, Status: of, Meta: map[string]string{"type": "summary"}, Items: []Item{{
		Name: resultsName, Status: of, Meta: map[string]string{"type": "file", "file": resultsPath + resultsName},
		Details: runDetails(j), Items: items,
	}}})
}

// runDetails tells what ran against what.
func runDetails(j *journal.Journal) map[string]any {
	details := map[string]any{"run": j.Run.ID, "cluster": j.Run.Cluster, "version": j.Run.Version, "kit": j.Run.Kit, "outcome": string(j.Outcome())}
	if j.Run.Profile != "" {
		details["profile"] = j.Run.Profile
	}
	if j.Run.Selection != "" {
		details["selection"] = j.Run.Selection
	}
	if j.End != nil {
		details["outcome"] = string(j.End.Outcome)
	}
	return details
}
