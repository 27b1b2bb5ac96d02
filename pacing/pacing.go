package pacing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

// Class says who goes first.
type Class string

// The classes. Real time goes first; bulk always keeps a tenth.
const (
	Bulk     Class = "bulk"
	Realtime Class = "realtime"
)

// Options of a Pacer.
type Options struct {
	// Reserve is the share of a store's quota left to the merchant's other
	// apps, 0 to 1.
	Reserve float64
	// PushesPerSecond to one Ometria account; 0 means no limit.
	PushesPerSecond float64
	// ReadsPerSecond from one Ometria account; 0 means no limit.
	ReadsPerSecond float64
	// MaxWait is the longest a call waits before it answers *WaitError.
	MaxWait time.Duration
}

// Quota is what BigCommerce's X-Rate-Limit headers say.
type Quota struct {
	Window time.Duration
	Reset  time.Duration
	Limit  int
	Left   int
}

// WaitError means that the budget is spent for longer than a caller should
// hold a worker's slot.
type WaitError struct{ RetryIn time.Duration }

func (e *WaitError) Error() string { return fmt.Sprintf("budget is spent: retry in %s", e.RetryIn) }

// Pacer shares each remote account's budget among all processes.
type Pacer struct{}

var errTODO = errors.New("not written yet")

func New(s *store.Store, o Options, logger *slog.Logger) *Pacer { return &Pacer{} }

func (p *Pacer) BigCommerce(ctx context.Context, hash connection.StoreHash, class Class) (release func(), err error) {
	return nil, errTODO
}
func (p *Pacer) Observe(ctx context.Context, hash connection.StoreHash, q Quota) error { return errTODO }
func (p *Pacer) Throttled(ctx context.Context, hash connection.StoreHash, resetIn time.Duration, platformLoad bool) error {
	return errTODO
}
func (p *Pacer) Push(ctx context.Context, account string, class Class) error { return errTODO }
func (p *Pacer) Read(ctx context.Context, account string) error              { return errTODO }
func (p *Pacer) PushThrottled(ctx context.Context, account string, d time.Duration) error {
	return errTODO
}
