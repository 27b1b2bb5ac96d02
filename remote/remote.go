package remote

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
	"github.com/ometria/ometria-bigcommerce/pacing"
	"github.com/ometria/ometria-bigcommerce/store"
)

// Options say where the services are.
type Options struct {
	BigCommerceURL string            // origin, with or without a path prefix
	OmetriaURL     string            // likewise, without /v2
	Transport      http.RoundTripper // shared by all clients; http.DefaultTransport if nil
	Logger         *slog.Logger
	// OnBigCommerce and OnOmetria are called after each exchange, for metrics.
	OnBigCommerce func(bigcommerce.Exchange)
	OnOmetria     func(ometria.Exchange)
}

// Dialer opens accounts. It is safe for concurrent use.
type Dialer struct {
	store   *store.Store
	pacer   *pacing.Pacer
	options Options
}

// NewDialer returns a Dialer.
func NewDialer(s *store.Store, pacer *pacing.Pacer, options Options) *Dialer {
	return &Dialer{store: s, pacer: pacer, options: options}
}

// Accounts are paced clients of one authentication's two accounts.
type Accounts struct {
	BigCommerce *bigcommerce.Client
	Ometria     *ometria.Client

	account  string
	hash     connection.StoreHash
	class    pacing.Class
	pacer    *pacing.Pacer
	slow     func(context.Context) error
	requests atomic.Int64
}

// SlowDown has every further request to BigCommerce wait for turn first, for
// work that may take only a share of the budget. Call it before any is made.
func (a *Accounts) SlowDown(turn func(context.Context) error) { a.slow = turn }

// Open returns clients for an authentication. account names the Ometria
// account whose budget pushes and reads take from: the identification code, or
// "" to go by the authentication.
func (d *Dialer) Open(ctx context.Context, id connection.AuthenticationID, account string, class pacing.Class) (*Accounts, error) {
	authentication, err := d.store.Authentication(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read authentication: %w", err)
	}
	credentials, err := d.store.Credentials(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read credentials: %w", err)
	}
	if account == "" {
		account = string(id)
	}
	hash := authentication.StoreHash
	accounts := &Accounts{account: account, hash: hash, class: class, pacer: d.pacer}
	accounts.BigCommerce, err = bigcommerce.New(bigcommerce.Config{
		BaseURL: d.options.BigCommerceURL, StoreHash: string(hash), AccessToken: credentials.AccessToken.Reveal(),
		Transport: d.options.Transport, Logger: d.options.Logger, OnResponse: d.options.OnBigCommerce,
		Before: accounts.before,
		OnQuota: func(q bigcommerce.Quota) {
			// The answer is in hand already; what it says of the budget is
			// worth having even when the caller's context has just ended.
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			quota := pacing.Quota{Window: q.Window, Reset: q.Reset, Limit: q.Limit, Left: q.Left}
			if err := d.pacer.Observe(ctx, hash, quota); err != nil {
				d.options.Logger.Warn("observe quota", "store_hash", hash, "err", err)
			}
		},
	})
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	accounts.Ometria, err = ometria.New(ometria.Config{
		BaseURL: d.options.OmetriaURL, APIKey: credentials.OmetriaAPIKey.Reveal(),
		Transport: d.options.Transport, Logger: d.options.Logger, Observe: d.options.OnOmetria,
	})
	if err != nil {
		return nil, fmt.Errorf("open ometria account: %w", err)
	}
	return accounts, nil
}

// Account names the Ometria account's budget.
func (a *Accounts) Account() string { return a.account }

// TakePush waits for a token of the Ometria account's push budget.
func (a *Accounts) TakePush(ctx context.Context) error { return a.pacer.Push(ctx, a.account, a.class) }

// TakeRead waits for a token of the Ometria account's read budget.
func (a *Accounts) TakeRead(ctx context.Context) error { return a.pacer.Read(ctx, a.account) }

// Throttled passes on what a 429 said, so that every process waits; other
// errors are ignored. It returns how long to wait, or 0. Where that cannot be
// written down, the caller waits all the same and the others find out
// themselves.
func (a *Accounts) Throttled(ctx context.Context, err error) time.Duration {
	if quota, ok := errors.AsType[*bigcommerce.QuotaError](err); ok {
		_ = a.pacer.Throttled(ctx, connection.StoreHash(a.BigCommerce.StoreHash()), quota.ResetIn, quota.PlatformLoad)
		return quota.ResetIn
	}
	if throttled, ok := errors.AsType[*ometria.ThrottledError](err); ok {
		wait, _ := a.pacer.PushThrottled(ctx, a.account, throttled.RetryIn)
		return wait
	}
	return 0
}
