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

// Journal is an append-only file of JSON lines. A nil Journal forgets
// everything, which is what a simulator without a directory wants.
type Journal struct {
	mu   sync.Mutex // guards file
	file *os.File
}

// Open replays the lines of the file at path, oldest first, then opens it for
// appending. A missing file is an empty one. A last line without its newline
// was torn by a kill and is cut off; any other line that replay refuses is an
// error.
func Open(path string, replay func(line []byte) error) (*Journal, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("make journal folder: %w", err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	whole, err := replayLines(file, replay)
	if err == nil {
		err = file.Truncate(whole)
	}
	if err == nil {
		_, err = file.Seek(whole, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("replay journal: %w", err), file.Close())
	}
	return &Journal{file: file}, nil
}

// replayLines returns the length of the whole lines.
func replayLines(r io.Reader, replay func([]byte) error) (int64, error) {
	var whole int64
	in := bufio.NewReaderSize(r, 1<<16)
	for number := 1; ; number++ {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return whole, nil // what is left, if anything, is torn
		}
		if err != nil {
			return whole, err
		}
		if err := replay(bytes.TrimSuffix(line, []byte("\n"))); err != nil {
			return whole, fmt.Errorf("line %d: %w", number, err)
		}
		whole += int64(len(line))
	}
}

// Append writes v as one line with one write call.
func (j *Journal) Append(v any) error {
	if j == nil {
		return nil
	}
	line, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode journal line: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return fmt.Errorf("append to journal: %w", os.ErrClosed)
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("append to journal: %w", err)
	}
	return nil
}

// Close closes the file. It may be called twice.
func (j *Journal) Close() error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	file := j.file
	j.file = nil
	return file.Close()
}
