package bigcommerce

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Defaults of a Config.
const (
	DefaultBaseURL   = "https://api.bigcommerce.com"
	DefaultTimeout   = 60 * time.Second
	DefaultUserAgent = "ometria-bigcommerce"
	DefaultMaxBody   = 64 << 20
)

// Config is what a Client needs. StoreHash and AccessToken are required.
type Config struct {
	// BaseURL is the origin of the API, with or without a path prefix.
	BaseURL string
	// StoreHash names the store; see ParseStoreHash.
	StoreHash string
	// AccessToken is the API account's token, sent as X-Auth-Token.
	AccessToken string
	// Transport carries the requests; http.DefaultTransport if nil. Share one
	// among clients: each keeps its own idle connections.
	Transport http.RoundTripper
	// Timeout bounds one request from its first byte to its answer's last,
	// without the wait in Before.
	Timeout time.Duration
	// UserAgent is sent on each request.
	UserAgent string
	// MaxBody bounds the bytes read of one answer.
	MaxBody int64
	// Logger gets one debug line a request: route, status and time, never a
	// query's value, a header or a body. Nil logs nothing.
	Logger *slog.Logger

	// Before is called before every HTTP request, to take a token of the
	// store's budget. Its error aborts the request and comes back wrapped.
	// Release, when not nil, is called once, after the answer has been read.
	Before func(ctx context.Context) (release func(), err error)
	// OnQuota is called with every answer that carries the quota headers.
	OnQuota func(Quota)
	// OnResponse is called once a request is done, for metrics.
	OnResponse func(Exchange)
}

// Exchange is one finished request, without anything of its content.
type Exchange struct {
	Method string
	// Route is the path with its ids replaced by {id}: a closed set, fit to be
	// a metric's label.
	Route string
	// Status is 0 when no answer came; Err then says why.
	Status int
	// Took is the time until the answer's headers.
	Took time.Duration
	Err  error
}

// Client speaks to one store. It is safe for concurrent use and holds nothing
// that needs closing.
type Client struct {
	config Config
	base   *url.URL
	http   *http.Client

	Store       *StoreService
	Customers   *CustomersService
	Subscribers *SubscribersService
	Orders      *OrdersService
	Products    *ProductsService
	Brands      *BrandsService
	Categories  *CategoriesService
	Scripts     *ScriptsService
	Hooks       *HooksService
	Channels    *ChannelsService
	Sites       *SitesService
	Currencies  *CurrenciesService
}

type service struct{ client *Client }

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
	hash, err := ParseStoreHash(config.StoreHash)
	if err != nil {
		return nil, err
	}
	config.StoreHash = hash
	if config.AccessToken == "" {
		return nil, errors.New("access token: missing")
	}
	if strings.ContainsFunc(config.AccessToken, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("access token: holds a space or a character that no header may carry")
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
	if config.MaxBody <= 0 {
		config.MaxBody = DefaultMaxBody
	}

	c := &Client{config: config, base: base.JoinPath("stores", hash)}
	c.http = &http.Client{
		Transport: config.layers(),
		// A redirect would carry the token to a host nobody chose.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	s := service{c}
	c.Store = &StoreService{s}
	c.Customers = &CustomersService{s}
	c.Subscribers = &SubscribersService{s}
	c.Orders = &OrdersService{s}
	c.Products = &ProductsService{s}
	c.Brands = &BrandsService{s}
	c.Categories = &CategoriesService{s}
	c.Scripts = &ScriptsService{s}
	c.Hooks = &HooksService{s}
	c.Channels = &ChannelsService{s}
	c.Sites = &SitesService{s}
	c.Currencies = &CurrenciesService{s}
	return c, nil
}

// StoreHash returns the hash of the store the client speaks to.
func (c *Client) StoreHash() string { return c.config.StoreHash }

var (
	bareHash = regexp.MustCompile(`^[A-Za-z0-9]+$`)
	pathHash = regexp.MustCompile(`(?:^|/)stores/([A-Za-z0-9]+)(?:/|$)`)
)

// ParseStoreHash returns the store hash in text: the hash itself, or the whole
// API path that the control panel shows beside a new token, such as
// https://api.bigcommerce.com/stores/abc123/v3/.
func ParseStoreHash(text string) (string, error) {
	text = strings.TrimSpace(text)
	if bareHash.MatchString(text) {
		return text, nil
	}
	path, _, _ := strings.Cut(text, "?")
	path, _, _ = strings.Cut(path, "#")
	if found := pathHash.FindStringSubmatch(path); found != nil {
		return found[1], nil
	}
	return "", fmt.Errorf("store hash: want letters and digits, or the API path %s/stores/{store_hash}/v3/", DefaultBaseURL)
}
