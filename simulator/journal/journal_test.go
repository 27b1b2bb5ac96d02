package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/simulator/journal"
)

func replayed(t *testing.T, path string) ([]string, *journal.Journal) {
	t.Helper()
	var lines []string
	j, err := journal.Open(path, func(line []byte) error {
		lines = append(lines, string(line))
		return nil
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, j.Close()) })
	return lines, j
}

func TestJournalReplaysWhatWasAppended(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deeper", "journal.jsonl")
	lines, j := replayed(t, path)
	require.Empty(t, lines)
	require.NoError(t, j.Append(map[string]int{"a": 1}))
	require.NoError(t, j.Append("two\nlines"))
	require.NoError(t, j.Close())
	require.ErrorIs(t, j.Append(3), os.ErrClosed)

	lines, _ = replayed(t, path)
	require.Equal(t, []string{`{"a":1}`, `"two\nlines"`}, lines)
}

func TestJournalCutsOffATornLastLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	require.NoError(t, os.WriteFile(path, []byte("1\n2\n{\"torn\":"), 0o600))
	lines, j := replayed(t, path)
	require.Equal(t, []string{"1", "2"}, lines)
	require.NoError(t, j.Append(3))

	lines, _ = replayed(t, path)
	require.Equal(t, []string{"1", "2", "3"}, lines)
}

func TestJournalNamesTheLineThatReplayRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	require.NoError(t, os.WriteFile(path, []byte("1\n2\n"), 0o600))
	_, err := journal.Open(path, func(line []byte) error {
		if string(line) == "2" {
			return errors.New("no twos")
		}
		return nil
	})
	require.EqualError(t, err, "replay journal: line 2: no twos")
}

func TestNilJournalForgets(t *testing.T) {
	var j *journal.Journal
	require.NoError(t, j.Append(1))
	require.NoError(t, j.Close())
}
