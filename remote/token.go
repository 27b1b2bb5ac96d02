package remote

import (
	"context"
	"sync/atomic"
)

// Token is the right to one request to a store, taken before anybody knows what
// will be asked. Release it when that request is done, or was never made.
type Token struct {
	accounts *Accounts
	release  func()
	spent    atomic.Bool
}

// Release gives the token's place among the requests of the moment back. Twice
// is once.
func (t *Token) Release() { t.release() }

type tokenKey struct{}

// TakeRequest waits for a token of the store's budget. *pacing.WaitError when it
// would take too long.
func (a *Accounts) TakeRequest(ctx context.Context) (*Token, error) {
	release, err := a.pacer.BigCommerce(ctx, a.hash, a.class)
	if err != nil {
		return nil, err
	}
	return &Token{accounts: a, release: release}, nil
}

// With returns a context whose first request through the token's accounts spends
// the token. Further ones wait for their own.
func (t *Token) With(ctx context.Context) context.Context {
	return context.WithValue(ctx, tokenKey{}, t)
}

// before is called before each request to the store.
func (a *Accounts) before(ctx context.Context) (release func(), err error) {
	a.requests.Add(1)
	if t, ok := ctx.Value(tokenKey{}).(*Token); ok && t.accounts == a && t.spent.CompareAndSwap(false, true) {
		return t.release, nil
	}
	if a.slow != nil {
		if err := a.slow(ctx); err != nil {
			return nil, err
		}
	}
	return a.pacer.BigCommerce(ctx, a.hash, a.class)
}

// Requests counts the requests made to the store so far.
func (a *Accounts) Requests() int64 { return a.requests.Load() }
