package api

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.yaml.in/yaml/v3"

	"github.com/ometria/ometria-bigcommerce/connection"
)

type health struct {
	Status string `json:"status"`
}

func (a *api) healthz(c *gin.Context) { c.JSON(http.StatusOK, health{"ok"}) }

// readyz says whether work can be taken on, and which of the two that it needs
// does not answer.
func (a *api) readyz(c *gin.Context) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), 5*time.Second)
	defer cancel()
	var bad connection.ValidationError
	for _, need := range []struct {
		name  string
		check func(context.Context) error
	}{{"database", a.Store.Ping}, {"temporal", a.Ready}} {
		if err := need.check(ctx); err != nil {
			a.Logger.WarnContext(ctx, "not ready", "needs", need.name, "err", err)
			bad = append(bad, connection.FieldError{Field: need.name, Code: "unavailable", Message: need.name + " does not answer"})
		}
	}
	if len(bad) > 0 {
		p := unavailable("see errors for what does not answer", 5*time.Second, nil)
		p.Errors = bad
		a.fail(c, p)
		return
	}
	c.JSON(http.StatusOK, health{"ready"})
}

func (a *api) showMetrics() gin.HandlerFunc {
	return gin.WrapH(promhttp.HandlerFor(a.Gatherer, promhttp.HandlerOpts{}))
}

func (a *api) showDocument(c *gin.Context) {
	c.Data(http.StatusOK, "application/json; charset=utf-8", a.openapi)
}

//go:embed openapi/*.yaml
var openapiFiles embed.FS

// document joins the files of openapi/ into one OpenAPI document, as JSON.
func document(publicURL string) ([]byte, error) {
	files, err := openapiFiles.ReadDir("openapi")
	if err != nil {
		return nil, fmt.Errorf("read openapi: %w", err)
	}
	whole := map[string]any{}
	for _, f := range files {
		text, err := openapiFiles.ReadFile("openapi/" + f.Name())
		if err != nil {
			return nil, fmt.Errorf("read openapi: %w", err)
		}
		var part map[string]any
		if err := yaml.Unmarshal(text, &part); err != nil {
			return nil, fmt.Errorf("parse openapi/%s: %w", f.Name(), err)
		}
		if err := join(whole, part); err != nil {
			return nil, fmt.Errorf("join openapi/%s: %w", f.Name(), err)
		}
	}
	if publicURL == "" {
		publicURL = "/"
	}
	whole["servers"] = []any{map[string]any{"url": publicURL}}
	out, err := json.Marshal(whole)
	if err != nil {
		return nil, fmt.Errorf("encode openapi: %w", err)
	}
	return out, nil
}

// join adds part to whole; the same thing said twice is a mistake.
func join(whole, part map[string]any) error {
	for name, value := range part {
		earlier, exists := whole[name]
		if !exists {
			whole[name] = value
			continue
		}
		a, okA := earlier.(map[string]any)
		b, okB := value.(map[string]any)
		if !okA || !okB {
			return fmt.Errorf("%s is said twice", name)
		}
		if err := join(a, b); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
