package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
)

// tooEarly says why credentials may not be touched, or is empty: a setup ends for
// good, by design, on what it finds wrong with them.
func (r *run) tooEarly(ctx context.Context) string {
	if status := r.status(ctx); status != "connected" && status != "syncing" {
		return "the connection is " + status
	}
	return ""
}

func refuseCredentials(ctx context.Context, r *run, n uint64, lasts time.Duration) effect {
	if why := r.tooEarly(ctx); why != "" {
		return missed(why)
	}
	of, status := "bigcommerce", 401
	if n%2 == 0 {
		of, status = "ometria", 403
	}
	return effect{undo: r.order(of, faults.Fault{Status: status, Body: `{"status":0,"title":"Unauthorized"}`}), what: fmt.Sprintf("%d by %s for %s", status, of, short(lasts))}
}

func takeScope(ctx context.Context, r *run, n uint64, lasts time.Duration) effect {
	if why := r.tooEarly(ctx); why != "" {
		return missed(why)
	}
	scopes := bigcommercesim.MinimumScopes()
	taken := scopes[n%4]
	r.check(r.shop.SetScopes(slices.DeleteFunc(bigcommercesim.DefaultScopes(), func(s string) bool { return s == taken })))
	return effect{undo: func() { r.check(r.shop.SetScopes(bigcommercesim.DefaultScopes())) }, what: fmt.Sprintf("%s for %s", taken, short(lasts))}
}

// revoke takes a credential away for good, as deleting an API account or a key
// does, and gives the connection another after a while, as a person would.
func revoke(ctx context.Context, r *run, n uint64, lasts time.Duration) effect {
	if !r.replacing.TryLock() {
		return missed("one is being replaced already")
	}
	if why := r.tooEarly(ctx); why != "" {
		r.replacing.Unlock()
		return missed(why)
	}
	next, what := r.credentials, "key of Ometria"
	next.Name = fmt.Sprintf("chaos %d", n)
	if n%2 == 0 {
		next.OmetriaAPIKey = secret()
		r.check(r.marketing.ReplaceKey(r.credentials.OmetriaAPIKey, next.OmetriaAPIKey))
	} else {
		what = "API account of BigCommerce"
		next.ClientID, next.ClientSecret, next.AccessToken = secret(), secret(), secret()
		r.check(r.shop.AddAccount(bigcommercesim.APIAccount{
			ClientID: next.ClientID, ClientSecret: next.ClientSecret, AccessToken: next.AccessToken, Scopes: bigcommercesim.DefaultScopes(),
		}))
		r.check(r.shop.RemoveAccount(r.credentials.ClientID))
	}
	return effect{what: fmt.Sprintf("%s, replaced after %s", what, short(lasts)), undo: func() {
		defer r.replacing.Unlock()
		r.credentials = next
		r.check(r.replaceAuthentication(ctx, next))
	}}
}

// replaceAuthentication has the connection change to other credentials, and asks
// again when the change was given up among other faults.
func (r *run) replaceAuthentication(ctx context.Context, next apiclient.NewAuthentication) error {
	var made apiclient.Authentication
	err := poll(ctx, time.Second, r.options.Settle, func() (bool, error) {
		var err error
		if made.ID == "" {
			if made, err = r.client().CreateAuthentication(ctx, next); err != nil {
				return false, final(err)
			}
		}
		c, err := r.client().ReplaceAuthentication(ctx, r.connection, made.ID)
		return err == nil && c.AuthenticationID == made.ID, final(err)
	})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("replace the authentication: %w", err)
	}
	return nil
}

// final is an answer that asking again does not change; nil for all others.
func final(err error) error {
	problem, ok := errors.AsType[*apiclient.Problem](err)
	if ok && problem.Status < http.StatusInternalServerError && problem.Status != http.StatusTooManyRequests {
		return err
	}
	return nil
}
