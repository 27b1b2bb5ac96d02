package ometria

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Defaults of a Config.
const (
	DefaultBaseURL   = "https://api.ometria.com"
	DefaultTimeout   = 20 * time.Second
	DefaultUserAgent = "ometria-bigcommerce"
)

// Config is what a Client needs. APIKey is required.
type Config struct {
	// BaseURL is the origin of the API, with or without a path prefix; /v2 is
	// added.
	BaseURL string
	// APIKey is a Data API key, sent as X-Ometria-Auth.
	APIKey string
	// Transport carries the requests; http.DefaultTransport if nil. Share one
	// among clients: each keeps its own idle connections.
	Transport http.RoundTripper
	// Timeout bounds one call from its first byte to its answer's last. A
	// claim on a record outlives it, so that a late push is known about.
	Timeout time.Duration
	// UserAgent is sent on each request.
	UserAgent string
	// Logger gets one debug line a request, never a header or a body. Nil logs
	// nothing.
	Logger *slog.Logger
	// Observe is called once a request is done, for metrics.
	Observe func(Exchange)
}

// Exchange is one finished request, without anything of its content.
type Exchange struct {
	Method string
	// Route is the path with its ids replaced by {id}: a closed set, fit to be
	// a metric's label.
	Route string
	// Status is 0 when no answer came.
	Status int
	Took   time.Duration
	Err    error
}

// Client speaks to one Ometria account. It is safe for concurrent use and
// holds nothing that needs closing.
type Client struct {
	base *url.URL
	http *http.Client
}

// New returns a client, or an error that names what in config is wrong.
func New(config Config) (*Client, error) {
	if config.BaseURL == "" {
		config.BaseURL = DefaultBaseURL
	}
	base, err := url.Parse(config.BaseURL)
	if err != nil {
		return nil, errors.New("base URL: not a URL")
	}
	if (base.Scheme != "https" && base.Scheme != "http") || base.Host == "" {
		return nil, errors.New("base URL: want http:// or https:// and a host")
	}
	if base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, errors.New("base URL: want no user, query or fragment")
	}
	config.APIKey = strings.TrimSpace(config.APIKey)
	if config.APIKey == "" {
		return nil, errors.New("API key: missing")
	}
	if strings.ContainsFunc(config.APIKey, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("API key: holds a space or a character that no header may carry")
	}
	if config.Transport == nil {
		config.Transport = http.DefaultTransport
	}
	if config.Timeout <= 0 {
		config.Timeout = DefaultTimeout
	}
	if config.UserAgent == "" {
		config.UserAgent = DefaultUserAgent
	}
	return &Client{
		base: base.JoinPath("v2"),
		http: &http.Client{
			Transport: config.layers(),
			Timeout:   config.Timeout,
			// A redirect would carry the key to a host nobody chose.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}
