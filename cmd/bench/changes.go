package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const productUpdated = "store/product/updated"

// hook is how a store's deliveries reach the product.
type hook struct {
	destination string
	headers     map[string]string
}

// hookOf reads off the stand-in where the product wants product changes told.
func (w *world) hookOf(s *shop) (hook, error) {
	for _, h := range s.State().Hooks {
		if h.Scope == productUpdated {
			return hook{h.Destination, h.Headers}, nil
		}
	}
	return hook{}, errNoHook
}

// change is one change of a product on its way.
type change struct {
	id                       int64
	sent, answered, accepted time.Time
}

func (c *change) took() time.Duration { return max(0, c.accepted.Sub(c.answered)) }

// deliverer sends webhooks as BigCommerce does.
type deliverer struct {
	client *http.Client
	signer *standardwebhooks.Webhook
}

func newDeliverer(s *shop, connections int) (*deliverer, error) {
	signer, err := standardwebhooks.NewWebhookRaw([]byte(s.options.ClientSecret))
	if err != nil {
		return nil, fmt.Errorf("prepare signatures: %w", err)
	}
	return &deliverer{
		client: &http.Client{
			Timeout:   30 * time.Second,
			Transport: &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections},
		},
		signer: signer,
	}, nil
}

// deliver tells of a product's change, at address instead of the hook's own
// where it is given, and returns when the answer was in. Any answer but 200 is
// an error.
func (d *deliverer) deliver(ctx context.Context, s *shop, id int64, address string) (answered time.Time, err error) {
	now := time.Now()
	body, err := json.Marshal(map[string]any{
		"scope": productUpdated, "store_id": "1001", "data": map[string]any{"type": "product", "id": id},
		"hash": strconv.FormatInt(now.UnixNano(), 16), "created_at": now.Unix(), "producer": "stores/" + s.options.StoreHash,
	})
	if err != nil {
		return now, err
	}
	url := s.hook.destination
	if address != "" {
		url = "http://" + address + "/webhooks/bigcommerce/" + s.id
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return now, err
	}
	message := "msg_" + strconv.FormatInt(now.UnixNano(), 36) + strconv.FormatInt(id, 36)
	signature, err := d.signer.Sign(message, now, body)
	if err != nil {
		return now, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(standardwebhooks.HeaderWebhookID, message)
	request.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	request.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	for name, value := range s.hook.headers {
		request.Header.Set(name, value)
	}
	response, err := d.client.Do(request)
	if err != nil {
		return now, err
	}
	_, err = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	answered = time.Now()
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("a webhook was answered %d", response.StatusCode)
	}
	return answered, err
}

// alter changes a product in the store.
func (s *shop) alter(id int64) error {
	price := 10 + float64(time.Now().UnixNano()/1000%100_000)/100
	if _, err := s.Update("products", id, map[string]any{"price": price}); err != nil {
		return fmt.Errorf("change product %d: %w", id, err)
	}
	return nil
}

// atRate calls do for each of n, each at its own moment whatever became of
// those before it, and waits for all.
func atRate(ctx context.Context, perSecond float64, n int, do func(i int) error) error {
	errs := make([]error, n)
	began := time.Now()
	var all sync.WaitGroup
	timer := time.NewTimer(0)
	defer timer.Stop()
	for i := range n {
		timer.Reset(time.Until(began.Add(time.Duration(float64(i) / perSecond * float64(time.Second)))))
		select {
		case <-ctx.Done():
			all.Wait()
			return ctx.Err()
		case <-timer.C:
		}
		all.Go(func() { errs[i] = do(i) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// make changes the product and tells of it.
func (d *deliverer) make(ctx context.Context, s *shop, c *change) (err error) {
	if err := s.alter(c.id); err != nil {
		return err
	}
	c.sent = time.Now()
	c.answered, err = d.deliver(ctx, s, c.id, "")
	return err
}

// arrived notes when a change came to Ometria, if it did.
func (w *world) arrived(s *shop, c *change) bool {
	held, _ := w.account(s).Record("product", "", strconv.FormatInt(c.id, 10))
	for _, push := range held.Pushes {
		if !push.At.Before(c.sent.Truncate(0)) { // the stand-in's times are the wall clock's
			c.accepted = push.At
			return true
		}
	}
	return false
}

// await waits until all changes have come to Ometria.
func (w *world) await(ctx context.Context, s *shop, changes []*change, limit time.Duration) error {
	left := changes
	err := poll(ctx, 100*time.Millisecond, limit, func() (bool, error) {
		var missing []*change
		for _, c := range left {
			if !w.arrived(s, c) {
				missing = append(missing, c)
			}
		}
		left = missing
		return len(left) == 0, nil
	})
	if err != nil {
		return fmt.Errorf("wait for changes at Ometria: %d of %d are missing: %w", len(left), len(changes), err)
	}
	return nil
}

// changesOf are changes to come of n products from the store's first'th on.
func (s *shop) changesOf(first, n int) ([]*change, error) {
	ids, err := s.IDs("products", 0, 0)
	if err != nil {
		return nil, fmt.Errorf("list products: %w", err)
	}
	if len(ids) < first+n {
		return nil, fmt.Errorf("the store has %d products, %d are needed", len(ids), first+n)
	}
	var changes []*change
	for _, id := range ids[first : first+n] {
		changes = append(changes, &change{id: id})
	}
	return changes, nil
}

func times(changes []*change) []time.Duration {
	var all []time.Duration
	for _, c := range changes {
		all = append(all, c.took())
	}
	return all
}
