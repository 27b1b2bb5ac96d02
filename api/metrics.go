package api

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	webhooks *prometheus.CounterVec
	// signatures are of deliveries whose connection has a client secret.
	signatures *prometheus.CounterVec
	requests   *prometheus.CounterVec
	duration   *prometheus.HistogramVec
}

func newMetrics(registerer prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		webhooks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "obc_webhooks_total", Help: "Webhook deliveries by what became of them.",
		}, []string{"result"}),
		signatures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "obc_webhook_signatures_total", Help: "Signatures of accepted webhook deliveries, where a client secret is known.",
		}, []string{"result"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "obc_http_requests_total", Help: "HTTP requests answered.",
		}, []string{"route", "method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "obc_http_request_duration_seconds", Help: "Time from a request's header to its answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}, []string{"route", "method"}),
	}
	for _, c := range []prometheus.Collector{m.webhooks, m.signatures, m.requests, m.duration} {
		if err := registerer.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	for _, r := range webhookResults {
		m.webhooks.WithLabelValues(string(r))
	}
	for _, r := range signatureResults {
		m.signatures.WithLabelValues(string(r))
	}
	return m, nil
}

// observe counts and logs each request by its route's template: a URL may hold
// what no log should.
func (a *api) observe(c *gin.Context) {
	began := time.Now()
	c.Next()
	took := time.Since(began)
	route, method, status := c.FullPath(), knownMethod(c.Request.Method), c.Writer.Status()
	if route == "" {
		route = "none"
	}
	a.metrics.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	a.metrics.duration.WithLabelValues(route, method).Observe(took.Seconds())
	caller := callerIn(c)
	if caller.role == nobody {
		a.Logger.DebugContext(c.Request.Context(), "request answered", "route", route, "method", method, "status", status, "took", took)
		return
	}
	attributes := []any{"route", route, "method", method, "status", status, "took", took, "role", caller.role, "caller", caller.name}
	if id := c.Param("connection_id"); id != "" && checkID(id, "") == nil {
		attributes = append(attributes, "connection_id", id)
	}
	a.Logger.InfoContext(c.Request.Context(), "request answered", attributes...)
}

// knownMethod keeps the label's set closed: callers choose methods.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// recover turns a panic into a problem without details.
func (a *api) recover(c *gin.Context) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		if cause == http.ErrAbortHandler {
			panic(cause)
		}
		// Only the type: a panic's value may hold anything.
		a.Logger.ErrorContext(c.Request.Context(), "handler panicked", "route", c.FullPath(),
			"err", fmt.Sprintf("%T", cause), "stack", string(debug.Stack()))
		if c.Writer.Written() {
			c.Abort()
			return
		}
		a.fail(c, newProblem(kindInternal, "something went wrong on our side; the log has the cause"))
	}()
	c.Next()
}

// securityHeaders are for browsers: nothing here is a page, and no answer may
// be kept.
func securityHeaders(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
}
