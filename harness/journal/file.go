package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// Writer appends records to the journal of a run. It may be used by many goroutines.
type Writer struct {
	mu   sync.Mutex
	file *os.File
}

// Create makes the journal in the directory. There must be none yet.
func Create(dir string) (*Writer, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("create journal: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, Name), os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("create journal: %w", err)
	}
	if err := lock(file); err != nil {
		return nil, errors.Join(fmt.Errorf("create journal: %w", err), file.Close())
	}
	return &Writer{file: file}, nil
}

// ErrInUse tells that the run whose journal it is still goes on.
var ErrInUse = errors.New("another process writes it")

// Resume opens the journal of a run that ended early, to append to it. A broken last line is cut off. The error is ErrInUse while a process
// still writes the journal, which the system knows: a process that was killed writes no more.
func Resume(dir string) (*Writer, *Journal, error) {
	file, err := os.OpenFile(filepath.Join(dir, Name), os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("resume journal: %w", err)
	}
	j, err := takeOver(file, dir)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("resume journal: %w", err), file.Close())
	}
	return &Writer{file: file}, j, nil
}

func takeOver(file *os.File, dir string) (*Journal, error) {
	if err := lock(file); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	if err := file.Truncate(int64(bytes.LastIndexByte(text, '\n') + 1)); err != nil {
		return nil, err
	}
	return Read(dir)
}

// Append adds one record with a single write, so that a crash leaves at most one broken line, the last.
func (w *Writer) Append(r Record) error {
	line, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("append to journal: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := w.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("append to journal: %w", err)
	}
	return nil
}

// Close syncs the file and closes it.
func (w *Writer) Close() error {
	return errors.Join(w.file.Sync(), w.file.Close())
}

// Read reads the journal of a run. A broken last line is left out: the run was killed while it wrote it.
func Read(dir string) (*Journal, error) { return ReadFile(filepath.Join(dir, Name)) }

// ReadFile reads a journal that is kept under any name.
func ReadFile(path string) (*Journal, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	defer file.Close()
	j := New()
	reader := bufio.NewReader(file)
	for number := 1; ; number++ {
		line, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return j, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read journal: %w", err)
		}
		var record Record
		if err := json.Unmarshal(line, &record); err != nil {
			return nil, fmt.Errorf("read journal: line %d: %w", number, err)
		}
		j.Add(record)
	}
}
