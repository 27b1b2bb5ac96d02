package ometria

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// layers is every transport layer, outermost first.
func (c Config) layers() http.RoundTripper {
	return observed{c.Observe,
		logged{c.Logger,
			authenticated{c.APIKey, c.UserAgent,
				c.Transport}}}
}

type routeKey struct{}

// withRoute tells the layers the path with its ids taken out.
func withRoute(ctx context.Context, route string) context.Context {
	return context.WithValue(ctx, routeKey{}, route)
}

func routeOf(req *http.Request) string {
	route, _ := req.Context().Value(routeKey{}).(string)
	return route
}

func statusOf(resp *http.Response) int {
	if resp == nil {
		return 0
	}
	return resp.StatusCode
}

// authenticated adds the headers that Ometria's own client sends on a push.
type authenticated struct {
	key, userAgent string
	next           http.RoundTripper
}

func (l authenticated) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("X-Ometria-Auth", l.key)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", l.userAgent)
	if req.Body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return l.next.RoundTrip(req)
}

// logged writes a debug line a request: route, status and time.
type logged struct {
	logger *slog.Logger
	next   http.RoundTripper
}

func (l logged) RoundTrip(req *http.Request) (*http.Response, error) {
	if l.logger == nil {
		return l.next.RoundTrip(req)
	}
	start := time.Now()
	resp, err := l.next.RoundTrip(req)
	attrs := []slog.Attr{
		slog.String("method", req.Method), slog.String("route", routeOf(req)),
		slog.Int("status", statusOf(resp)), slog.Duration("took", time.Since(start)),
	}
	if err != nil {
		attrs = append(attrs, slog.Any("err", bare(err)))
	}
	l.logger.LogAttrs(req.Context(), slog.LevelDebug, "ometria request", attrs...)
	return resp, err
}

// observed tells metrics of each request.
type observed struct {
	observe func(Exchange)
	next    http.RoundTripper
}

func (l observed) RoundTrip(req *http.Request) (*http.Response, error) {
	if l.observe == nil {
		return l.next.RoundTrip(req)
	}
	start := time.Now()
	resp, err := l.next.RoundTrip(req)
	l.observe(Exchange{
		Method: req.Method, Route: routeOf(req), Status: statusOf(resp),
		Took: time.Since(start), Err: bare(err),
	})
	return resp, err
}
