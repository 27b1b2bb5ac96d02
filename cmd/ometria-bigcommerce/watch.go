package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
	"github.com/ometria/ometria-bigcommerce/internal/progress"
)

// watchEvery is how often a watched connection is asked after, and
// watchPatience how long the API may be away meanwhile.
const (
	watchEvery    = time.Second
	watchPatience = 30 * time.Second
)

// watch shows a connection's progress until it is connected, paused or failed.
// A failure is an error that says what to do.
func (p *program) watch(ctx context.Context, client *apiclient.Client, id string) error {
	display := progress.New(p.stderr)
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	answeredAt, status := time.Now(), ""
	for {
		answer, err := client.Do(ctx, http.MethodGet, connectionPath(id), nil, nil)
		switch _, away := errors.AsType[*apiclient.UnreachableError](err); {
		case away && time.Since(answeredAt) < watchPatience: // it may be restarting
		case err != nil:
			return err
		default:
			answeredAt = time.Now()
			var c apiclient.Connection
			if err := json.Unmarshal(answer.Body, &c); err != nil {
				return fmt.Errorf("decode answer: %w", err)
			}
			if c.Status != status && !progress.IsTerminal(p.stderr) {
				fmt.Fprintf(p.stderr, "status: %s\n", c.Status)
			}
			status = c.Status
			if atRest(c) {
				display.Finish(rows(c))
				return errors.Join(p.printConnection(answer), failed(c))
			}
			display.Update(rows(c))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// atRest reports whether nothing more will happen by itself.
func atRest(c apiclient.Connection) bool {
	switch connection.Status(c.Status) {
	case connection.Failed, connection.Paused, connection.Removing:
		return true
	case connection.Connected:
		return c.Waiting() == 0
	}
	return false
}

func failed(c apiclient.Connection) error {
	if c.Status != string(connection.Failed) {
		return nil
	}
	if c.Failure == nil {
		return fmt.Errorf("connection %s failed", c.ID)
	}
	return fmt.Errorf("connection %s failed: %s: %s", c.ID, c.Failure.Code, c.Failure)
}

func rows(c apiclient.Connection) []progress.Row {
	var list []progress.Row
	for _, entity := range connection.Entities() {
		e := c.Progress[string(entity)]
		row := progress.Row{Name: string(entity), Done: e.Done(), Total: e.Total}
		if e.Rejected+e.Skipped > 0 {
			row.Note = fmt.Sprintf("%d rejected, %d skipped", e.Rejected, e.Skipped)
		}
		list = append(list, row)
	}
	return list
}
