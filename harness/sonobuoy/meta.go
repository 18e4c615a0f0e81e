package sonobuoy

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/verdict"
)

// health is Sonobuoy's summary of the cluster. The kit does not count nodes and pods, so that their numbers are 0 of 0.
type health struct {
	Nodes      healthy        `json:"node_health"`
	Pods       healthy        `json:"pod_health"`
	APIVersion string         `json:"api_version"`
	Errors     map[string]any `json:"error_summary"`
}

type healthy struct {
	Total   int `json:"total_nodes"`
	Healthy int `json:"healthy_nodes"`
}

// config is the part of Sonobuoy's configuration that describes a run.
type config struct {
	Description string       `json:"Description"`
	UUID        string       `json:"UUID"`
	Version     string       `json:"Version"`
	ResultsDir  string       `json:"ResultsDir"`
	Plugins     []pluginName `json:"Plugins"`
}

type pluginName struct {
	Name string `json:"name"`
}

// meta makes the files of the tarball that are about the run. Without info.json and clusterhealth.json `sonobuoy results` does not work,
// without the version in config.json the reader does not.
func meta(j *journal.Journal, dir string) ([]file, error) {
	log, err := runLog(filepath.Join(dir, journal.Name))
	if err != nil {
		return nil, err
	}
	files := []file{{"meta/run.log", log}}
	for _, each := range []struct {
		name    string
		content any
	}{
		{"meta/config.json", config{"seatrial run " + j.Run.ID, identity(j), format, defaultResultsDir, []pluginName{{PluginName}}}},
		{"meta/info.json", map[string][]string{"plugins": {PluginName}}},
		{"meta/query-time.json", []any{}},
		{"meta/clusterhealth.json", health{APIVersion: j.Run.Version, Errors: map[string]any{}}},
		{"serverversion.json", serverVersion(j.Run.Version)},
		{"plugins/" + PluginName + "/definition.json", map[string]any{"Definition": newManifest(Definition{Profile: j.Run.Profile}), "SessionID": identity(j)}},
	} {
		data, err := json.Marshal(each.content)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", each.name, err)
		}
		files = append(files, file{each.name, data})
	}
	return files, nil
}

// serverVersion is the part of the answer of /version that the journal knows.
func serverVersion(version string) map[string]string {
	answer := map[string]string{"gitVersion": version}
	if parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3); len(parts) > 1 {
		answer["major"], answer["minor"] = parts[0], parts[1]
	}
	return answer
}

// logLine is a line of Sonobuoy's log of a run.
type logLine struct {
	Level   string    `json:"level"`
	Message string    `json:"msg"`
	Time    time.Time `json:"time"`
}

// runLog tells the journal in the form of Sonobuoy's log. No journal makes an empty log.
func runLog(name string) ([]byte, error) {
	source, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer source.Close()
	var log bytes.Buffer
	encoder := json.NewEncoder(&log)
	lines := bufio.NewReader(source)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return log.Bytes(), nil //nolint:nilerr // a last line without an end is one that a killed run left
		}
		var record journal.Record
		if json.Unmarshal(line, &record) != nil {
			continue
		}
		if told, ok := tell(record); ok {
			if err := encoder.Encode(told); err != nil {
				return nil, err
			}
		}
	}
}

// tell says a record in one line; most records are not worth one.
func tell(r journal.Record) (logLine, bool) {
	line := logLine{Level: "info", Time: r.Time}
	switch {
	case r.Run != nil:
		line.Message = fmt.Sprintf("seatrial %s: run %s against %s, %s", r.Run.Kit, r.Run.ID, r.Run.Cluster, r.Run.Version)
	case r.Resumed != nil:
		line.Message = fmt.Sprintf("resumed with %d scenarios left", r.Resumed.Left)
	case r.Result != nil:
		line.Message = strings.TrimSuffix(fmt.Sprintf("%s %s: %s", r.Result.Verdict, r.Result.ID, r.Result.Why), ": ")
		if r.Result.Verdict == verdict.Failed || r.Result.Verdict == verdict.Error {
			line.Level = "error"
		}
	case r.End != nil:
		line.Message = strings.TrimSuffix(fmt.Sprintf("%s after %.1f s: %s", r.End.Outcome, r.End.Seconds, r.End.Reason), ": ")
	default:
		return line, false
	}
	return line, true
}
