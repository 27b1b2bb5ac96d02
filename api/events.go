package api

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/gin-contrib/sse"
	"github.com/gin-gonic/gin"

	"github.com/ometria/ometria-bigcommerce/connection"
)

const (
	// eventsEvery is how often a followed connection is looked at.
	eventsEvery = time.Second
	// eventsQuiet is how long a stream says nothing before a comment keeps the
	// proxies in between from closing it.
	eventsQuiet = 15 * time.Second
	// eventsLast ends a stream; callers open another one, as browsers do by
	// themselves.
	eventsLast = 30 * time.Minute
	// eventsWrite bounds one write to a caller who reads slowly.
	eventsWrite = 10 * time.Second
)

// connectionEvent is what a follower is told when it changes: all of a
// connection that changes by itself, but for the quota, which never rests.
type connectionEvent struct {
	Status               connection.Status            `json:"status"`
	Failure              *connection.Failure          `json:"failure"`
	Progress             connection.Progress          `json:"progress"`
	Attention            []connection.Attention       `json:"attention"`
	Hooks                hooksHealth                  `json:"hooks"`
	Script               scriptHealth                 `json:"script"`
	NextAuthenticationID *connection.AuthenticationID `json:"next_authentication_id"`
	Parked               *connection.Parked           `json:"parked"`
	LastWebhookAt        *time.Time                   `json:"last_webhook_at"`
	LastReconcile        *reconcileView               `json:"last_reconcile"`
	LastSweep            *sweepView                   `json:"last_sweep"`
}

// streamEvents tells a connection's status and progress as they change, as
// server-sent events named connection. It ends when the connection is removed,
// the service stops or half an hour has passed.
func (a *api) streamEvents(c *gin.Context) {
	in, _, err := read[empty](a, c)
	if err != nil {
		a.fail(c, err)
		return
	}
	ctx := c.Request.Context()
	event, err := a.eventOf(c, in.Connection)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.Header("Content-Type", "text/event-stream")
	c.Header("Cache-Control", "no-store")
	c.Header("X-Accel-Buffering", "no") // a proxy that gathers would tell nothing
	c.Status(http.StatusOK)
	// The server's own limit is for answers that end.
	deadlines := http.NewResponseController(c.Writer)
	say := func(write func() error) bool {
		_ = deadlines.SetWriteDeadline(time.Now().Add(eventsWrite)) // not every writer has deadlines
		if write() != nil {
			return false
		}
		return deadlines.Flush() == nil
	}
	tick := time.NewTicker(eventsEvery)
	defer tick.Stop()
	ends := time.After(eventsLast)
	var last []byte
	saidAt := time.Now()
	for {
		if !bytes.Equal(event, last) {
			if !say(func() error { return sse.Encode(c.Writer, sse.Event{Event: "connection", Data: string(event)}) }) {
				return
			}
			last, saidAt = event, time.Now()
		} else if time.Since(saidAt) >= eventsQuiet {
			if !say(func() error { _, err := io.WriteString(c.Writer, ": quiet\n\n"); return err }) {
				return
			}
			saidAt = time.Now()
		}
		select {
		case <-ctx.Done():
			return
		case <-a.Stopping:
			return
		case <-ends:
			return
		case <-tick.C:
		}
		if event, err = a.eventOf(c, in.Connection); err != nil {
			return // the caller opens another stream, which says what is wrong
		}
	}
}

func (a *api) eventOf(c *gin.Context, id connection.ID) ([]byte, error) {
	ctx := c.Request.Context()
	found, err := a.connection(ctx, id)
	if err != nil {
		return nil, err
	}
	v, err := a.viewConnection(ctx, found)
	if err != nil {
		return nil, err
	}
	return json.Marshal(connectionEvent{
		v.Status, v.Failure, v.Progress, v.Attention, v.Health.Hooks, v.Health.Script, v.NextAuthenticationID,
		v.Health.Parked, v.LastWebhookAt, v.LastReconcile, v.LastSweep,
	})
}
