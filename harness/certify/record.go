package certify

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// RecordName is the name of the record of a run in its directory. It is append-only, a line of JSON for each event, so that a run that was
// killed can be resumed.
const RecordName = "certify.ndjson"

// entry is one line of the record. Exactly one of its parts is set.
type entry struct {
	Time  time.Time `json:"time"`
	Begin *begin    `json:"begin,omitempty"`
	Part  *part     `json:"part,omitempty"`
	// Process is that of Ginkgo in this part.
	Process int     `json:"process,omitempty"`
	Ended   *Test   `json:"ended,omitempty"`
	End     *ending `json:"end,omitempty"`
}

// begin says what runs against what.
type begin struct {
	Cluster  string   `json:"cluster"`
	Server   string   `json:"server"`
	Tests    string   `json:"tests"`
	Selected []string `json:"selected"`
	// All tells that Selected are all conformance tests of the program.
	All bool `json:"all"`
}

// part is one run of Ginkgo; a resumed run has several. Its files are in the folder parts/<number>.
type part struct {
	Number  int      `json:"number"`
	Procs   int      `json:"procs"`
	Command []string `json:"command"`
}

// ending says how a part ended.
type ending struct {
	Exit        string `json:"exit,omitempty"`
	Interrupted bool   `json:"interrupted,omitempty"`
	ClusterLost bool   `json:"clusterLost,omitempty"`
}

// record is what the file says, and the file to append to.
type record struct {
	dir   string
	file  *os.File
	begin begin
	start time.Time
	parts []part
	// spent is the time that the parts took; that of a killed part ends with its last event.
	spent   time.Duration
	ended   []Test
	process int // of the last part, when it did not end
}

// openRecord reads the record of a directory and opens it for more. It fails with fs.ErrNotExist when there is none.
func openRecord(dir string) (*record, error) {
	r := &record{dir: dir}
	file, err := os.OpenFile(filepath.Join(dir, RecordName), os.O_RDWR|os.O_APPEND, 0o644) //nolint:gosec // a report, for all to read
	if err != nil {
		return nil, fmt.Errorf("open record of the run: %w", err)
	}
	r.file = file
	whole, err := r.read(file)
	if err == nil && !whole {
		_, err = file.WriteString("\n")
	}
	if err == nil && r.start.IsZero() {
		err = errors.New("it has no beginning")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read record %q: %w", file.Name(), err), file.Close())
	}
	return r, nil
}

// read takes in all events. It tells whether the last line is whole: that of a run that was killed while it wrote is not.
func (r *record) read(file io.Reader) (whole bool, err error) {
	lines := bufio.NewScanner(file)
	const longest = 8 << 20
	lines.Buffer(nil, longest)
	var last time.Time // event of the part that is read
	whole = true
	for lines.Scan() {
		var e entry
		if whole = json.Unmarshal(lines.Bytes(), &e) == nil; !whole {
			continue
		}
		r.take(e)
		switch {
		case e.Part != nil:
			last = e.Time
		case !last.IsZero():
			r.spent += e.Time.Sub(last)
			last = e.Time
		}
	}
	return whole, lines.Err()
}

// take adds one event to what is known of the run.
func (r *record) take(e entry) {
	switch {
	case e.Begin != nil:
		r.begin, r.start = *e.Begin, e.Time
	case e.Part != nil:
		r.parts = append(r.parts, *e.Part)
	case e.Process != 0:
		r.process = e.Process
	case e.Ended != nil:
		r.ended = append(r.ended, *e.Ended)
	case e.End != nil:
		r.process = 0
	}
}

// createRecord begins the record of a new run.
func createRecord(dir string, b begin) (*record, error) {
	file, err := os.OpenFile(filepath.Join(dir, RecordName), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644) //nolint:gosec // a report, for all to read
	if err != nil {
		return nil, fmt.Errorf("create record of the run: %w", err)
	}
	r := &record{dir: dir, file: file, begin: b, start: time.Now()}
	return r, r.write(entry{Begin: &b})
}

// write appends one event.
func (r *record) write(e entry) error {
	e.Time = time.Now()
	line, err := json.Marshal(e)
	if err == nil {
		_, err = r.file.Write(append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("write record of the run: %w", err)
	}
	return nil
}

// left returns the selected tests that have no verdict yet.
func (r *record) left() []string {
	var done []string
	for _, t := range r.ended {
		if t.State != Interrupted {
			done = append(done, t.Name)
		}
	}
	return missing(r.begin.Selected, done)
}

// folder is where a part keeps its files.
func (r *record) folder(number int) string {
	return filepath.Join(r.dir, "parts", fmt.Sprintf("%02d", number))
}

func (r *record) close() error { return r.file.Close() }
