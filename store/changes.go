package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// Changes are how many came and went in one hour.
type Changes struct {
	Hour      time.Time // its beginning
	Received  int64     // webhooks, but those that repeat what already waited
	Delivered int64     // records that Ometria accepted, deleted ones among them
}

// Changes counts a connection's changes in each of the last hours, the oldest
// first; the last hour is the one that it is now, by the database's clock.
func (s *Store) Changes(ctx context.Context, id connection.ID, hours int) ([]Changes, error) {
	counted, now := map[int64]Changes{}, int64(0)
	rows, err := s.reader.QueryContext(ctx, s.q.CountChanges, string(id), hours)
	err = each(rows, err, func(r *sql.Rows) error {
		var (
			hour int64
			c    Changes
		)
		err := r.Scan(&hour, &c.Received, &c.Delivered)
		now = max(now, hour)
		c.Received, c.Delivered = c.Received+counted[hour].Received, c.Delivered+counted[hour].Delivered
		counted[hour] = c
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count changes: %w", err)
	}
	list := make([]Changes, hours)
	for i := range list {
		hour := now - int64(hours-1-i)
		list[i] = counted[hour]
		list[i].Hour = time.Unix(hour*3600, 0).UTC()
	}
	return list, nil
}
