package archtest

import (
	"encoding/json"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The image is built from what .dockerignore lets through: a file that the
// product embeds and the list forgets would end the build.
func TestImageHoldsWhatTheProductIsBuiltFrom(t *testing.T) {
	rules, err := os.ReadFile(filepath.Join(root, ".dockerignore"))
	require.NoError(t, err)
	list := exec.Command("go", "list", "-deps", "-json=ImportPath,GoFiles,EmbedFiles", "./cmd/ometria-bigcommerce")
	list.Dir = root
	out, err := list.Output()
	require.NoError(t, err)
	files := 0
	for decoder := json.NewDecoder(strings.NewReader(string(out))); decoder.More(); {
		var p struct {
			ImportPath          string
			GoFiles, EmbedFiles []string
		}
		require.NoError(t, decoder.Decode(&p))
		folder, ours := strings.CutPrefix(p.ImportPath, module+"/")
		if !ours {
			continue
		}
		for _, file := range append(p.GoFiles, p.EmbedFiles...) {
			files++
			assert.True(t, letThrough(string(rules), path.Join(folder, file)), "%s/%s", folder, file)
		}
	}
	assert.NotZero(t, files)
	assert.False(t, letThrough(string(rules), ".data/dev.json"), "a run's secrets stay out")
}

// letThrough reports whether a .dockerignore lets a file into the build: the
// last rule that fits it, or a folder above it, decides.
func letThrough(rules, file string) bool {
	in := true
	for rule := range strings.Lines(rules) {
		rule = strings.TrimSpace(rule)
		pattern, back := strings.CutPrefix(rule, "!")
		if rule == "" || !fits(pattern, file) {
			continue
		}
		in = back
	}
	return in
}

func fits(pattern, file string) bool {
	for name := file; name != "."; name = path.Dir(name) {
		if rest, anywhere := strings.CutPrefix(pattern, "**/"); anywhere {
			if ok, _ := path.Match(rest, path.Base(name)); ok {
				return true
			}
		} else if ok, _ := path.Match(pattern, name); ok {
			return true
		}
	}
	return false
}
