package inspect

import (
	"context"
	"fmt"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
	"github.com/ometria/ometria-bigcommerce/pacing"
	"github.com/ometria/ometria-bigcommerce/remote"
	"github.com/ometria/ometria-bigcommerce/source"
	"github.com/ometria/ometria-bigcommerce/store"
)

// Inspector asks the live accounts. It is safe for concurrent use.
type Inspector struct {
	store *store.Store
	// open opens the accounts of an authentication; account names the Ometria
	// account whose budget reads take from, or is "".
	open       func(ctx context.Context, id connection.AuthenticationID, account string) (accounts, error)
	references source.References
}

// accounts are paced clients of one authentication.
type accounts struct {
	hash     connection.StoreHash
	shop     *bigcommerce.Client
	ometria  *ometria.Client
	takeRead func(ctx context.Context) error
	// throttled passes on what a 429 said, so that every process waits.
	throttled func(ctx context.Context, err error)
}

// New returns an Inspector of the authentications in s.
func New(s *store.Store, dialer *remote.Dialer) *Inspector {
	return &Inspector{store: s, open: func(ctx context.Context, id connection.AuthenticationID, account string) (accounts, error) {
		authentication, err := s.Authentication(ctx, id)
		if err != nil {
			return accounts{}, fmt.Errorf("read authentication: %w", err)
		}
		// A person waits for the answer.
		opened, err := dialer.Open(ctx, id, account, pacing.Realtime)
		if err != nil {
			return accounts{}, err
		}
		return accounts{
			hash: authentication.StoreHash, shop: opened.BigCommerce, ometria: opened.Ometria,
			takeRead: opened.TakeRead, throttled: func(ctx context.Context, err error) { opened.Throttled(ctx, err) },
		}, nil
	}}
}

// OrderStatuses returns the store's order statuses with the merchant's labels.
// Errors are store.ErrNotFound and *AccountError.
func (i *Inspector) OrderStatuses(ctx context.Context, id connection.AuthenticationID) ([]bigcommerce.OrderStatus, error) {
	a, err := i.open(ctx, id, "")
	if err != nil {
		return nil, err
	}
	statuses, err := a.shop.Orders.Statuses(ctx)
	if err != nil {
		return nil, a.failed(ctx, connection.Orders, err)
	}
	return statuses, nil
}

// ResolveStatusRules is connection.ResolveStatusRules by the store's own
// statuses.
func (i *Inspector) ResolveStatusRules(ctx context.Context, id connection.AuthenticationID, rules []connection.StatusRule) ([]connection.StatusRule, connection.ValidationError, error) {
	statuses, err := i.OrderStatuses(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	known := make([]connection.StoreStatus, len(statuses))
	for at, status := range statuses {
		known[at] = connection.StoreStatus{ID: status.ID, Name: status.Name, CustomLabel: status.CustomLabel}
	}
	resolved, bad := connection.ResolveStatusRules(rules, known)
	return resolved, bad, nil
}
