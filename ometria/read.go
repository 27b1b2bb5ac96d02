package ometria

import (
	"context"
	"encoding/json"
	"net/http"
)

// Collection is one source of contacts and how many it holds.
type Collection struct {
	Name  string `json:"collection"`
	Count int64  `json:"count"`
}

// Collections lists the account's contact collections, 250 at most.
func (c *Client) Collections(ctx context.Context) ([]Collection, error) {
	return get[[]Collection](ctx, c, request{
		op: "list collections", path: []string{"contacts"}, route: "/contacts", query: "limit=250&offset=0", limit: 1 << 20,
	})
}

// Check reports by its error whether the key works. It lists one collection,
// which reads no person and changes nothing.
func (c *Client) Check(ctx context.Context) error {
	_, err := get[[]Collection](ctx, c, request{
		op: "check API key", path: []string{"contacts"}, route: "/contacts", query: "limit=1", limit: 1 << 20,
	})
	return err
}

// Contact reads one contact back: as it came, and typed. IsNotFound says that
// there is none. Like every read it counts towards the 4 requests a second of
// the account (Introduction): the caller takes the token.
func (c *Client) Contact(ctx context.Context, collection, id string) (json.RawMessage, *Contact, error) {
	return readBack[Contact](ctx, c, request{
		op: "read contact", path: []string{"contacts", collection, id}, route: "/contacts/{collection}/{id}",
	})
}

// Order reads one order back, as Contact does.
func (c *Client) Order(ctx context.Context, id string) (json.RawMessage, *Order, error) {
	return readBack[Order](ctx, c, request{op: "read order", path: []string{"orders", id}, route: "/orders/{id}"})
}

// Product reads one product or variant back, as Contact does.
func (c *Client) Product(ctx context.Context, id string) (json.RawMessage, *Product, error) {
	return readBack[Product](ctx, c, request{op: "read product", path: []string{"products", id}, route: "/products/{id}"})
}

func readBack[T any](ctx context.Context, c *Client, r request) (json.RawMessage, *T, error) {
	r.limit = 1 << 20
	raw, err := get[json.RawMessage](ctx, c, r)
	if err != nil {
		return nil, nil, err
	}
	record := new(T)
	if json.Unmarshal(raw, record) != nil {
		return raw, nil, &APIError{Op: r.op, Status: http.StatusOK, Malformed: true}
	}
	return raw, record, nil
}

func get[T any](ctx context.Context, c *Client, r request) (T, error) {
	var out T
	r.method = http.MethodGet
	a, err := c.do(ctx, r)
	if err != nil {
		return out, err
	}
	if a.status != http.StatusOK {
		return out, a.err()
	}
	if json.Unmarshal(a.body, &out) != nil {
		e := a.apiError()
		e.Malformed = true
		return out, e
	}
	return out, nil
}
