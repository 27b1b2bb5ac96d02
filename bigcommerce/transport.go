package bigcommerce

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// layers is the one place that says what a request passes through, outermost
// first. There is no retry among them: the caller decides when and again.
func (c Config) layers() http.RoundTripper {
	layer := c.Transport
	layer = logged{layer, c.Logger}
	layer = observed{layer, c.OnResponse}
	layer = quotaRead{layer, c.OnQuota}
	layer = authorized{layer, c.AccessToken, c.UserAgent}
	return layer
}

// authorized adds the headers that every call needs (API accounts; status codes).
type authorized struct {
	next      http.RoundTripper
	token     string
	userAgent string
}

func (a authorized) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Auth-Token", a.token)
	// Without it, old stores' v2 may answer XML.
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", a.userAgent)
	if r.Body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return a.next.RoundTrip(r)
}

// quotaRead hands the quota of every answer that tells it to the pacing layer.
type quotaRead struct {
	next    http.RoundTripper
	observe func(Quota)
}

func (q quotaRead) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := q.next.RoundTrip(r)
	if err == nil && q.observe != nil {
		if quota, ok := readQuota(resp.Header); ok {
			q.observe(quota)
		}
	}
	return resp, err
}

// observed tells metrics of each exchange.
type observed struct {
	next    http.RoundTripper
	observe func(Exchange)
}

func (o observed) RoundTrip(r *http.Request) (*http.Response, error) {
	if o.observe == nil {
		return o.next.RoundTrip(r)
	}
	start := time.Now()
	resp, err := o.next.RoundTrip(r)
	exchange := Exchange{Method: r.Method, Route: routeOf(r), Took: time.Since(start)}
	if err != nil {
		exchange.Err = transportError(exchange.Route, err)
	} else {
		exchange.Status = resp.StatusCode
	}
	o.observe(exchange)
	return resp, err
}

// logged writes one debug line a request, without a query's values.
type logged struct {
	next http.RoundTripper
	log  *slog.Logger
}

func (l logged) RoundTrip(r *http.Request) (*http.Response, error) {
	if l.log == nil || !l.log.Enabled(r.Context(), slog.LevelDebug) {
		return l.next.RoundTrip(r)
	}
	start := time.Now()
	resp, err := l.next.RoundTrip(r)
	attrs := []slog.Attr{slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Duration("took", time.Since(start))}
	if err != nil {
		attrs = append(attrs, slog.Any("err", transportError(routeOf(r), err)))
	} else {
		attrs = append(attrs, slog.Int("status", resp.StatusCode))
	}
	l.log.LogAttrs(r.Context(), slog.LevelDebug, "bigcommerce request", attrs...)
	return resp, err
}

type routeKey struct{}

func withRoute(ctx context.Context, route string) context.Context {
	return context.WithValue(ctx, routeKey{}, route)
}

func routeOf(r *http.Request) string {
	route, _ := r.Context().Value(routeKey{}).(string)
	return route
}
