package logs

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

const tailBlock = 32 << 10

// seekTail puts the file at the start of its last n lines. A line of several parts counts as one.
func seekTail(file *os.File, n int64) error {
	end, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("seek in log file: %w", err)
	}
	start, err := tailStart(file, end, n)
	if err != nil {
		return fmt.Errorf("read log file: %w", err)
	}
	if _, err := file.Seek(start, io.SeekStart); err != nil {
		return fmt.Errorf("seek in log file: %w", err)
	}
	return nil
}

// tailStart reads backwards until n whole lines are found.
func tailStart(file io.ReaderAt, end, n int64) (int64, error) {
	if n == 0 {
		return end, nil
	}
	var tail []byte // file content from position end-len(tail)
	position := end
	for position > 0 {
		size := min(int64(tailBlock), position)
		position -= size
		block := make([]byte, size, size+int64(len(tail)))
		if _, err := file.ReadAt(block, position); err != nil && err != io.EOF {
			return 0, err
		}
		tail = append(block, tail...)
		if start, found := lastLines(tail, n); found {
			return position + start, nil
		}
	}
	return 0, nil
}

// lastLines returns where the last n lines begin, if more than n are there.
func lastLines(data []byte, n int64) (start int64, found bool) {
	var whole int64
	next := len(data)
	for next > 0 {
		begin := bytes.LastIndexByte(data[:next-1], '\n') + 1
		l, err := parseLine(data[begin:next])
		complete := err == nil && !l.partial
		if complete {
			if whole == n {
				return int64(next), true
			}
			whole++
		}
		next = begin
	}
	return 0, false
}
