package service

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"reflect"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

// Config is everything a service can be told. Each field's tags say its
// variable, default, the form expected and its meaning; Usage prints them.
// Temporal is configured by its own TEMPORAL_ variables.
type Config struct {
	HTTPAddr               string            `env:"OBC_HTTP_ADDR" envDefault:"127.0.0.1:8080" form:"host:port such as 0.0.0.0:8080" help:"where the API and the webhook intake listen"`
	PublicURL              string            `env:"OBC_PUBLIC_URL" form:"an https URL such as https://sync.example.com (http on a loopback address only)" help:"where BigCommerce reaches us; default http://OBC_HTTP_ADDR when that is a loopback address"`
	DatabaseURL            connection.Secret `env:"OBC_DATABASE_URL,required" form:"sqlite:<file> or postgres://user:password@host/database" help:"the service's own database"`
	EncryptionKeys         connection.Secret `env:"OBC_ENCRYPTION_KEYS,required" form:"id:base64 of 32 bytes, several separated by commas" help:"the first encrypts credentials, all decrypt"`
	Tokens                 Tokens            `env:"OBC_TOKENS,required" form:"role:[name:]token, several separated by commas, role being admin or support" help:"who may call the API"`
	BigCommerceURL         string            `env:"OBC_BIGCOMMERCE_URL" envDefault:"https://api.bigcommerce.com" form:"an http or https URL" help:"BigCommerce's API"`
	OmetriaURL             string            `env:"OBC_OMETRIA_URL" envDefault:"https://api.ometria.com" form:"an http or https URL" help:"Ometria's API"`
	OmetriaTagURL          string            `env:"OBC_OMETRIA_TAG_URL" envDefault:"https://cdn.ometria.com/tags/" form:"an https URL such as https://cdn.ometria.com/tags/ (http on a loopback address only)" help:"Ometria's JavaScript tag; the identification code and .js follow"`
	BigCommerceReserve     Share             `env:"OBC_BIGCOMMERCE_RESERVE" envDefault:"20%" form:"a share such as 20% or 0.2, under 100%" help:"share of a store's quota left to the merchant's other apps"`
	OmetriaPushesPerSecond float64           `env:"OBC_OMETRIA_PUSHES_PER_SECOND" envDefault:"8" form:"a number such as 8, or 0 for no limit" help:"pushes a second to one Ometria account; 0 = no limit"`
	TemporalUIURL          string            `env:"OBC_TEMPORAL_UI_URL" form:"an http or https URL" help:"Temporal's Web UI, for links in the API"`
	ReconcileEvery         time.Duration     `env:"OBC_RECONCILE_EVERY" envDefault:"1h" form:"a duration of at least one minute such as 1h or 15m" help:"how often hooks and script are checked and mended"`
	AttemptsDays           int               `env:"OBC_ATTEMPTS_DAYS" envDefault:"90" form:"a whole number of days from 1 to 3650" help:"how many days the story of each record is kept"`
	SweepEvery             time.Duration     `env:"OBC_SWEEP_EVERY" envDefault:"24h" form:"a duration of at least one minute such as 24h" help:"how often the whole store is looked through for what nobody tells of"`
	LogLevel               slog.Level        `env:"OBC_LOG_LEVEL" envDefault:"info" form:"debug, info, warn or error" help:"the least level that is logged"`
	LogFormat              string            `env:"OBC_LOG_FORMAT" envDefault:"json" form:"json or text" help:"the form of log lines"`
}

// VariableError says what is wrong with one environment variable and which
// form is expected. It never holds the variable's value.
type VariableError struct {
	Name    string
	Problem string // "is not set", "is malformed"
	Form    string
}

func (e *VariableError) Error() string {
	return fmt.Sprintf("%s %s: expected %s", e.Name, e.Problem, e.Form)
}

// LoadConfig reads the configuration from environ, whose items have the form
// of os.Environ. The error joins one *VariableError for each variable at fault.
func LoadConfig(environ []string) (Config, error) {
	set := env.ToMap(environ)
	for name, value := range set {
		if strings.TrimSpace(value) == "" {
			delete(set, name) // set to nothing is not set: compose files pass variables through so
		}
	}
	var c Config
	bad := map[string]string{}
	if err := env.ParseWithOptions(&c, env.Options{Environment: set}); err != nil {
		aggregate, ok := errors.AsType[env.AggregateError](err)
		if !ok {
			return Config{}, fmt.Errorf("read configuration: %w", err)
		}
		for _, e := range aggregate.Errors {
			if missing, ok := errors.AsType[env.VarIsNotSetError](e); ok {
				bad[missing.Key] = "is not set"
			} else if malformed, ok := errors.AsType[env.ParseError](e); ok {
				bad[variableOf(malformed.Name)] = "is malformed"
			} else {
				return Config{}, fmt.Errorf("read configuration: %w", err)
			}
		}
	}
	c.complete()
	for name := range c.malformed() {
		if bad[name] == "" {
			bad[name] = "is malformed"
		}
	}
	if c.PublicURL == "" && bad["OBC_HTTP_ADDR"] == "" {
		bad["OBC_PUBLIC_URL"] = "is not set"
	}
	var errs []error
	for _, v := range Variables() {
		if problem := bad[v.Name]; problem != "" {
			errs = append(errs, &VariableError{Name: v.Name, Problem: problem, Form: v.Form})
		}
	}
	if len(errs) > 0 {
		return Config{}, errors.Join(errs...)
	}
	return c, nil
}

