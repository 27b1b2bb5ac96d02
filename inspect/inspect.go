package inspect

import (
	"context"
	"fmt"
	"strings"

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

// ResolveStatusRules returns the rules with the status id of each label: by the
// merchant's own label first, then by BigCommerce's name, in any case. A label
// that the store does not have, or that means two statuses, is a bad field.
func (i *Inspector) ResolveStatusRules(ctx context.Context, id connection.AuthenticationID, rules []connection.StatusRule) ([]connection.StatusRule, connection.ValidationError, error) {
	statuses, err := i.OrderStatuses(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	resolved := make([]connection.StatusRule, len(rules))
	var bad connection.ValidationError
	for at, rule := range rules {
		resolved[at] = rule
		if rule.StatusID != nil || rule.Label == "" {
			continue
		}
		field := fmt.Sprintf("order_status_mapping[%d].label", at)
		switch found := labelled(statuses, rule.Label); len(found) {
		case 1:
			number := int(found[0].ID)
			resolved[at].StatusID = &number
		case 0:
			bad = append(bad, connection.FieldError{
				Field: field, Code: "unknown", Message: fmt.Sprintf("the store has no order status %q; it has %s", rule.Label, labels(statuses)),
			})
		default:
			bad = append(bad, connection.FieldError{
				Field: field, Code: "invalid", Message: fmt.Sprintf("%d order statuses are called %q: use status_id", len(found), rule.Label),
			})
		}
	}
	return resolved, bad, nil
}

func labelled(statuses []bigcommerce.OrderStatus, label string) []bigcommerce.OrderStatus {
	for _, name := range []func(bigcommerce.OrderStatus) string{
		func(s bigcommerce.OrderStatus) string { return s.CustomLabel },
		func(s bigcommerce.OrderStatus) string { return s.Name },
	} {
		var found []bigcommerce.OrderStatus
		for _, s := range statuses {
			if strings.EqualFold(strings.TrimSpace(name(s)), strings.TrimSpace(label)) {
				found = append(found, s)
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

func labels(statuses []bigcommerce.OrderStatus) string {
	names := make([]string, len(statuses))
	for i, s := range statuses {
		names[i] = s.CustomLabel
		if names[i] == "" {
			names[i] = s.Name
		}
	}
	return strings.Join(names, ", ")
}
