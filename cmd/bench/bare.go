package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// bare is the least that a program on Temporal can do for a change: one
// workflow, one activity, two HTTP calls.
type bare struct {
	world  *world
	shop   *shop
	http   *http.Client
	client client.Client
	worker worker.Worker
	bodies map[int64][]byte // what is pushed of each product
}

const bareQueue = "bench-bare"

func (w *world) startBare(ctx context.Context, s *shop) (*bare, error) {
	c, err := client.DialContext(ctx, client.Options{
		HostPort: w.temporalArgs.Frontend, Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		return nil, fmt.Errorf("reach temporal: %w", err)
	}
	b := &bare{
		world: w, shop: s, client: c, bodies: map[int64][]byte{}, worker: worker.New(c, bareQueue, worker.Options{}),
		http: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
	}
	for record := range w.account(s).Recorded() {
		if record.Key.Type != "product" {
			continue
		}
		of, _, _ := strings.Cut(record.Key.ID, "-") // a variant's id begins with its product's
		id, err := strconv.ParseInt(of, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("read id of a pushed product: %w", err)
		}
		b.bodies[id] = append(append(b.bodies[id], ','), record.Record...)
	}
	b.worker.RegisterWorkflow(b.Workflow)
	b.worker.RegisterActivity(b.Activity)
	if err := b.worker.Start(); err != nil {
		c.Close()
		return nil, fmt.Errorf("start bare worker: %w", err)
	}
	return b, nil
}

func (b *bare) stop() {
	b.worker.Stop()
	b.client.Close()
}

// make starts a workflow for a change. What is measured begins before the
// start, as the product's does.
func (b *bare) make(ctx context.Context, c *change) error {
	if err := b.shop.alter(c.id); err != nil {
		return err
	}
	c.sent = time.Now()
	c.answered = c.sent
	_, err := b.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: "bare/" + strconv.FormatInt(c.id, 10), TaskQueue: bareQueue,
	}, b.Workflow, c.id)
	if err != nil {
		return fmt.Errorf("start bare workflow: %w", err)
	}
	return nil
}

// Workflow runs the one activity.
func (b *bare) Workflow(ctx workflow.Context, id int64) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	return workflow.ExecuteActivity(ctx, b.Activity, id).Get(ctx, nil)
}

// Activity reads a product as the product does and pushes what was pushed of it
// before.
func (b *bare) Activity(ctx context.Context, id int64) error {
	url := fmt.Sprintf("%s/stores/%s/v3/catalog/products/%d?include=variants,custom_fields,primary_image&exclude_fields=description",
		b.world.bigcommerce.URL, b.shop.options.StoreHash, id)
	if err := b.call(ctx, http.MethodGet, url, "X-Auth-Token", b.shop.options.AccessToken, nil); err != nil {
		return err
	}
	body := append(append([]byte{'['}, b.bodies[id][1:]...), ']')
	return b.call(ctx, http.MethodPost, b.world.ometria.URL+"/v2/push", "X-Ometria-Auth", b.shop.key, body)
}

func (b *bare) call(ctx context.Context, method, url, header, secret string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set(header, secret)
	request.Header.Set("Content-Type", "application/json")
	response, err := b.http.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s was answered %d", method, response.StatusCode)
	}
	return nil
}
