package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// The rule of this file: nothing is lost, and newer never loses to older.
//
//  1. An event takes a number: dirty_seq = next().
//  2. A fetch takes f = next() before it reads and g = next() once the answer is in.
//  3. Claim, before the push, takes records with pushed_seq < f that nobody
//     else has in flight. What it cannot take becomes dirty anew, unless the
//     content is what was pushed last.
//  4. Finish, after the push, sets pushed_seq = g and clears dirty_seq only if
//     it is below f. With pushed_seq = f, two overlapping reads could put an
//     older state over a newer one.
//  5. A claim whose push had an unknown outcome expires. The record becomes
//     dirty anew, and its pushed_seq takes a new number too: the push may have
//     happened, so only a read that begins from now on may follow it.
//  6. A push whose claim has expired meanwhile came late, perhaps over a newer
//     one. Its Finish finds no claim and makes the record dirty anew.

// Claim asks for the right to push records that were read at Fetched.
type Claim struct {
	ConnectionID connection.ID
	Entity       connection.Entity
	Fetched      int64 // f: drawn by NextSeq before the read
	Epoch        int64 // of the connection that the records were read for
	Items        []ClaimItem
}

// ClaimItem is one record of a Claim. A nil Fingerprint equals no other.
type ClaimItem struct {
	RecordID    connection.RecordID
	Fingerprint []byte
	Fetched     int64 // f of this record, where it is not the Claim's; otherwise 0
}

// Finish says how the pushes of claimed records ended.
type Finish struct {
	ConnectionID connection.ID
	Entity       connection.Entity
	Fetched      int64 // f: what the records were claimed with
	Read         int64 // g: drawn by NextSeq once the answer was in
	Results      []Result
}

// Result is how one record ended.
type Result struct {
	RecordID         connection.RecordID
	Outcome          connection.Outcome
	Reason           *connection.Reason
	RequestIDs       []string // Ometria's, of this push; empty when nothing was sent
	Fingerprint      []byte
	State            connection.RecordState
	SourceModifiedAt time.Time
	Notes            []connection.Note
	// Fetched and Read are f and g of this record, where they are not the
	// Finish's; otherwise 0.
	Fetched, Read int64
}

// NextSeq draws the next number of the one counter that events and fetches
// share. No number is given twice.
func (s *Store) NextSeq(ctx context.Context) (seq int64, err error) {
	if s.dialect == postgres {
		err = s.writer.QueryRowContext(ctx, s.q.NextSeq).Scan(&seq)
	} else {
		err = s.writeSoon(ctx, func(t *tx) error {
			seq, err = t.nextSeq()
			return err
		})
	}
	if err != nil {
		return 0, fmt.Errorf("draw sequence number: %w", err)
	}
	return seq, nil
}

type claimItem struct {
	ID          int64  `json:"id"`
	Fetched     int64  `json:"fetched"`
	Fingerprint string `json:"fingerprint"`
}

// Claim takes the records that may be pushed as they were read at Fetched
// and returns them with what earlier pushes left behind. The push must begin
// and end within the claim's 60 s. Records that are not returned must not be
// pushed; they are dirty again where the content read differs from what was
// pushed last. Missing rows are made. A record must not be in c with two Fetched.
func (s *Store) Claim(ctx context.Context, c Claim) (claimed map[connection.RecordID]connection.RecordState, err error) {
	ids := make([]connection.RecordID, len(c.Items))
	items := make([]claimItem, len(c.Items))
	for i, item := range c.Items {
		ids[i] = item.RecordID
		items[i] = claimItem{ID: int64(item.RecordID), Fetched: cmp.Or(item.Fetched, c.Fetched), Fingerprint: encodeFingerprint(item.Fingerprint)}
	}
	list := idList(distinct(ids))
	err = s.write(ctx, func(t *tx) error {
		inserted, err := t.exec(s.q.InsertRecords, string(c.ConnectionID), string(c.Entity), list)
		if err != nil {
			return fmt.Errorf("insert records: %w", err)
		}
		if err := t.expireListed(c.ConnectionID, c.Entity, list); err != nil {
			return err
		}
		claimed = map[connection.RecordID]connection.RecordState{}
		rows, err := t.rows(s.q.ClaimRecords, string(c.ConnectionID), string(c.Entity), millis(s.claimTTL), encode(items), c.Epoch)
		err = each(rows, err, func(r *sql.Rows) error {
			var (
				id, pushed int64
				text       string
			)
			if err := r.Scan(&id, &text, &pushed); err != nil {
				return err
			}
			state, err := decodeState(text, pushed)
			claimed[connection.RecordID(id)] = state
			return err
		})
		if err != nil {
			return fmt.Errorf("take claims: %w", err)
		}
		if err := t.markUnclaimed(c, items, claimed); err != nil || inserted == 0 || len(claimed) == 0 {
			return err
		}
		return t.holdEpoch(c)
	})
	if err != nil {
		return nil, fmt.Errorf("claim records: %w", err)
	}
	return claimed, nil
}

