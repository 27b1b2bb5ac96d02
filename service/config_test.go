package service

import (
	"bufio"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/api"
)

// readEnv returns a file's NAME=value lines and, of lines that begin with
// "#! ", the errors expected.
func readEnv(t *testing.T, path string) (environ, expected []string) {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		text := lines.Text()
		if message, ok := strings.CutPrefix(text, "#! "); ok {
			expected = append(expected, message)
		} else if text != "" && !strings.HasPrefix(text, "#") {
			environ = append(environ, text)
		}
	}
	require.NoError(t, lines.Err())
	return environ, expected
}

func configFiles(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "config", pattern))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

func TestGoodConfigs(t *testing.T) {
	for _, path := range configFiles(t, "*.good.env") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			environ, _ := readEnv(t, path)
			_, err := LoadConfig(environ)
			require.NoError(t, err)
		})
	}
}

func TestBadConfigsNameEachVariableAndItsFormAndNoValue(t *testing.T) {
	for _, path := range configFiles(t, "*.bad.env") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			environ, expected := readEnv(t, path)
			_, err := LoadConfig(environ)
			require.Error(t, err)
			assert.Equal(t, expected, strings.Split(err.Error(), "\n"))
			assert.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestLeastConfigHasTheDefaults(t *testing.T) {
	environ, _ := readEnv(t, filepath.Join("testdata", "config", "least.good.env"))
	c, err := LoadConfig(environ)
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:8080", c.HTTPAddr)
	assert.Equal(t, "http://127.0.0.1:8080", c.PublicURL, "follows from a loopback address")
	assert.Equal(t, "https://api.bigcommerce.com", c.BigCommerceURL)
	assert.Equal(t, "https://api.ometria.com", c.OmetriaURL)
	assert.Equal(t, "https://cdn.ometria.com/tags/", c.OmetriaTagURL)
	assert.InDelta(t, 0.2, float64(c.BigCommerceReserve), 1e-9)
	assert.InDelta(t, 8, c.OmetriaPushesPerSecond, 1e-9)
	assert.Equal(t, time.Hour, c.ReconcileEvery)
	assert.Equal(t, slog.LevelInfo, c.LogLevel)
	assert.Equal(t, "json", c.LogFormat)
}

func TestEverythingIsRead(t *testing.T) {
	environ, _ := readEnv(t, filepath.Join("testdata", "config", "everything.good.env"))
	c, err := LoadConfig(environ)
	require.NoError(t, err)
	assert.Equal(t, "https://sync.example.com", c.PublicURL, "no slash at the end")
	assert.Equal(t, Tokens{
		{Role: api.Admin, Name: "alice", Token: "first-token"},
		{Role: api.Support, Token: "second-token"},
	}, c.Tokens)
	assert.InDelta(t, 0.35, float64(c.BigCommerceReserve), 1e-9)
	assert.Zero(t, c.OmetriaPushesPerSecond)
	assert.Equal(t, 15*time.Minute, c.ReconcileEvery)
	assert.Equal(t, slog.LevelDebug, c.LogLevel)
}

func TestUsageNamesEveryVariableWithFormAndMeaning(t *testing.T) {
	usage := Usage()
	for _, v := range Variables() {
		assert.Contains(t, usage, v.Name)
		assert.Contains(t, usage, v.Meaning)
		assert.NotEmpty(t, v.Form, v.Name)
		assert.NotEmpty(t, v.Meaning, v.Name)
	}
	assert.Contains(t, usage, "TEMPORAL_ADDRESS")
}

// The identification code follows the tag's URL at once.
func TestTagURLEndsInASlash(t *testing.T) {
	config, err := LoadConfig([]string{
		"OBC_DATABASE_URL=sqlite:obc.db", "OBC_ENCRYPTION_KEYS=k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
		"OBC_TOKENS=admin:first-token", "OBC_OMETRIA_TAG_URL=https://cdn.example.com/tags",
	})
	require.NoError(t, err)
	assert.Equal(t, "https://cdn.example.com/tags/", config.OmetriaTagURL)
}
