package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// Kind says what an Attempt tells of its record.
type Kind string

// The kinds of an Attempt.
const (
	KindWebhook      Kind = "webhook"       // BigCommerce said that it changed; Scope says how
	KindWished       Kind = "wished"        // a person asked for a sync or a retry: the reason's code says which
	KindPushed       Kind = "pushed"        // Ometria accepted all of it
	KindRejected     Kind = "rejected"      // Ometria or the mapping refused it at once
	KindSkipped      Kind = "skipped"       // not for Ometria
	KindDeleted      Kind = "deleted"       // gone from BigCommerce, and said so to Ometria if it knew of it
	KindFailed       Kind = "failed"        // an attempt failed and is made again at RetryAt; the reason's code names the side at fault
	KindExpired      Kind = "expired"       // a push whose outcome was never known
	KindGaveUp       Kind = "gave_up"       // the last attempt failed
	KindRefusedLater Kind = "refused_later" // Ometria reported an error of a push that it had accepted
)

const (
	// webhookQuiet is how long the same webhook of a record that is dirty
	// already is not told again.
	webhookQuiet = time.Minute
	// pruneBatch bounds the attempts of one transaction of PruneAttempts, and
	// prunePause is what it leaves to others between two.
	pruneBatch = 1000
	prunePause = 20 * time.Millisecond
)

// Attempt is one thing that happened to a record.
type Attempt struct {
	At         time.Time
	Kind       Kind
	Scope      string             // of a webhook
	Reason     *connection.Reason // masked where it came from
	RequestIDs []string           // Ometria's
	RetryAt    time.Time          // when a failed attempt is made again
	SaidAt     time.Time          // when Ometria says that it refused the record later
}

// Story is what happened to one record, as far back as it is kept.
type Story struct {
	Attempts  []Attempt // oldest first
	Truncated bool      // there are earlier ones
	LastPush  *Attempt  // the latest that something was sent with
	Refusal   *Attempt  // what Ometria said last of a push that it had accepted
}

// Story tells the latest limit attempts of a record. It is empty for a record
// that nothing is known of.
func (s *Store) Story(ctx context.Context, key connection.RecordKey, limit int) (story Story, err error) {
	where := []any{string(key.ConnectionID), string(key.Entity), int64(key.RecordID)}
	rows, err := s.reader.QueryContext(ctx, s.q.ListAttempts, append(where, limit+1)...)
	err = each(rows, err, func(r *sql.Rows) error {
		a, err := scanAttempt(r)
		story.Attempts = append(story.Attempts, a)
		return err
	})
	if err != nil {
		return Story{}, fmt.Errorf("list attempts: %w", err)
	}
	if story.Truncated = len(story.Attempts) > limit; story.Truncated {
		story.Attempts = story.Attempts[:limit]
	}
	slices.Reverse(story.Attempts)
	for query, into := range map[string]**Attempt{s.q.SelectLastPushed: &story.LastPush, s.q.SelectLastRefusal: &story.Refusal} {
		a, err := scanAttempt(s.reader.QueryRowContext(ctx, query, where...))
		switch {
		case err == nil:
			*into = &a
		case !errors.Is(err, sql.ErrNoRows):
			return Story{}, fmt.Errorf("read attempt: %w", err)
		}
	}
	return story, nil
}

func scanAttempt(row scanner) (Attempt, error) {
	var (
		a          Attempt
		reason     connection.Reason
		requestIDs string
		at, other  int64
	)
	if err := row.Scan(&at, &a.Kind, &a.Scope, &reason.Code, &reason.Path, &reason.Text, &requestIDs, &other); err != nil {
		return a, err
	}
	a.At = toTime(at)
	if reason != (connection.Reason{}) {
		a.Reason = &reason
	}
	if requestIDs != "" {
		if err := json.Unmarshal([]byte(requestIDs), &a.RequestIDs); err != nil {
			return a, fmt.Errorf("decode request ids: %w", err)
		}
	}
	if a.Kind == KindRefusedLater {
		a.SaidAt = toTime(other)
	} else {
		a.RetryAt = toTime(other)
	}
	return a, nil
}

