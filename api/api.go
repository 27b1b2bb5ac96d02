package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/inspect"
	"github.com/ometria/ometria-bigcommerce/starter"
	"github.com/ometria/ometria-bigcommerce/store"
)

// Starter starts and signals workflows. *starter.Starter is one.
type Starter interface {
	Ready(ctx context.Context) error
	SetUp(ctx context.Context, c connection.Connection) (workflowID string, err error)
	UpdateScript(ctx context.Context, c connection.Connection) (workflowID string, err error)
	ReplaceAuthentication(ctx context.Context, c connection.Connection) (workflowID string, err error)
	Resync(ctx context.Context, c connection.Connection, r starter.Resync) (workflowID string, err error)
	Pause(ctx context.Context, id connection.ID) error
	Resume(ctx context.Context, id connection.ID) error
	Remove(ctx context.Context, c connection.Connection) (workflowID string, err error)
	ReconcileNow(ctx context.Context, id connection.ID) error
	Running(ctx context.Context, workflowID string) (bool, error)
	RecordWorkflow(ctx context.Context, key connection.RecordKey) (*starter.RecordWorkflow, error)
}

// Inspector answers from the live accounts. *inspect.Inspector is one.
type Inspector interface {
	Test(ctx context.Context, id connection.AuthenticationID) (connection.Report, error)
	OrderStatuses(ctx context.Context, id connection.AuthenticationID) ([]bigcommerce.OrderStatus, error)
	ResolveStatusRules(ctx context.Context, id connection.AuthenticationID, rules []connection.StatusRule) ([]connection.StatusRule, connection.ValidationError, error)
	Preview(ctx context.Context, key connection.RecordKey) (inspect.Preview, error)
	Check(ctx context.Context, key connection.RecordKey) (inspect.RecordCheck, error)
	ByEmail(ctx context.Context, id connection.ID, email string) ([]inspect.Match, error)
	ByOrderNumber(ctx context.Context, id connection.ID, number string) ([]inspect.Match, error)
}

// Options is what New needs. Store, Starter, Inspector and at least one token
// are required.
type Options struct {
	Store     *store.Store
	Starter   Starter
	Inspector Inspector
	Tokens    []Token

	// PublicURL is where BigCommerce and people reach this service; it stands
	// in the OpenAPI document as the server. Empty means relative addresses.
	PublicURL string
	// TemporalUIURL is the Temporal Web UI's origin; without it answers carry
	// no links into it.
	TemporalUIURL string
	// TemporalNamespace is named in those links; "default" if empty.
	TemporalNamespace string

	// Wake is called after records became dirty, so that a dispatcher in this
	// process need not wait for its next poll. It must not block. May be nil.
	Wake func()
	// Stopping is closed when the service stops: streams of events end then.
	// May be nil.
	Stopping <-chan struct{}
	// Ready reports whether Temporal answers; Starter.Ready if nil.
	Ready func(ctx context.Context) error

	// Registerer gets this package's metrics, Gatherer is shown at /metrics.
	// Nil means a new registry.
	Registerer prometheus.Registerer
	Gatherer   prometheus.Gatherer

	Logger *slog.Logger // discards if nil

	BodyLimit        int64         // bytes of a REST request's body; 256 KiB if 0
	WebhookBodyLimit int64         // bytes of a webhook's body; 64 KiB if 0
	WebhookTimeout   time.Duration // until an uncommitted webhook gets 503; 10 s if 0
	RequestTimeout   time.Duration // for a REST request; 50 s if 0
}

type api struct {
	Options
	tokens     []knownToken
	metrics    *metrics
	signatures *signatures
	overviews  overviews
	openapi    []byte
}

// New returns the handler of every route, or an error that names what in
// options is wrong.
func New(options Options) (http.Handler, error) {
	engine, err := newEngine(options)
	if err != nil {
		return nil, err
	}
	return engine, nil
}

func newEngine(options Options) (*gin.Engine, error) {
	a, err := newAPI(options)
	if err != nil {
		return nil, err
	}
	gin.SetMode(gin.ReleaseMode) // debug mode prints to standard output
	engine := gin.New()
	engine.RedirectTrailingSlash = false
	engine.RedirectFixedPath = false
	engine.HandleMethodNotAllowed = true
	// Addresses of callers are not used: no proxy is believed.
	if err := engine.SetTrustedProxies(nil); err != nil {
		return nil, fmt.Errorf("set trusted proxies: %w", err)
	}
	engine.Use(a.observe, a.recover, securityHeaders)
	engine.NoRoute(func(c *gin.Context) { a.fail(c, notFound("there is nothing at this address")) })
	engine.NoMethod(func(c *gin.Context) {
		a.fail(c, newProblem(kindMethod, "this address takes another method; see Allow"))
	})
	for _, r := range a.routes() {
		engine.Handle(r.method, r.path, a.authorize(r.role), r.handle)
	}
	return engine, nil
}

func newAPI(o Options) (*api, error) {
	var missing []error
	if o.Store == nil {
		missing = append(missing, errors.New("options: Store is missing"))
	}
	if o.Starter == nil {
		missing = append(missing, errors.New("options: Starter is missing"))
	}
	if o.Inspector == nil {
		missing = append(missing, errors.New("options: Inspector is missing"))
	}
	tokens, err := hashTokens(o.Tokens)
	missing = append(missing, err, checkOrigin("PublicURL", o.PublicURL), checkOrigin("TemporalUIURL", o.TemporalUIURL))
	if err := errors.Join(missing...); err != nil {
		return nil, err
	}
	if o.Registerer == nil || o.Gatherer == nil {
		registry := prometheus.NewRegistry()
		if o.Registerer == nil {
			o.Registerer = registry
		}
		if o.Gatherer == nil {
			o.Gatherer = registry
		}
	}
	if o.TemporalNamespace == "" {
		o.TemporalNamespace = "default"
	}
	if o.Wake == nil {
		o.Wake = func() {}
	}
	if o.Ready == nil {
		o.Ready = o.Starter.Ready
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.BodyLimit <= 0 {
		o.BodyLimit = 256 << 10
	}
	if o.WebhookBodyLimit <= 0 {
		o.WebhookBodyLimit = 64 << 10
	}
	if o.WebhookTimeout <= 0 {
		o.WebhookTimeout = 10 * time.Second
	}
	if o.RequestTimeout <= 0 {
		o.RequestTimeout = 50 * time.Second // the store takes a request of over a minute for dead
	}
	o.PublicURL = strings.TrimRight(o.PublicURL, "/")
	o.TemporalUIURL = strings.TrimRight(o.TemporalUIURL, "/")
	a := &api{Options: o, tokens: tokens, signatures: newSignatures(o.Store, o.Logger)}
	if a.metrics, err = newMetrics(o.Registerer); err != nil {
		return nil, err
	}
	if a.openapi, err = document(o.PublicURL); err != nil {
		return nil, err
	}
	return a, nil
}

func checkOrigin(name, text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("options: %s: want http:// or https:// and a host", name)
	}
	return nil
}

// NewServer returns a server whose timeouts suit the handler: a slow sender
// cannot hold a connection, and the longest answer, testing an authentication,
// has the time it needs.
func NewServer(addr string, handler http.Handler) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      90 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
	}
}
