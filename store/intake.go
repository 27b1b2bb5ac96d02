package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

const (
	// intakeQueue bounds the events that wait for a transaction; a caller who
	// finds it full waits until its context ends.
	intakeQueue = 4096
	// intakeGroup bounds the events of one transaction.
	intakeGroup = 500
	// intakeTimeout ends a transaction that the database does not answer.
	intakeTimeout = 30 * time.Second
	// markChunk bounds the records of one MarkDirty transaction.
	markChunk = 1000
)

// Event is one webhook delivery. With neither an entity nor a category it only
// shows that a webhook came.
type Event struct {
	ConnectionID connection.ID // of the path
	SecretHash   [sha256.Size]byte
	StoreHash    connection.StoreHash // of the producer; empty where it named none
	Entity       connection.Entity
	RecordID     connection.RecordID
	CategoryID   int64  // a category that changed, or 0
	Reconcile    bool   // the store itself changed
	Scope        string // BigCommerce's, such as store/order/created; part of the record's story
}

// Received says what became of an Event.
type Received string

// What can become of an Event.
const (
	Accepted Received = "accepted" // the row is dirty, on disk
	Orphaned Received = "orphaned" // the secret was once issued, for a connection removed or another than the path's
	Foreign  Received = "foreign"  // another store than the connection's made it: its ids mean nothing here
	Unknown  Received = "unknown"  // the secret was never issued
)

// intake collects the events of concurrent callers into one transaction, so
// that one sync of the disk serves them all.
type intake struct {
	s        *Store
	queue    chan *delivery
	stop     chan struct{} // closed by close
	stopped  chan struct{} // closed when the collector has returned
	stopOnce sync.Once
}

type delivery struct {
	event    Event
	received Received
	err      error
	done     chan struct{}
}

func newIntake(s *Store) *intake {
	i := &intake{s: s, queue: make(chan *delivery, intakeQueue), stop: make(chan struct{}), stopped: make(chan struct{})}
	go i.collect()
	return i
}

// close lets the transaction under way end and refuses what still waits.
func (i *intake) close() {
	i.stopOnce.Do(func() { close(i.stop) })
	<-i.stopped
}

// Receive commits one webhook delivery, together with those of concurrent
// callers. When it returns Accepted the row is on disk. A context that ends
// first is an error; the event may then be committed all the same.
func (s *Store) Receive(ctx context.Context, e Event) (Received, error) {
	d := &delivery{event: e, done: make(chan struct{})}
	select {
	case <-ctx.Done():
		return "", fmt.Errorf("receive event: %w", ctx.Err())
	case <-s.intake.stop:
		return "", fmt.Errorf("receive event: %w", ErrClosed)
	case s.intake.queue <- d:
	}
	select {
	case <-d.done:
	case <-ctx.Done():
		return "", fmt.Errorf("receive event: %w", ctx.Err())
	case <-s.intake.stopped:
		select {
		case <-d.done:
		default:
			return "", fmt.Errorf("receive event: %w", ErrClosed)
		}
	}
	if d.err != nil {
		return "", fmt.Errorf("receive event: %w", d.err)
	}
	return d.received, nil
}

func (i *intake) collect() {
	defer close(i.stopped)
	for {
		select {
		case <-i.stop:
			return
		case first := <-i.queue:
			group := []*delivery{first}
			for more := true; more && len(group) < intakeGroup; {
				select {
				case d := <-i.queue:
					group = append(group, d)
				default:
					more = false
				}
			}
			i.commit(group)
		}
	}
}

func (i *intake) commit(group []*delivery) {
	// No caller's context: a group outlives any one of its callers.
	ctx, cancel := context.WithTimeout(context.WithValue(context.Background(), turnKey{}, webhookTurn), intakeTimeout)
	defer cancel()
	err := i.s.write(ctx, func(t *tx) error { return t.receive(group) })
	for _, d := range group {
		d.err = err
		close(d.done)
	}
}

type hashItem struct {
	Hash string `json:"hash"`
}

// recordItem is one record in the lists that queries read as {items}.
type recordItem struct {
	Connection connection.ID     `json:"connection,omitempty"`
	Entity     connection.Entity `json:"entity,omitempty"`
	ID         int64             `json:"id"`
	Seq        int64             `json:"seq,omitempty"`
	Scope      string            `json:"scope,omitempty"` // of a webhook
}

type connectionItem struct {
	ID connection.ID `json:"id"`
}

func hexHash(h [sha256.Size]byte) string { return hex.EncodeToString(h[:]) }

