package store

import (
	"context"
	"database/sql"
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

// BigCommerceQuotas returns what is known of stores' quotas, for people to look
// at. A store is missing until an answer of it has told of its quota.
func (s *Store) BigCommerceQuotas(ctx context.Context, hashes ...connection.StoreHash) (map[connection.StoreHash]QuotaLeft, error) {
	known := make(map[connection.StoreHash]QuotaLeft, len(hashes))
	rows, err := s.reader.QueryContext(ctx, s.q.ListQuotas, bigCommercePace, encode(hashes))
	err = each(rows, err, func(r *sql.Rows) error {
		var (
			hash connection.StoreHash
			b    budget
			now  int64
		)
		if err := r.Scan(&hash, &now, &b.quota, &b.remaining, &b.window, &b.resetsAt, &b.confirmed); err != nil {
			return err
		}
		assumed := b.confirmed == 0 && b.quota == assumedQuota && b.window == assumedWindow
		if b.quota == 0 || assumed {
			return nil
		}
		q := QuotaLeft{Limit: int(b.quota), Left: int(b.quota), Window: time.Duration(b.window) * time.Millisecond}
		if now < b.resetsAt {
			q.Left, q.ResetsAt = int(b.remaining), toTime(b.resetsAt)
		}
		known[hash] = q
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read BigCommerce quotas: %w", err)
	}
	return known, nil
}
