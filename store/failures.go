package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// FailureGroup is the rejected records of one entity that share a reason, or
// with Warning those that went out and of which a person should know something.
type FailureGroup struct {
	Reason  connection.Reason
	Entity  connection.Entity
	Count   int64
	FirstAt time.Time // when the first of them ended so
	LastAt  time.Time
	Warning bool // nothing is to be retried
}

// ID names the group for as long as records are in it. It is a digest, so that
// it may stand where the reason's text should not.
func (g FailureGroup) ID() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{string(g.Entity), g.Reason.Code, g.Reason.Path, g.Reason.Text}, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// Failures groups a connection's rejected records by reason, the largest group
// first, and after them what it has to warn of. Records that are being tried
// again are not failures.
func (s *Store) Failures(ctx context.Context, id connection.ID) (groups []FailureGroup, err error) {
	groups, err = s.rejected(ctx, id)
	if err != nil {
		return nil, err
	}
	warnings, err := s.warnings(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("group warnings: %w", err)
	}
	return append(groups, warnings...), nil
}

func (s *Store) rejected(ctx context.Context, id connection.ID) (groups []FailureGroup, err error) {
	rows, err := s.reader.QueryContext(ctx, s.q.GroupFailures, string(id))
	err = each(rows, err, func(r *sql.Rows) error {
		var (
			g           FailureGroup
			first, last int64
		)
		err := r.Scan(&g.Reason.Code, &g.Reason.Path, &g.Reason.Text, &g.Entity, &g.Count, &first, &last)
		g.FirstAt, g.LastAt = toTime(first), toTime(last)
		groups = append(groups, g)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("group failures: %w", err)
	}
	return groups, nil
}

// among is which records a filter by entity and reason means.
type among struct {
	entities         []connection.Entity // none: no record is meant
	code, path, text string
	exact            int64 // 1: path and text are asked for, too
}

// among finds out what a filter means. A group is looked up by its id, as none
// of its records need be left.
func (s *Store) among(ctx context.Context, id connection.ID, entity connection.Entity, code, group string) (among, error) {
	all := among{entities: connection.Entities(), code: code}
	if entity != "" {
		all.entities = []connection.Entity{entity}
	}
	if group == "" {
		return all, nil
	}
	groups, err := s.rejected(ctx, id)
	if err != nil {
		return among{}, err
	}
	for _, g := range groups {
		if g.ID() == group && slices.Contains(all.entities, g.Entity) && (code == "" || code == g.Reason.Code) {
			return among{[]connection.Entity{g.Entity}, g.Reason.Code, g.Reason.Path, g.Reason.Text, 1}, nil
		}
	}
	return among{}, nil
}

// RetryFilter narrows RetryFailures. Zero fields let everything through.
type RetryFilter struct {
	Reason   string // a reason's code
	Group    string // the id of a FailureGroup
	Entity   connection.Entity
	RecordID connection.RecordID
}

// RetryFailures makes rejected records dirty and returns how many.
func (s *Store) RetryFailures(ctx context.Context, id connection.ID, f RetryFilter) (retried int, err error) {
	which, err := s.among(ctx, id, f.Entity, f.Reason, f.Group)
	if err != nil {
		return 0, err
	}
	for _, entity := range which.entities {
		for after, more := int64(0), true; more; {
			var ids []connection.RecordID
			rows, err := s.reader.QueryContext(ctx, s.q.SelectRejected, string(id), string(entity), which.code, int64(f.RecordID), after, markChunk,
				which.exact, which.path, which.text)
			err = each(rows, err, func(r *sql.Rows) error {
				key, err := scanEntityID(r)
				ids = append(ids, key.RecordID)
				return err
			})
			if err != nil {
				return retried, fmt.Errorf("list failures: %w", err)
			}
			if more = len(ids) == markChunk; len(ids) == 0 {
				break
			}
			after = int64(ids[len(ids)-1])
			n, err := s.retry(ctx, id, entity, ids)
			if err != nil {
				return retried, err
			}
			retried += n
		}
	}
	return retried, nil
}

func (s *Store) retry(ctx context.Context, id connection.ID, entity connection.Entity, ids []connection.RecordID) (n int, err error) {
	list := idList(ids)
	err = s.write(ctx, func(t *tx) error {
		if err := t.lockRecords(id, entity, list); err != nil {
			return err
		}
		seq, err := t.nextSeq()
		if err != nil {
			return err
		}
		n, err = t.exec(s.q.RetryRecords, string(id), string(entity), seq, list)
		if t.dirtied = n > 0; !t.dirtied {
			return err
		}
		_, err = t.exec(s.q.TellRetried, string(id), string(entity), seq, list)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("retry failures: %w", err)
	}
	return n, nil
}

// RejectLater notes an error that Ometria reported after it had taken a push.
// It counts only when requestID is of the record's latest push: then the
// record is rejected, its fingerprint cleared and its consent forgotten as far
// as that push told it. at is when Ometria says that it was, for the record's
// story. identificationCode and
// idPrefix tell the connection, and hit whether there was such a record.
func (s *Store) RejectLater(ctx context.Context, identificationCode string, entity connection.Entity, recordID connection.RecordID, requestID, idPrefix string, reason connection.Reason, at time.Time) (hit bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		hit = false
		var id, text string
		err := t.row(s.q.SelectLatestPush, identificationCode, string(entity), int64(recordID), idPrefix, requestID).Scan(&id, &text)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		state, err := decodeState(text, 1)
		if err != nil {
			return err
		}
		n, err := t.exec(s.q.RejectLater, id, string(entity), int64(recordID), reason.Code, reason.Path, reason.Text, encode(state.Undone()))
		if hit = n > 0; !hit {
			return err
		}
		key := connection.RecordKey{ConnectionID: connection.ID(id), Entity: entity, RecordID: recordID}
		return t.tell(s.q.TellRefusedLater, key, reason.Code, reason.Path, reason.Text, encode([]string{requestID}), toMillis(at))
	})
	if err != nil {
		return false, fmt.Errorf("reject record later: %w", err)
	}
	return hit, nil
}

