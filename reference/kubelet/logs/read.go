package logs

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Options choose what is read, as in `kubectl logs`.
type Options struct {
	Follow     bool
	Timestamps bool
	// Tail is how many lines from the end, negative = all.
	Tail  int64
	Since time.Time
	// Limit is the most bytes written, 0 = no limit.
	Limit int64
	// Ended is closed when the container runs no more and its log is complete; nil = it already is.
	Ended <-chan struct{}
}

// errLimit ends reading when enough is written.
var errLimit = errors.New("limit reached")

// Read writes the log file at path to the streams; one that is nil is left out. Following ends with
// ctx (no error), or with the container.
func Read(ctx context.Context, path string, options Options, stdout, stderr io.Writer) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open log file: %w", err)
	}
	r := &reader{path: path, options: options, stdout: stdout, stderr: stderr, file: file, inside: map[string]bool{}}
	defer func() { r.file.Close() }()
	if options.Tail >= 0 {
		if err := seekTail(file, options.Tail); err != nil {
			return err
		}
	}
	var watcher *fsnotify.Watcher
	if options.Follow && options.Ended != nil {
		if watcher, err = fsnotify.NewWatcher(); err != nil {
			return fmt.Errorf("watch log file: %w", err)
		}
		defer watcher.Close()
		if err := watcher.Add(filepath.Dir(path)); err != nil {
			return fmt.Errorf("watch log file: %w", err)
		}
	}
	err = r.run(ctx, watcher)
	if errors.Is(err, errLimit) || ctx.Err() != nil {
		return nil
	}
	return err
}

type reader struct {
	path           string
	options        Options
	stdout, stderr io.Writer
	file           *os.File
	rest           []byte // a line whose end is not written yet
	written        int64
	inside         map[string]bool // the stream is within a line of several parts
}

func (r *reader) run(ctx context.Context, watcher *fsnotify.Watcher) error {
	for {
		if err := r.drain(ctx); err != nil {
			return err
		}
		if watcher == nil {
			return r.flush()
		}
		ended, err := r.wait(ctx, watcher)
		if err != nil {
			return err
		}
		if ended {
			watcher = nil // once more, for what came at last
		}
	}
}

// drain reads to the end of the file.
func (r *reader) drain(ctx context.Context) error {
	in := bufio.NewReaderSize(r.file, 64<<10)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		raw, err := in.ReadBytes('\n')
		r.rest = append(r.rest, raw...)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read log file: %w", err)
		}
		whole := r.rest
		r.rest = nil
		if err := r.write(whole); err != nil {
			return err
		}
	}
}

// flush writes a last line without an end.
func (r *reader) flush() error {
	if len(r.rest) == 0 {
		return nil
	}
	return r.write(r.rest)
}

func (r *reader) write(raw []byte) error {
	l, err := parseLine(raw)
	if err != nil {
		return nil // a line torn by a crash; the others still count
	}
	out := r.stdout
	if l.stream == "stderr" {
		out = r.stderr
	}
	if out == nil || !r.options.Since.IsZero() && l.before(r.options.Since) {
		return nil
	}
	var text []byte
	if r.options.Timestamps && !r.inside[l.stream] {
		text = append(append(text, l.time...), ' ')
	}
	text = append(text, l.text...)
	if !l.partial {
		text = append(text, '\n')
	}
	r.inside[l.stream] = l.partial
	return r.emit(out, text)
}

func (r *reader) emit(out io.Writer, text []byte) error {
	full := false
	if limit := r.options.Limit; limit > 0 && r.written+int64(len(text)) >= limit {
		text, full = text[:limit-r.written], true
	}
	n, err := out.Write(text)
	r.written += int64(n)
	if err != nil {
		return fmt.Errorf("write log: %w", err)
	}
	if full {
		return errLimit
	}
	return nil
}

// wait returns when there may be more to read. A file that was rotated away is read to its end, then the new one is opened.
func (r *reader) wait(ctx context.Context, watcher *fsnotify.Watcher) (ended bool, err error) {
	for {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-r.options.Ended:
			return true, nil
		case err := <-watcher.Errors:
			return false, fmt.Errorf("watch log file: %w", err)
		case event := <-watcher.Events:
			if filepath.Base(event.Name) != filepath.Base(r.path) {
				continue
			}
			if event.Has(fsnotify.Create) {
				return false, r.reopen(ctx)
			}
			return false, nil
		}
	}
}

func (r *reader) reopen(ctx context.Context) error {
	if err := r.drain(ctx); err != nil {
		return err
	}
	fresh, err := os.Open(r.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open log file: %w", err)
	}
	old := r.file
	r.file = fresh
	return old.Close()
}
