package api

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

// Counting the records of many connections takes as long as there are records.
// A list that is asked for every few seconds, by each open page, may be as old
// as twenty times what counting took: that bounds counting to a twentieth of
// the time.
const (
	overviewsReuse  = 20
	overviewsOldest = 30 * time.Second
)

// overviews are how connections stood a moment ago.
type overviews struct {
	mu sync.Mutex // held while they are counted: whoever waits wants the same
	of map[connection.ID]recentOverview
}

type recentOverview struct {
	store.Overview
	until time.Time
}

type countOverviews func(ctx context.Context, ids ...connection.ID) (map[connection.ID]store.Overview, error)

// recent returns how connections stand, or stood a moment ago.
func (o *overviews) recent(ctx context.Context, count countOverviews, ids []connection.ID) (map[connection.ID]store.Overview, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	began := time.Now()
	maps.DeleteFunc(o.of, func(_ connection.ID, r recentOverview) bool { return !began.Before(r.until) })
	var missing []connection.ID
	for _, id := range ids {
		if _, ok := o.of[id]; !ok {
			missing = append(missing, id)
		}
	}
	if len(missing) > 0 {
		counted, err := count(ctx, missing...)
		if err != nil {
			return nil, err
		}
		now := time.Now()
		until := now.Add(min(overviewsReuse*now.Sub(began), overviewsOldest))
		if o.of == nil {
			o.of = map[connection.ID]recentOverview{}
		}
		for id, overview := range counted {
			o.of[id] = recentOverview{overview, until}
		}
	}
	all := make(map[connection.ID]store.Overview, len(ids))
	for _, id := range ids {
		all[id] = o.of[id].Overview
	}
	return all, nil
}