// receive decides every delivery and makes the accepted records dirty.
func (t *tx) receive(group []*delivery) error {
	if slices.ContainsFunc(group, func(d *delivery) bool { return d.event.CategoryID != 0 }) {
		if err := t.advisoryLock(categoriesLock); err != nil {
			return err
		}
	}
	owners, err := t.owners(group)
	if err != nil {
		return err
	}
	var (
		dirty      []recordItem
		categories []recordItem
		changed    []connectionItem // stores
		seen       []connectionItem
	)
	for _, d := range group {
		owner, issued := owners[hexHash(d.event.SecretHash)]
		switch {
		case !issued:
			d.received = Unknown
			continue
		case owner.removed || owner.id != d.event.ConnectionID:
			d.received = Orphaned
			continue
		case d.event.StoreHash != "" && !strings.EqualFold(string(d.event.StoreHash), string(owner.store)):
			d.received = Foreign
			continue
		}
		d.received = Accepted
		seen = append(seen, connectionItem{ID: owner.id})
		if d.event.Entity != "" {
			dirty = append(dirty, recordItem{Connection: owner.id, Entity: d.event.Entity, ID: int64(d.event.RecordID), Scope: d.event.Scope})
		}
		if d.event.CategoryID != 0 {
			categories = append(categories, recordItem{Connection: owner.id, ID: d.event.CategoryID})
		}
		if d.event.Reconcile {
			changed = append(changed, connectionItem{ID: owner.id})
		}
	}
	if len(dirty) > 0 {
		if err := t.markDirty(dirty); err != nil {
			return err
		}
	}
	if err := t.markStoreEvents(categories, changed); err != nil {
		return err
	}
	if len(seen) > 0 {
		if _, err := t.exec(t.s.q.TouchWebhook, encode(distinct(seen))); err != nil {
			return fmt.Errorf("touch connections: %w", err)
		}
	}
	return nil
}

// SecretIssued reports whether a webhook secret of this hash was ever issued.
// It reads only, so that a flood of forged deliveries does not stand in the way
// of those that are written. Issued is for ever, and remembered.
func (s *Store) SecretIssued(ctx context.Context, hash [sha256.Size]byte) (bool, error) {
	if _, known := s.issued.Load(hash); known {
		return true, nil
	}
	var n int
	if err := s.reader.QueryRowContext(ctx, s.q.SecretIssued, hexHash(hash)).Scan(&n); err != nil {
		return false, fmt.Errorf("look secret up: %w", err)
	}
	if n > 0 {
		s.issued.Store(hash, struct{}{})
	}
	return n > 0, nil
}

// distinct sorts nothing and keeps the first of each.
func distinct[T comparable](items []T) []T {
	have := make(map[T]bool, len(items))
	return slices.DeleteFunc(items, func(item T) bool {
		twice := have[item]
		have[item] = true
		return twice
	})
}

type owner struct {
	id      connection.ID
	store   connection.StoreHash
	removed bool
}

// owners finds which connection each secret was issued to.
func (t *tx) owners(group []*delivery) (map[string]owner, error) {
	hashes := make([]hashItem, len(group))
	for i, d := range group {
		hashes[i] = hashItem{Hash: hexHash(d.event.SecretHash)}
	}
	owners := map[string]owner{}
	rows, err := t.rows(t.s.q.SelectSecrets, encode(distinct(hashes)))
	err = each(rows, err, func(r *sql.Rows) error {
		var (
			hash, id, storeHash string
			removedAt           int64
		)
		err := r.Scan(&hash, &id, &removedAt, &storeHash)
		owners[hash] = owner{id: connection.ID(id), store: connection.StoreHash(storeHash), removed: removedAt != 0}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look secrets up: %w", err)
	}
	return owners, nil
}

// markDirty makes rows dirty, inserting those that are missing. One number
// serves them all: each row compares it only with numbers of its own fetches.
func (t *tx) markDirty(items []recordItem) error {
	seq, err := t.nextSeq()
	if err != nil {
		return err
	}
	if err := t.tellWebhooks(items); err != nil {
		return err
	}
	if _, err := t.exec(t.s.q.UpsertDirty, seq, encode(latestOfEach(items))); err != nil {
		return fmt.Errorf("mark records dirty: %w", err)
	}
	t.dirtied = true
	return nil
}

// MarkDirty says that records changed or that a person wants them synced.
// Those of a removed connection are ignored.
func (s *Store) MarkDirty(ctx context.Context, id connection.ID, entity connection.Entity, ids []connection.RecordID) error {
	for chunk := range slices.Chunk(ids, markChunk) {
		items := make([]recordItem, len(chunk))
		for i, recordID := range chunk {
			items[i] = recordItem{Connection: id, Entity: entity, ID: int64(recordID)}
		}
		if err := s.write(ctx, func(t *tx) error { return t.markDirty(items) }); err != nil {
			return fmt.Errorf("mark records dirty: %w", err)
		}
	}
	return nil
}
