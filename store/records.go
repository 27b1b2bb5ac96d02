package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// RecordRow is what is known of one record. Zero times mean never.
type RecordRow struct {
	Key              connection.RecordKey
	Outcome          connection.Outcome // waiting while the record is dirty or in flight
	Reason           *connection.Reason // of the outcome noted last
	LastError        *connection.Reason // of the latest attempt that will be made again
	Attempts         int                // failed ones since the record last ended
	PushedAt         time.Time
	RequestIDs       []string // Ometria's, of the latest push
	FirstSeenAt      time.Time
	FirstFailedAt    time.Time
	LastEventAt      time.Time
	LastWebhookAt    time.Time
	LastWebhookScope string
	LastFetchedAt    time.Time
	BackoffUntil     time.Time
	State            connection.RecordState
	SourceModifiedAt time.Time
	DirtySeq         int64 // 0 when not dirty
	PushedSeq        int64
	Inflight         bool
	Notes            []connection.Note // what may be worth knowing of the record as it was mapped last
}

// Filter narrows Records. Zero fields let everything through.
type Filter struct {
	Entity  connection.Entity
	Outcome connection.Outcome // the effective one, as in RecordRow
	Reason  string             // the code of why a record failed or was left out
	Group   string             // the id of a FailureGroup: its records alone
}

// Record returns one record, or ErrNotFound.
func (s *Store) Record(ctx context.Context, key connection.RecordKey) (RecordRow, error) {
	row, err := scanRecord(s.reader.QueryRowContext(ctx, s.q.SelectRecord, string(key.ConnectionID), string(key.Entity), int64(key.RecordID)))
	if err != nil {
		return RecordRow{}, fmt.Errorf("read record: %w", notFound(err))
	}
	return row, nil
}

// Records lists up to limit records of a connection by entity and id, those
// after cursor. next is empty at the end.
func (s *Store) Records(ctx context.Context, id connection.ID, f Filter, cursor string, limit int) (list []RecordRow, next string, err error) {
	from, after, err := parseRecordCursor(cursor)
	if err != nil {
		return nil, "", fmt.Errorf("list records: %w", err)
	}
	which, err := s.among(ctx, id, f.Entity, f.Reason, f.Group)
	if err != nil {
		return nil, "", fmt.Errorf("list records: %w", err)
	}
	if f.Group != "" && f.Outcome == "" { // a group is of rejected records
		f.Outcome = connection.Rejected
	}
	for _, entity := range which.entities {
		if from != "" && entity != from {
			continue // listed on an earlier page
		}
		from = ""
		rows, err := s.reader.QueryContext(ctx, s.q.ListRecords, string(id), string(entity), after, string(f.Outcome), limit+1-len(list),
			which.code, which.exact, which.path, which.text)
		err = each(rows, err, func(r *sql.Rows) error {
			row, err := scanRecord(r)
			list = append(list, row)
			return err
		})
		if err != nil {
			return nil, "", fmt.Errorf("list records: %w", err)
		}
		if after = 0; len(list) > limit {
			list = list[:limit]
			last := list[limit-1].Key
			return list, string(last.Entity) + "/" + last.RecordID.String(), nil
		}
	}
	return list, "", nil
}

// ErrBadCursor means that a cursor is not one that a list handed out.
var ErrBadCursor = fmt.Errorf("cursor is not one of this list's")

func parseRecordCursor(cursor string) (entity connection.Entity, after int64, err error) {
	if cursor == "" {
		return "", 0, nil
	}
	name, number, _ := strings.Cut(cursor, "/")
	entity, err = connection.ParseEntity(name)
	if err != nil {
		return "", 0, ErrBadCursor
	}
	id, err := connection.ParseRecordID(number)
	if err != nil {
		return "", 0, ErrBadCursor
	}
	return entity, int64(id), nil
}

func scanRecord(row scanner) (RecordRow, error) {
	var (
		r                                                             RecordRow
		id, pushed, inflight                                          int64
		reason                                                        connection.Reason
		lastError, requestIDs, state, notes                           string
		pushedAt, firstSeen, firstFailed, lastEvent, fetched, backoff int64
		modified, lastWebhook                                         int64
	)
	err := row.Scan(&r.Key.ConnectionID, &r.Key.Entity, &id, &r.Outcome, &reason.Code, &reason.Path, &reason.Text,
		&lastError, &r.Attempts, &pushedAt, &requestIDs, &firstSeen, &firstFailed, &lastEvent, &fetched, &backoff,
		&state, &pushed, &modified, &r.DirtySeq, &r.PushedSeq, &inflight, &notes,
		&lastWebhook, &r.LastWebhookScope)
	if err != nil {
		return r, err
	}
	r.Key.RecordID = connection.RecordID(id)
	if reason != (connection.Reason{}) {
		r.Reason = &reason
	}
	if lastError != "" {
		if err := json.Unmarshal([]byte(lastError), &r.LastError); err != nil {
			return r, fmt.Errorf("decode last error: %w", err)
		}
	}
	if err := json.Unmarshal([]byte(requestIDs), &r.RequestIDs); err != nil {
		return r, fmt.Errorf("decode request ids: %w", err)
	}
	if r.State, err = decodeState(state, pushed); err != nil {
		return r, err
	}
	if r.Notes, err = decodeNotes(notes); err != nil {
		return r, err
	}
	r.PushedAt, r.FirstSeenAt, r.FirstFailedAt = toTime(pushedAt), toTime(firstSeen), toTime(firstFailed)
	r.LastEventAt, r.LastFetchedAt, r.BackoffUntil = toTime(lastEvent), toTime(fetched), toTime(backoff)
	r.SourceModifiedAt, r.Inflight = toTime(modified), inflight == 1
	r.LastWebhookAt = toTime(lastWebhook)
	return r, nil
}
