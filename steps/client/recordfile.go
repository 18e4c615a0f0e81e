package client

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"k8s.io/client-go/rest"
)

// recordVariable is the environment variable that names the file in which a kubectl of ours books its requests.
const recordVariable = "SEATRIAL_RECORD"

// RecordProcess books the requests of a configuration's clients in the file that the environment names, if it names one, for the process
// that started this one. Each request is written at once, since kubectl may end the process at any time.
func RecordProcess(config *rest.Config) *rest.Config {
	path := os.Getenv(recordVariable)
	if path == "" {
		return config
	}
	recorder := NewRecorder()
	recorder.tell = func(s sighting) {
		line, err := json.Marshal(s)
		if err != nil {
			return
		}
		file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			return
		}
		defer file.Close()
		_, _ = file.Write(append(line, '\n'))
	}
	wired, err := wire(config, "", recorder)
	if err != nil {
		return config
	}
	return wired
}

// takeOver books what another process has written, as requests of the user.
func (r *Recorder) takeOver(file io.Reader, as string) error {
	lines := bufio.NewReader(file)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil // a broken last line is that of a process that was killed
		}
		if err != nil {
			return fmt.Errorf("read the requests of kubectl: %w", err)
		}
		var s sighting
		if err := json.Unmarshal(line, &s); err != nil {
			return fmt.Errorf("read the requests of kubectl: %w", err)
		}
		if as != "" {
			s.Calls = s.Calls[:min(1, len(s.Calls))] // the rights of another user are not the kit's
			for i := range s.Calls {
				s.Calls[i].As = as
			}
		}
		r.add(s)
	}
}
