package ometriasim

import (
	_ "embed"
	"net/http"
	"strings"
)

//go:embed tag.js
var tagFile string

// TagOptions are what differs between accounts' tag files, where nobody knows.
type TagOptions struct {
	// Silent does not call the page's ometria.onLoad.
	Silent bool
}

// Tag serves an account's JavaScript tag file at /tags/{code}.js, with the API
// of the real one (init, identify, Basket, setBasket, trackTransaction) and
// without a platform plugin. It checks what it is called with, and keeps the
// calls in window.ometriaCalls for a test to read.
func Tag(o TagOptions) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		code, ok := strings.CutPrefix(r.URL.Path, "/tags/")
		code, js := strings.CutSuffix(code, ".js")
		if !ok || !js || code == "" {
			http.NotFound(w, r)
			return
		}
		file := strings.ReplaceAll(tagFile, "ACCOUNT", code)
		if o.Silent {
			file = strings.ReplaceAll(file, "var silent = false", "var silent = true")
		}
		w.Header().Set("Content-Type", "application/javascript")
		_, _ = w.Write([]byte(file))
	})
}
