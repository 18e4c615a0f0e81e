// Package logs reads the log files of containers in the format of CRI, follows them while they grow
// and while they are rotated, and rotates them.
//
// A line of a file is: time, stream, tag, text. The tag P marks a part whose rest follows.
package logs

import (
	"bytes"
	"fmt"
	"time"
)

// line is one entry of a log file.
type line struct {
	time    []byte // RFC 3339 with nanoseconds, as the runtime wrote it
	stream  string
	partial bool
	text    []byte // without the line end
}

func parseLine(raw []byte) (line, error) {
	raw = bytes.TrimSuffix(raw, []byte("\n"))
	fields := bytes.SplitN(raw, []byte(" "), 4)
	if len(fields) < 3 {
		return line{}, fmt.Errorf("parse log line %.80q: not in the format of CRI", raw)
	}
	l := line{time: fields[0], stream: string(fields[1])}
	tag, _, _ := bytes.Cut(fields[2], []byte(":"))
	l.partial = string(tag) == "P"
	if len(fields) == 4 {
		l.text = fields[3]
	}
	return l, nil
}

// before tells whether the line is older than a time.
func (l line) before(t time.Time) bool {
	at, err := time.Parse(time.RFC3339Nano, string(l.time))
	return err == nil && at.Before(t)
}