// errEpochMoved means that pushes were forgotten while records were claimed.
var errEpochMoved = errors.New("what earlier pushes left behind was forgotten meanwhile")

// holdEpoch makes sure that the connection's epoch is c's until the commit:
// whoever forgets pushes does not see the rows that c has just made. It comes
// last, because intake writes to the connection after it has locked records.
func (t *tx) holdEpoch(c Claim) error {
	if t.s.dialect != postgres {
		return nil
	}
	var epoch int64
	if err := t.row(t.s.q.HoldEpoch, string(c.ConnectionID)).Scan(&epoch); err != nil {
		return fmt.Errorf("hold epoch: %w", err)
	}
	if epoch != c.Epoch {
		return errEpochMoved
	}
	return nil
}

// expireListed locks the listed records and ends the claims among them that
// are past their time.
func (t *tx) expireListed(id connection.ID, entity connection.Entity, list string) error {
	expired := false
	rows, err := t.rows(t.s.q.LockRecords, string(id), string(entity), list)
	err = each(rows, err, func(r *sql.Rows) error {
		var recordID, past int64
		err := r.Scan(&recordID, &past)
		expired = expired || past == 1
		return err
	})
	if err != nil {
		return fmt.Errorf("lock records: %w", err)
	}
	if !expired {
		return nil
	}
	_, err = t.expire(id, entity, list)
	return err
}

func (t *tx) expire(id connection.ID, entity connection.Entity, list string) (int, error) {
	seq, err := t.nextSeq()
	if err != nil {
		return 0, err
	}
	n, err := t.exec(t.s.q.ExpireRecords, string(id), string(entity), seq, list)
	if err != nil {
		return 0, fmt.Errorf("expire claims: %w", err)
	}
	if n > 0 {
		if _, err := t.exec(t.s.q.TellExpired, string(id), string(entity), seq, list); err != nil {
			return 0, fmt.Errorf("tell expired claims: %w", err)
		}
	}
	t.dirtied = true
	return n, nil
}

func (t *tx) markUnclaimed(c Claim, items []claimItem, claimed map[connection.RecordID]connection.RecordState) error {
	var left []claimItem
	for _, item := range items {
		if _, ok := claimed[connection.RecordID(item.ID)]; !ok {
			left = append(left, item)
		}
	}
	if len(left) == 0 {
		return nil
	}
	seq, err := t.nextSeq()
	if err != nil {
		return err
	}
	if _, err := t.exec(t.s.q.MarkUnclaimed, string(c.ConnectionID), string(c.Entity), seq, encode(left)); err != nil {
		return fmt.Errorf("mark unclaimed records: %w", err)
	}
	t.dirtied = true
	return nil
}

