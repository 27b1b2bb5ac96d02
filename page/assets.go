package page

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"mime"
	"net/http"
	"path"

	"github.com/gin-gonic/gin"
)

// assets are the files of static/ by name.
type assets map[string]asset

type asset struct {
	content []byte
	kind    string
	version string // changes with the content
}

func loadAssets(files embed.FS) (assets, error) {
	entries, err := files.ReadDir("static")
	if err != nil {
		return nil, fmt.Errorf("list static files: %w", err)
	}
	found := assets{}
	for _, entry := range entries {
		content, err := files.ReadFile("static/" + entry.Name())
		if err != nil {
			return nil, fmt.Errorf("read static file: %w", err)
		}
		sum := sha256.Sum256(content)
		found[entry.Name()] = asset{content, mime.TypeByExtension(path.Ext(entry.Name())), hex.EncodeToString(sum[:6])}
	}
	return found, nil
}

// serveAsset serves a static file. Its address carries its version, so that
// browsers may keep it for good.
func (s *site) serveAsset(c *gin.Context) {
	found, ok := s.assets[c.Param("name")]
	if !ok {
		s.show(c, http.StatusNotFound, "message", notThere)
		return
	}
	if c.Query("v") == found.version {
		c.Header("Cache-Control", "public, max-age=31536000, immutable")
	}
	c.Data(http.StatusOK, found.kind, found.content)
}

// asset is the address of a static file.
func (s *site) asset(name string) string {
	return s.base + "/static/" + name + "?v=" + s.assets[name].version
}
