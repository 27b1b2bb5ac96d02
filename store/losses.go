package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// The guard against mass deletion. An empty or halved list of BigCommerce must
// not switch off a catalogue or opt everybody out. A loss is a record that we
// tell Ometria is gone or opted out. Up to lossesFree of an entity a day, or
// lossShare of its records where that is more, go through; beyond it losses are
// held, and while any is held every other is too, until an admin decides. A
// held record waits with the reason mass_deletion and is not dirty.

const (
	lossesFree = 100
	lossShare  = 20 // one in so many: 5 %
	lossDay    = 24 * time.Hour
)

// lossBudget is how an entity stands with its losses.
type lossBudget struct {
	confirmed bool  // an admin let all losses of this day through
	since     int64 // losses before it do not count any more
	lost      int64
	held      int64
}

// lossBudget reads it after making others wait for their turn.
func (t *tx) lossBudget(id connection.ID, entity connection.Entity) (b lossBudget, err error) {
	if err := t.advisoryLock(lossesLock); err != nil {
		return b, err
	}
	var now, confirmed int64
	if err := t.row(t.s.q.SelectLossDecision, string(id), string(entity)).Scan(&now, &confirmed); err != nil {
		return b, fmt.Errorf("read decision: %w", err)
	}
	b.since = now - millis(lossDay)
	if confirmed > 0 {
		b.confirmed = now < confirmed+millis(lossDay)
		b.since = max(b.since, confirmed+millis(lossDay)) // what was confirmed does not count again
	}
	if err := t.row(t.s.q.CountLost, string(id), string(entity), b.since).Scan(&b.lost); err != nil {
		return b, fmt.Errorf("count losses: %w", err)
	}
	held, err := t.heldLosses(id)
	b.held = held[entity]
	return b, err
}

func (t *tx) heldLosses(id connection.ID) (map[connection.Entity]int64, error) {
	rows, err := t.rows(t.s.q.CountHeld, string(id))
	return scanHeld(rows, err)
}

func scanHeld(rows *sql.Rows, err error) (map[connection.Entity]int64, error) {
	held := map[connection.Entity]int64{}
	err = each(rows, err, func(r *sql.Rows) error {
		var (
			entity connection.Entity
			n      int64
		)
		err := r.Scan(&entity, &n)
		held[entity] = n
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count held records: %w", err)
	}
	return held, nil
}

// room returns how many of fresh losses may go through. All records of an
// entity are counted only when the free ones are used up.
func (t *tx) lossRoom(id connection.ID, entity connection.Entity, b lossBudget, fresh int64) (int64, error) {
	if b.confirmed || b.lost+b.held+fresh <= lossesFree {
		return fresh, nil
	}
	var total int64
	if err := t.row(t.s.q.CountExisting, string(id), string(entity), b.since).Scan(&total); err != nil {
		return 0, fmt.Errorf("count records: %w", err)
	}
	most := max(lossesFree, total/lossShare)
	switch {
	case b.lost+b.held+fresh <= most:
		return fresh, nil
	case b.held > 0:
		return 0, nil
	}
	return max(0, most-b.lost), nil
}

// AdmitLosses decides which of the records may be told to Ometria as gone or
// opted out, and returns the others: they are to be held. What is admitted
// counts for a day. A record known to be gone is no loss again.
func (s *Store) AdmitLosses(ctx context.Context, id connection.ID, entity connection.Entity, ids []connection.RecordID) (held map[connection.RecordID]bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		held = map[connection.RecordID]bool{}
		b, err := t.lossBudget(id, entity)
		if err != nil {
			return err
		}
		var fresh, admitted []connection.RecordID
		rows, err := t.rows(s.q.SelectLosses, string(id), string(entity), idList(ids))
		err = each(rows, err, func(r *sql.Rows) error {
			var (
				recordID, lostAt, wasHeld int64
				outcome                   connection.Outcome
			)
			if err := r.Scan(&recordID, &outcome, &lostAt, &wasHeld); err != nil {
				return err
			}
			switch {
			case outcome == connection.Deleted || lostAt > b.since:
				// told already: it counts, or is so old that it does not
			default:
				fresh = append(fresh, connection.RecordID(recordID))
				b.held -= wasHeld // it is counted with the fresh ones
			}
			return nil
		})
		if err != nil {
			return err
		}
		room, err := t.lossRoom(id, entity, b, int64(len(fresh)))
		if err != nil {
			return err
		}
		for _, recordID := range fresh {
			if int64(len(admitted)) < room {
				admitted = append(admitted, recordID)
			} else {
				held[recordID] = true
			}
		}
		if len(admitted) == 0 {
			return nil
		}
		_, err = t.exec(s.q.StampLost, string(id), string(entity), idList(admitted))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("admit losses: %w", err)
	}
	return held, nil
}