// complete sets what follows from other variables and trims slashes at the end
// of URLs, so that paths can be appended.
func (c *Config) complete() {
	if c.PublicURL == "" && isLoopback(c.HTTPAddr) {
		c.PublicURL = "http://" + c.HTTPAddr
	}
	for _, u := range []*string{&c.PublicURL, &c.BigCommerceURL, &c.OmetriaURL, &c.TemporalUIURL} {
		*u = strings.TrimRight(strings.TrimSpace(*u), "/")
	}
	// The identification code follows at once: without the slash it would
	// become part of the host or of the folder.
	if c.OmetriaTagURL != "" {
		c.OmetriaTagURL = strings.TrimRight(strings.TrimSpace(c.OmetriaTagURL), "/") + "/"
	}
}

// malformed returns the names of variables whose values parsed but cannot be
// used.
func (c *Config) malformed() map[string]bool {
	bad := map[string]bool{}
	if _, port, err := net.SplitHostPort(c.HTTPAddr); err != nil || port == "" {
		bad["OBC_HTTP_ADDR"] = true
	}
	if c.PublicURL != "" && !isPublicURL(c.PublicURL) {
		bad["OBC_PUBLIC_URL"] = true
	}
	if !isDatabaseURL(c.DatabaseURL.Reveal()) {
		bad["OBC_DATABASE_URL"] = true
	}
	if _, err := store.ParseKeys(c.EncryptionKeys.Reveal()); err != nil {
		bad["OBC_ENCRYPTION_KEYS"] = true
	}
	for name, value := range map[string]string{
		"OBC_BIGCOMMERCE_URL": c.BigCommerceURL, "OBC_OMETRIA_URL": c.OmetriaURL,
	} {
		if !isURL(value) {
			bad[name] = true
		}
	}
	if !isPublicURL(c.OmetriaTagURL) { // it enters shoppers' pages
		bad["OBC_OMETRIA_TAG_URL"] = true
	}
	if c.TemporalUIURL != "" && !isURL(c.TemporalUIURL) {
		bad["OBC_TEMPORAL_UI_URL"] = true
	}
	if !(c.OmetriaPushesPerSecond >= 0 && c.OmetriaPushesPerSecond <= 1e6) { // also NaN
		bad["OBC_OMETRIA_PUSHES_PER_SECOND"] = true
	}
	if c.ReconcileEvery < time.Minute {
		bad["OBC_RECONCILE_EVERY"] = true
	}
	if c.AttemptsDays < 1 || c.AttemptsDays > 3650 {
		bad["OBC_ATTEMPTS_DAYS"] = true
	}
	if c.SweepEvery < time.Minute {
		bad["OBC_SWEEP_EVERY"] = true
	}
	if c.LogFormat != "json" && c.LogFormat != "text" {
		bad["OBC_LOG_FORMAT"] = true
	}
	return bad
}

func isDatabaseURL(s string) bool {
	if file, ok := strings.CutPrefix(s, "sqlite:"); ok {
		return file != ""
	}
	return store.IsPostgresURL(s)
}

func isURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil &&
		u.RawQuery == "" && u.Fragment == ""
}

// isPublicURL reports whether BigCommerce may be told to call s. It calls
// https only; http is for simulators on this machine.
func isPublicURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && isURL(s) && (u.Scheme == "https" || isLoopback(u.Host))
}

func isLoopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	host = strings.Trim(host, "[]")
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Variable describes one environment variable.
type Variable struct {
	Name, Default, Form, Meaning string
	Required                     bool
}

// Variables lists every variable of Config in the order of its fields.
func Variables() []Variable {
	t := reflect.TypeFor[Config]()
	list := make([]Variable, t.NumField())
	for i := range list {
		tag := t.Field(i).Tag
		name, options, _ := strings.Cut(tag.Get("env"), ",")
		list[i] = Variable{
			Name: name, Default: tag.Get("envDefault"), Form: tag.Get("form"), Meaning: tag.Get("help"),
			Required: options == "required",
		}
	}
	return list
}

func variableOf(field string) string {
	f, _ := reflect.TypeFor[Config]().FieldByName(field)
	name, _, _ := strings.Cut(f.Tag.Get("env"), ",")
	return name
}

// Usage returns the table of variables for --help.
func Usage() string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, v := range Variables() {
		value := v.Default
		if v.Required {
			value = "(required)"
		}
		line(w, "  "+v.Name, value, v.Meaning)
	}
	line(w, "  TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, …", "", "Temporal's own variables: address, namespace, API key, TLS, profile file")
	_ = w.Flush() // a strings.Builder takes everything
	return text.String()
}

func line(w io.Writer, columns ...string) { fmt.Fprintln(w, strings.Join(columns, "\t")) }