// RequestRecord is a record that went with one push.
type RequestRecord struct {
	Key      connection.RecordKey
	Children []int64 // the variants pushed with it
}

// requestMemory is how far back RecordsByRequest looks: errors come within
// minutes of their push.
const requestMemory = 24 * time.Hour

// RecordsByRequest returns the connection's records whose latest push had
// requestID, of the last 24 hours. It is how the owner of a raw variant id is
// found.
func (s *Store) RecordsByRequest(ctx context.Context, id connection.ID, requestID string) (list []RequestRecord, err error) {
	rows, err := s.reader.QueryContext(ctx, s.q.RecordsByRequest, string(id), requestID, millis(requestMemory))
	err = each(rows, err, func(r *sql.Rows) error {
		var (
			record   = RequestRecord{Key: connection.RecordKey{ConnectionID: id}}
			recordID int64
			text     string
		)
		if err := r.Scan(&record.Key.Entity, &recordID, &text); err != nil {
			return err
		}
		state, err := decodeState(text, 1)
		record.Key.RecordID, record.Children = connection.RecordID(recordID), state.Children
		list = append(list, record)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find records of request: %w", err)
	}
	return list, nil
}

// ClearFingerprintsSince forgets what was pushed to an Ometria account since a
// moment, because errors of those pushes may have been missed, and returns of
// how many records.
func (s *Store) ClearFingerprintsSince(ctx context.Context, account string, since time.Time) (cleared int, err error) {
	for {
		groups := map[connection.RecordKey][]connection.RecordID{}
		found := 0
		rows, err := s.reader.QueryContext(ctx, s.q.SelectPushedSince, account, toMillis(since), markChunk)
		err = each(rows, err, func(r *sql.Rows) error {
			key, err := scanKey(r)
			group := connection.RecordKey{ConnectionID: key.ConnectionID, Entity: key.Entity}
			groups[group] = append(groups[group], key.RecordID)
			found++
			return err
		})
		if err != nil {
			return cleared, fmt.Errorf("list pushes: %w", err)
		}
		for group, ids := range groups {
			err := s.write(ctx, func(t *tx) error {
				list := idList(ids)
				if err := t.lockRecords(group.ConnectionID, group.Entity, list); err != nil {
					return err
				}
				n, err := t.exec(s.q.ClearFingerprints, string(group.ConnectionID), string(group.Entity), list)
				cleared += n
				return err
			})
			if err != nil {
				return cleared, fmt.Errorf("clear fingerprints: %w", err)
			}
		}
		if found < markChunk {
			return cleared, nil
		}
	}
}

func scanEntityID(r *sql.Rows) (connection.RecordKey, error) {
	var (
		key connection.RecordKey
		id  int64
	)
	err := r.Scan(&key.Entity, &id)
	key.RecordID = connection.RecordID(id)
	return key, err
}