// tellWebhooks tells of each record and scope among items that are webhooks.
// It comes before the records become dirty.
func (t *tx) tellWebhooks(items []recordItem) error {
	told := slices.DeleteFunc(distinct(slices.Clone(items)), func(item recordItem) bool { return item.Scope == "" })
	if len(told) == 0 {
		return nil
	}
	if _, err := t.exec(t.s.q.TellWebhooks, encode(told), millis(webhookQuiet)); err != nil {
		return fmt.Errorf("tell webhooks: %w", err)
	}
	return nil
}

// tellFinished tells of the records that FinishRecords returned, and returns them.
func (t *tx) tellFinished(id connection.ID, entity connection.Entity, rows *sql.Rows, err error) (ids []connection.RecordID, _ error) {
	err = each(rows, err, func(r *sql.Rows) error {
		var recordID int64
		err := r.Scan(&recordID)
		ids = append(ids, connection.RecordID(recordID))
		return err
	})
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	if _, err := t.exec(t.s.q.TellFinished, string(id), string(entity), idList(ids)); err != nil {
		return nil, fmt.Errorf("tell outcomes: %w", err)
	}
	return ids, nil
}

// tell tells of one record. The further arguments are the query's own.
func (t *tx) tell(query string, key connection.RecordKey, args ...any) error {
	all := append([]any{string(key.ConnectionID), string(key.Entity), int64(key.RecordID)}, args...)
	if _, err := t.exec(query, all...); err != nil {
		return fmt.Errorf("tell attempt: %w", err)
	}
	return nil
}

// latestOfEach keeps the last item of each record, in the order of the first.
func latestOfEach(items []recordItem) []recordItem {
	at := make(map[connection.RecordKey]int, len(items))
	kept := make([]recordItem, 0, len(items))
	for _, item := range items {
		key := connection.RecordKey{ConnectionID: item.Connection, Entity: item.Entity, RecordID: connection.RecordID(item.ID)}
		if i, twice := at[key]; twice {
			kept[i] = item
			continue
		}
		at[key] = len(kept)
		kept = append(kept, item)
	}
	return kept
}

// Wish makes a record dirty because a person asks for its sync, which its story
// tells. Those of a removed connection are ignored.
func (s *Store) Wish(ctx context.Context, key connection.RecordKey) error {
	err := s.write(ctx, func(t *tx) error {
		item := recordItem{Connection: key.ConnectionID, Entity: key.Entity, ID: int64(key.RecordID)}
		if err := t.markDirty([]recordItem{item}); err != nil {
			return err
		}
		return t.tell(s.q.TellWish, key)
	})
	if err != nil {
		return fmt.Errorf("wish for sync: %w", err)
	}
	return nil
}

// PruneAttempts deletes attempts that are older than age, and returns how many.
// It does so in small transactions with pauses between them, so that whoever
// else writes waits for one of them at most. Replicas may prune at once.
func (s *Store) PruneAttempts(ctx context.Context, age time.Duration) (pruned int, err error) {
	var old int
	if err := s.reader.QueryRowContext(ctx, s.q.CountOldAttempts, millis(age)).Scan(&old); err != nil {
		return 0, fmt.Errorf("look for old attempts: %w", err)
	}
	for more := old > 0; more; {
		n := 0
		err := s.write(ctx, func(t *tx) (err error) {
			n, err = t.exec(s.q.PruneAttempts, millis(age), pruneBatch)
			return err
		})
		if err != nil {
			return pruned, fmt.Errorf("prune attempts: %w", err)
		}
		pruned += n
		if more = n == pruneBatch; !more {
			break
		}
		select {
		case <-ctx.Done():
			return pruned, fmt.Errorf("prune attempts: %w", ctx.Err())
		case <-time.After(prunePause):
		}
	}
	return pruned, nil
}
