package page

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-contrib/gzip"
	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed static/*
var staticFiles embed.FS

// styleSheet is written into each page: a browser paints it without asking
// once more.
//
//go:embed page.css
var styleSheet string

// Sealer encrypts what the browser keeps for us. *store.Keyring is one.
type Sealer interface {
	Seal(plain []byte, purpose string) (string, error)
	Open(sealed, purpose string) ([]byte, error)
}

// Options is what New needs. API and Sealer are required.
type Options struct {
	API    http.Handler // serves /v1
	Sealer Sealer
	// PublicURL is where browsers reach the page. Its path, if it has one, is
	// what a reverse proxy takes off; with https the session's cookie is sent
	// over https alone.
	PublicURL string
	Logger    *slog.Logger     // discards if nil
	Now       func() time.Time // time.Now if nil
}

// site is everything that a page is made of.
type site struct {
	Options
	base      string // path before every address, without a slash at its end
	secure    bool   // cookies over https alone
	api       *http.Client
	pages     pages
	assets    assets
	signInsAt *rate.Limiter // bounds wrong tokens, of all visitors together
}

// New returns the handler of every page.
func New(o Options) (http.Handler, error) {
	if o.API == nil || o.Sealer == nil {
		return nil, errors.New("options: API or Sealer is missing")
	}
	public, err := url.Parse(o.PublicURL)
	if err != nil {
		return nil, errors.New("options: PublicURL is no URL")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &site{
		Options: o, base: strings.TrimRight(public.Path, "/"), secure: public.Scheme == "https",
		api:       &http.Client{Transport: inProcess{o.API}},
		signInsAt: rate.NewLimiter(wrongTokensPerSecond, wrongTokensAtOnce),
	}
	if s.assets, err = loadAssets(staticFiles); err != nil {
		return nil, err
	}
	if s.pages, err = s.parsePages(); err != nil {
		return nil, err
	}
	return s.engine(public)
}

func (s *site) engine(public *url.URL) (http.Handler, error) {
	gin.SetMode(gin.ReleaseMode) // debug mode prints to standard output
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	if err := engine.SetTrustedProxies(nil); err != nil {
		return nil, fmt.Errorf("set trusted proxies: %w", err)
	}
	engine.Use(s.recover, securityHeaders, gzip.Gzip(gzip.DefaultCompression, gzip.WithExcludedPathsRegexs([]string{"/events$"})))
	engine.NoRoute(func(c *gin.Context) { s.say(c, http.StatusNotFound, notThere) })
	engine.NoMethod(func(c *gin.Context) { s.say(c, http.StatusMethodNotAllowed, notThere) })
	engine.GET("/static/:name", s.serveAsset)
	engine.GET("/sign-in", s.showSignIn)
	engine.POST("/sign-in", s.signIn)
	for _, r := range s.routes() {
		engine.Handle(r.method, r.path, s.visited(r.role, r.do))
	}
	// A browser says where a request that changes something comes from; one of
	// another site is refused. The session's cookie is not sent along then either.
	guard := http.NewCrossOriginProtection()
	if public.Host != "" {
		if err := guard.AddTrustedOrigin(public.Scheme + "://" + public.Host); err != nil {
			return nil, fmt.Errorf("options: PublicURL: %w", err)
		}
	}
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "This form was sent from another site, so nothing was done. Open the Connections page and try again.", http.StatusForbidden)
	}))
	return guard.Handler(engine), nil
}

// recover turns a panic into a page that says so.
func (s *site) recover(c *gin.Context) {
	defer func() {
		cause := recover()
		if cause == http.ErrAbortHandler { // an answer that has begun and cannot be finished
			panic(cause)
		}
		if cause != nil {
			s.Logger.ErrorContext(c.Request.Context(), "page failed", "route", c.FullPath(), "err", fmt.Sprint(cause))
			s.say(c, http.StatusInternalServerError, ourFault)
			c.Abort()
		}
	}()
	c.Next()
}

// contentPolicy lets a page load its own files, apply its own style sheet, and
// nothing else.
var contentPolicy = func() string {
	sheet := sha256.Sum256([]byte(styleSheet))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sheet[:]) + "'; script-src 'self'; img-src 'self'; " +
		"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
}()

func securityHeaders(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	c.Next()
}
