package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// patchShop changes what the simulated store holds.
func (s state) patchShop(t *testing.T, path string, fields map[string]any) {
	t.Helper()
	body, err := json.Marshal(fields)
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, "http://"+s.Addresses.BigCommerce+"/_simulator/"+path, bytes.NewReader(body))
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Less(t, resp.StatusCode, 300, "%s", answer)
}

func (s state) metrics(t *testing.T) string {
	t.Helper()
	resp, err := http.Get("http://" + s.Addresses.HTTP + "/metrics")
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(text)
}

// TestWebhooksThatNameNoRecord: a renamed category reaches the products below it
// at Ometria, and a second paying currency parks the connection, long before the
// hour of Reconcile.
func TestWebhooksThatNameNoRecord(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), nil, "--customers", "2", "--subscribers", "2", "--products", "30", "--orders", "2")
	s := p.ready()
	client := s.client()
	c := connect(t, p, client, s.authentication(), "no-record", "connected")

	var products struct {
		Data []struct {
			ID         int64   `json:"id"`
			Categories []int64 `json:"categories"`
		}
	}
	s.shopGet(t, "/v3/catalog/products?limit=250", &products)
	var category int64
	for _, product := range products.Data {
		if len(product.Categories) > 0 {
			category = product.Categories[0]
		}
	}
	require.NotZero(t, category)
	s.patchShop(t, "categories/"+jsonText(t, category), map[string]any{"name": "Renamed aisle"})
	for _, product := range products.Data {
		if !strings.Contains(jsonText(t, product.Categories), jsonText(t, category)) {
			continue
		}
		p.eventually(time.Minute, "the new name is at Ometria", func() bool {
			resp, err := http.Get("http://" + s.Addresses.Ometria + "/_simulator/records/product/" + jsonText(t, product.ID))
			require.NoError(t, err)
			defer func() { _ = resp.Body.Close() }()
			held, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			return strings.Contains(string(held), "Renamed aisle")
		})
	}
	metrics := s.metrics(t)
	assert.NotContains(t, metrics, `obc_webhook_signatures_total{result="valid"} 0`)
	assert.Contains(t, metrics, `obc_webhook_signatures_total{result="mismatch"} 0`)

	s.patchShop(t, "store", map[string]any{"currencies": []string{"USD", "EUR"}})
	p.eventually(time.Minute, "parked", func() bool {
		now, err := client.Connection(t.Context(), c.ID)
		require.NoError(t, err)
		for _, a := range now.Attention {
			if a.Code == "multi_currency" {
				return true
			}
		}
		return false
	})
}

func jsonText(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}
