package activities

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

// Metrics counts outcomes where they are decided. A nil Metrics counts nothing.
type Metrics struct {
	records  *prometheus.CounterVec
	later    *prometheus.CounterVec
	passes   *prometheus.CounterVec
	requests *prometheus.HistogramVec
	groups   *prometheus.HistogramVec
}

// NewMetrics registers the metrics on r.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		records: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "obc_records_total", Help: "Records dealt with, by entity and outcome.",
		}, []string{"entity", "outcome"}),
		later: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "obc_records_rejected_later_total", Help: "Records that Ometria refused after it had accepted the push.",
		}, []string{"entity"}),
		passes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "obc_reconcile_found_total", Help: "Records that a pass over a store found changed or missing, by entity and pass (fast or full).",
		}, []string{"entity", "pass"}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "obc_remote_request_seconds", Help: "Requests to BigCommerce and Ometria, by route and status (0: no answer).",
			Buckets: []float64{.01, .03, .1, .3, 1, 3, 10, 30},
		}, []string{"remote", "method", "route", "status"}),
	}
	m.groups = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "obc_records_together", Help: "Changed records that shared one request, by work (read, push).",
		Buckets: []float64{1, 2, 5, 10, 20, 50, 100},
	}, []string{"work"})
	r.MustRegister(m.records, m.later, m.passes, m.requests, m.groups)
	return m
}

func (m *Metrics) record(e connection.Entity, o connection.Outcome) {
	if m != nil {
		m.records.WithLabelValues(string(e), string(o)).Inc()
	}
}

func (m *Metrics) rejectedLater(e connection.Entity) {
	if m != nil {
		m.later.WithLabelValues(string(e)).Inc()
	}
}

func (m *Metrics) together(work string, records int) {
	if m != nil {
		m.groups.WithLabelValues(work).Observe(float64(records))
	}
}

func (m *Metrics) found(e connection.Entity, kind connection.PassKind, n int) {
	if m != nil {
		m.passes.WithLabelValues(string(e), string(kind)).Add(float64(n))
	}
}

// BigCommerce observes one exchange with BigCommerce.
func (m *Metrics) BigCommerce(x bigcommerce.Exchange) {
	m.request("bigcommerce", x.Method, x.Route, x.Status, x.Took)
}

// Ometria observes one exchange with Ometria.
func (m *Metrics) Ometria(x ometria.Exchange) {
	m.request("ometria", x.Method, x.Route, x.Status, x.Took)
}

func (m *Metrics) request(remote, method, route string, status int, took time.Duration) {
	if m != nil {
		m.requests.WithLabelValues(remote, method, route, strconv.Itoa(status)).Observe(took.Seconds())
	}
}