// Renew extends unexpired claims by their full time and returns those that
// still stand. The others must not be pushed.
func (s *Store) Renew(ctx context.Context, id connection.ID, entity connection.Entity, fetched int64, ids []connection.RecordID) (still []connection.RecordID, err error) {
	list := idList(ids)
	err = s.write(ctx, func(t *tx) error {
		still = nil
		if err := t.lockRecords(id, entity, list); err != nil {
			return err
		}
		rows, err := t.rows(s.q.RenewClaims, string(id), string(entity), fetched, millis(s.claimTTL), list)
		return each(rows, err, func(r *sql.Rows) error {
			var recordID int64
			err := r.Scan(&recordID)
			still = append(still, connection.RecordID(recordID))
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("renew claims: %w", err)
	}
	return still, nil
}

// Release gives claims back whose push surely did nothing: the connection was
// refused, or the answer was 403 or 429. The records are dirty.
func (s *Store) Release(ctx context.Context, id connection.ID, entity connection.Entity, fetched int64, ids []connection.RecordID) error {
	list := idList(ids)
	err := s.writeSoon(ctx, func(t *tx) error {
		if err := t.lockRecords(id, entity, list); err != nil {
			return err
		}
		seq, err := t.nextSeq()
		if err != nil {
			return err
		}
		n, err := t.exec(s.q.ReleaseClaims, string(id), string(entity), fetched, seq, list)
		t.dirtied = n > 0
		return err
	})
	if err != nil {
		return fmt.Errorf("release claims: %w", err)
	}
	return nil
}

type resultItem struct {
	ID               int64              `json:"id"`
	Outcome          connection.Outcome `json:"outcome"`
	Code             string             `json:"code"`
	Path             string             `json:"path"`
	Text             string             `json:"text"`
	Fingerprint      string             `json:"fingerprint"`
	State            string             `json:"state"`
	RequestIDs       string             `json:"request_ids"`
	Exists           int64              `json:"exists"`
	Pushed           int64              `json:"pushed"`
	SourceModifiedAt int64              `json:"source_modified_at"`
	Notes            string             `json:"notes"`
	Fetched          int64              `json:"fetched"`
	Read             int64              `json:"read"`
}

func newResultItem(f Finish, r Result) resultItem {
	item := resultItem{
		ID: int64(r.RecordID), Outcome: r.Outcome, Fingerprint: encodeFingerprint(r.Fingerprint),
		State: encode(r.State), RequestIDs: "[]", SourceModifiedAt: toMillis(r.SourceModifiedAt),
		Notes:   encodeNotes(r.Notes),
		Exists:  flag(r.State.Exists || r.Outcome == connection.Accepted),
		Pushed:  flag(len(r.RequestIDs) > 0 || r.Outcome == connection.Accepted),
		Fetched: cmp.Or(r.Fetched, f.Fetched), Read: cmp.Or(r.Read, f.Read),
	}
	if r.Reason != nil {
		item.Code, item.Path, item.Text = r.Reason.Code, r.Reason.Path, r.Reason.Text
	}
	if len(r.RequestIDs) > 0 {
		item.RequestIDs = encode(r.RequestIDs)
	}
	return item
}

// Finish notes outcomes of records that are still claimed with their Fetched,
// expired or not, and returns how many those were. A record that changed since
// it was read stays dirty. One that was pushed though another claim has taken
// its place is dirty anew: its push came late, perhaps over a newer one.
func (s *Store) Finish(ctx context.Context, f Finish) (finished int, err error) {
	items := make([]resultItem, len(f.Results))
	ids := make([]connection.RecordID, len(f.Results))
	for i, r := range f.Results {
		items[i], ids[i] = newResultItem(f, r), r.RecordID
	}
	err = s.writeSoon(ctx, func(t *tx) error {
		if err := t.lockRecords(f.ConnectionID, f.Entity, idList(ids)); err != nil {
			return err
		}
		rows, err := t.rows(s.q.FinishRecords, string(f.ConnectionID), string(f.Entity), encode(items))
		done, err := t.tellFinished(f.ConnectionID, f.Entity, rows, err)
		if err != nil {
			return err
		}
		finished = len(done)
		return t.markLate(f, items, done)
	})
	if err != nil {
		return 0, fmt.Errorf("finish records: %w", err)
	}
	return finished, nil
}

// markLate makes dirty what was pushed without its claim.
func (t *tx) markLate(f Finish, items []resultItem, done []connection.RecordID) error {
	var late []connection.RecordID
	for _, item := range items {
		if id := connection.RecordID(item.ID); item.Pushed == 1 && !slices.Contains(done, id) {
			late = append(late, id)
		}
	}
	if len(late) == 0 {
		return nil
	}
	seq, err := t.nextSeq()
	if err != nil {
		return err
	}
	if _, err := t.exec(t.s.q.MarkLate, string(f.ConnectionID), string(f.Entity), seq, idList(late)); err != nil {
		return fmt.Errorf("mark late pushes: %w", err)
	}
	t.dirtied = true
	return nil
}

// Attempted notes that an attempt failed and will be made again at
// backoffUntil. The record stays as dirty as it was.
func (s *Store) Attempted(ctx context.Context, key connection.RecordKey, reason connection.Reason, backoffUntil time.Time) error {
	// The wait crosses over, not the moment: the database's clock may differ.
	wait := max(0, time.Until(backoffUntil))
	err := s.writeSoon(ctx, func(t *tx) error {
		_, err := t.exec(s.q.RecordAttempt, string(key.ConnectionID), string(key.Entity), int64(key.RecordID), encode(reason), millis(wait))
		if err != nil {
			return err
		}
		return t.tell(s.q.TellFailed, key, reason.Code, reason.Path, reason.Text)
	})
	if err != nil {
		return fmt.Errorf("note attempt: %w", err)
	}
	return nil
}

// GiveUp ends a record as rejected after its last attempt. It stays dirty when
// something came after number upTo; otherwise what it has in flight ends too.
func (s *Store) GiveUp(ctx context.Context, key connection.RecordKey, upTo int64, reason connection.Reason) error {
	err := s.write(ctx, func(t *tx) error {
		if err := t.tell(s.q.TellGaveUp, key, reason.Code, reason.Path, reason.Text); err != nil {
			return err
		}
		seq, err := t.nextSeq()
		if err != nil {
			return err
		}
		_, err = t.exec(s.q.GiveUpRecord, string(key.ConnectionID), string(key.Entity), int64(key.RecordID), upTo,
			reason.Code, reason.Path, reason.Text, seq)
		return err
	})
	if err != nil {
		return fmt.Errorf("give record up: %w", err)
	}
	return nil
}

// expireBatch bounds the claims that one transaction of ExpireClaims ends.
const expireBatch = 1000

// ExpireClaims makes records dirty anew whose claims are past their time, and
// returns how many. Call it every few seconds.
func (s *Store) ExpireClaims(ctx context.Context) (expired int, err error) {
	groups := map[connection.RecordKey][]connection.RecordID{} // by connection and entity
	rows, err := s.reader.QueryContext(ctx, s.q.SelectExpired, expireBatch)
	err = each(rows, err, func(r *sql.Rows) error {
		key, err := scanKey(r)
		group := connection.RecordKey{ConnectionID: key.ConnectionID, Entity: key.Entity}
		groups[group] = append(groups[group], key.RecordID)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("list expired claims: %w", err)
	}
	for group, ids := range groups {
		n := 0
		err := s.writeSoon(ctx, func(t *tx) (err error) {
			list := idList(ids)
			if err := t.lockRecords(group.ConnectionID, group.Entity, list); err != nil {
				return err
			}
			n, err = t.expire(group.ConnectionID, group.Entity, list)
			return err
		})
		if err != nil {
			return expired, fmt.Errorf("expire claims: %w", err)
		}
		expired += n
	}
	return expired, nil
}

func encodeFingerprint(f []byte) string { return base64.RawStdEncoding.EncodeToString(f) }

func decodeState(text string, pushed int64) (state connection.RecordState, err error) {
	if err := json.Unmarshal([]byte(text), &state); err != nil {
		return state, fmt.Errorf("decode record state: %w", err)
	}
	state.Exists = pushed == 1
	return state, nil
}

func scanKey(r *sql.Rows) (connection.RecordKey, error) {
	var (
		key connection.RecordKey
		id  int64
	)
	err := r.Scan(&key.ConnectionID, &key.Entity, &id)
	key.RecordID = connection.RecordID(id)
	return key, err
}