// Unseen says what became of the records that a full pass did not see.
type Unseen struct {
	Gone int64
	Held bool // by the guard; otherwise they are dirty, to be read by themselves
}

// SettleUnseen ends a full pass: records from an id on that Ometria holds and
// the pass did not see become dirty, so that each is read by itself before it is
// believed to be gone. More of them than may be lost in a day are held instead.
func (s *Store) SettleUnseen(ctx context.Context, id connection.ID, p Pass, from int64) (u Unseen, err error) {
	err = s.write(ctx, func(t *tx) error {
		u = Unseen{}
		if err := t.row(s.q.CountUnseen, string(id), string(p.Entity), p.Seq, from).Scan(&u.Gone); err != nil {
			return fmt.Errorf("count unseen records: %w", err)
		}
		if u.Gone == 0 {
			return nil
		}
		b, err := t.lossBudget(id, p.Entity)
		if err != nil {
			return err
		}
		room, err := t.lossRoom(id, p.Entity, b, u.Gone)
		if err != nil {
			return err
		}
		if u.Held = room < u.Gone; u.Held {
			_, err = t.exec(s.q.HoldUnseen, string(id), string(p.Entity), p.Seq, from, connection.MassDeletionText)
			return err
		}
		seq, err := t.nextSeq()
		if err != nil {
			return err
		}
		t.dirtied = true
		_, err = t.exec(s.q.MarkUnseen, string(id), string(p.Entity), p.Seq, from, seq)
		return err
	})
	if err != nil {
		return u, fmt.Errorf("settle unseen records: %w", err)
	}
	return u, nil
}

// HeldLosses counts the records that the guard holds, by entity.
func (s *Store) HeldLosses(ctx context.Context, id connection.ID) (map[connection.Entity]int64, error) {
	rows, err := s.reader.QueryContext(ctx, s.q.CountHeld, string(id))
	return scanHeld(rows, err)
}

// SampleHeld returns up to n of the records that the guard holds, any of them.
func (s *Store) SampleHeld(ctx context.Context, id connection.ID, entity connection.Entity, n int) (ids []connection.RecordID, err error) {
	rows, err := s.reader.QueryContext(ctx, s.q.SampleHeld, string(id), string(entity), n)
	err = each(rows, err, func(r *sql.Rows) error {
		var recordID int64
		err := r.Scan(&recordID)
		ids = append(ids, connection.RecordID(recordID))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sample held records: %w", err)
	}
	return ids, nil
}

// RestoreHeld lets records go that are back as they were pushed last.
func (s *Store) RestoreHeld(ctx context.Context, id connection.ID, entity connection.Entity, ids []connection.RecordID) error {
	err := s.write(ctx, func(t *tx) error {
		_, err := t.exec(s.q.RestoreHeld, string(id), string(entity), idList(ids))
		return err
	})
	if err != nil {
		return fmt.Errorf("restore held records: %w", err)
	}
	return nil
}

// ReleaseHeld lets all held records of an entity go, because some proved to be
// there: those that were only missing from a list stand as before, the others
// are read anew.
func (s *Store) ReleaseHeld(ctx context.Context, id connection.ID, entity connection.Entity) error {
	err := s.write(ctx, func(t *tx) error {
		if _, err := t.exec(s.q.RestoreAllHeld, string(id), string(entity)); err != nil {
			return err
		}
		return t.markHeld(id, entity)
	})
	if err != nil {
		return fmt.Errorf("release held records: %w", err)
	}
	return nil
}

func (t *tx) markHeld(id connection.ID, entity connection.Entity) error {
	seq, err := t.nextSeq()
	if err != nil {
		return err
	}
	t.dirtied = true
	_, err = t.exec(t.s.q.MarkHeld, string(id), string(entity), seq)
	return err
}

// DecideLosses is an admin's word on the records that the guard holds, and
// returns how many those are. Confirmed, they are read once more and told to
// Ometria as gone, as is whatever follows within a day. Otherwise they are read
// anew, and held again if they are still gone.
func (s *Store) DecideLosses(ctx context.Context, id connection.ID, confirm bool) (decided int64, err error) {
	err = s.write(ctx, func(t *tx) error {
		decided = 0
		if err := t.advisoryLock(lossesLock); err != nil {
			return err
		}
		held, err := t.heldLosses(id)
		if err != nil {
			return err
		}
		for entity, n := range held {
			decided += n
			if confirm {
				if _, err := t.exec(s.q.ConfirmLosses, string(id), string(entity)); err != nil {
					return err
				}
			}
			if err := t.markHeld(id, entity); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("decide losses: %w", err)
	}
	return decided, nil
}

func decodeFingerprint(text string) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("decode fingerprint: %w", err)
	}
	return raw, nil
}
