package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// QuotaLeft is what a store's quota stands at.
type QuotaLeft struct {
	Limit    int       // requests in a window
	Left     int       // of them, in this window
	ResetsAt time.Time // this window's end; zero when no window is open
	Window   time.Duration
}

// BigCommerceQuota returns what is known of a store's quota, for people to
// look at. known is false until an answer of the store has told of it.
func (s *Store) BigCommerceQuota(ctx context.Context, hash connection.StoreHash) (q QuotaLeft, known bool, err error) {
	b, now, err := scanBudget(s.reader.QueryRowContext(ctx, s.q.SelectPace, bigCommercePace, string(hash)))
	if errors.Is(err, sql.ErrNoRows) {
		return QuotaLeft{}, false, nil
	}
	if err != nil {
		return QuotaLeft{}, false, fmt.Errorf("read BigCommerce quota: %w", err)
	}
	assumed := b.confirmed == 0 && b.quota == assumedQuota && b.window == assumedWindow
	if b.quota == 0 || assumed {
		return QuotaLeft{}, false, nil
	}
	q = QuotaLeft{Limit: int(b.quota), Left: int(b.quota), Window: time.Duration(b.window) * time.Millisecond}
	if now < b.resetsAt {
		q.Left, q.ResetsAt = int(b.remaining), toTime(b.resetsAt)
	}
	return q, true, nil
}
