package service

import (
	"fmt"
	"log/slog"
	"net/http"

	"github.com/ometria/ometria-bigcommerce/page"
	"github.com/ometria/ometria-bigcommerce/store"
)

// ofAPI are the addresses that programs call; every other one is the page's.
var ofAPI = []string{"/v1/", "/webhooks/", "/healthz", "/readyz", "/metrics", "/openapi.json"}

// withPage puts the Connections page beside the API.
func withPage(api http.Handler, config Config, logger *slog.Logger) (http.Handler, error) {
	keys, err := store.ParseKeys(config.EncryptionKeys.Reveal())
	if err != nil {
		return nil, fmt.Errorf("read OBC_ENCRYPTION_KEYS: %w", err)
	}
	connections, err := page.New(page.Options{API: api, Sealer: keys, PublicURL: config.PublicURL, Logger: logger})
	if err != nil {
		return nil, fmt.Errorf("build page: %w", err)
	}
	mux := http.NewServeMux()
	for _, path := range ofAPI {
		mux.Handle(path, api)
	}
	mux.Handle("/", connections)
	return mux, nil
}
