package store

import (
	"context"

	"golang.org/x/sync/semaphore"
)

// turns say who writes next to a SQLite database, which takes one writer at a
// time. database/sql would let waiters in at random.
//
// Webhooks wait for the transaction at hand and one more at most. Of a bulk sync
// one transaction at a time stands in line with everybody else's, so that
// however many there are, real time waits for one of them, and none is starved.
type turns struct{ bulk, rest, writer *semaphore.Weighted }

func newTurns() *turns {
	return &turns{semaphore.NewWeighted(1), semaphore.NewWeighted(1), semaphore.NewWeighted(1)}
}

// turnKey is the key of a context's place in line, bulkTurn or webhookTurn.
type turnKey struct{}

type turn int

const (
	webhookTurn turn = iota + 1
	bulkTurn
)

// WithBulk marks what is written with the context as a bulk sync's: it lets all
// else go first.
func WithBulk(ctx context.Context) context.Context {
	return context.WithValue(ctx, turnKey{}, bulkTurn)
}

// take waits for the caller's turn. A nil turns lets everybody in.
func (t *turns) take(ctx context.Context) (leave func(), err error) {
	if t == nil {
		return func() {}, nil
	}
	lines := []*semaphore.Weighted{t.rest, t.writer}
	switch ctx.Value(turnKey{}) {
	case webhookTurn:
		lines = lines[1:]
	case bulkTurn:
		lines = append([]*semaphore.Weighted{t.bulk}, lines...)
	}
	for i, line := range lines {
		if err := line.Acquire(ctx, 1); err != nil {
			leaveAll(lines[:i])
			return nil, err
		}
	}
	return func() { leaveAll(lines) }, nil
}

func leaveAll(lines []*semaphore.Weighted) {
	for _, line := range lines {
		line.Release(1)
	}
}
