package activities

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
	"github.com/ometria/ometria-bigcommerce/pacing"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
)

// A service that hangs, breaks off or answers 5xx is down; one that does so at a
// single request is not.
func TestBlameAsksOnce(t *testing.T) {
	late := &bigcommerce.TransportError{Err: context.DeadlineExceeded}
	latePush := &callError{err: context.DeadlineExceeded}
	w := newWorld(t)
	s := w.session()
	assert.Nil(t, s.blame(w.ctx, late), "the store answers a small read")
	assert.Nil(t, s.blame(w.ctx, latePush), "Ometria answers a small read")

	w.orderShop(faults.Fault{Effect: "drop"})
	_, err := w.marketing.Faults().Order(faults.Fault{Status: 503})
	require.NoError(t, err)
	assertBlamed(t, connection.BigCommerceUnavailable, s.blame(w.ctx, late))
	assertBlamed(t, connection.OmetriaUnavailable, s.blame(w.ctx, latePush))
	w.shop.Faults().Clear()
	w.orderShop(faults.Fault{Status: 503})
	assertBlamed(t, connection.BigCommerceUnavailable, s.blame(w.ctx, late))

	w.shop.Faults().Clear()
	w.marketing.Faults().Clear()
	broken := []error{refused(500, true), refused(502, false), &bigcommerce.TransportError{Err: io.EOF},
		&callError{err: &ometria.APIError{Status: 500}}, &callError{err: io.ErrUnexpectedEOF}}
	for _, err := range broken {
		assert.Nil(t, s.blame(w.ctx, err), "%v, but a small read is answered", err)
	}
	w.orderShop(faults.Fault{Status: 500})
	_, err = w.marketing.Faults().Order(faults.Fault{Status: 500})
	require.NoError(t, err)
	for _, err := range broken {
		assert.NotNil(t, s.blame(w.ctx, err), "%v, and so is a small read", err)
	}
	assert.Nil(t, s.blame(w.ctx, refused(422, true)), "one request's own fault")

	ended, cancel := context.WithCancel(w.ctx)
	cancel()
	assert.Nil(t, s.blame(ended, late), "it was us who hung up")
}

// Waiting for the budget, or for another push, is no attempt that failed.
func TestExpectedWaitsAreNoFailedAttempts(t *testing.T) {
	for _, err := range []error{
		&pacing.WaitError{RetryIn: time.Second}, &bigcommerce.QuotaError{}, &callError{err: &ometria.ThrottledError{}}, claimedElsewhere{},
	} {
		assert.True(t, expected(err), "%T", err)
	}
	assert.False(t, expected(refused(500, true)))

	w := newWorld(t)
	id := w.create(connection.Customers, map[string]any{})
	require.NoError(t, w.Store.MarkDirty(w.ctx, w.c.ID, connection.Customers, []connection.RecordID{id}))
	w.orderShop(faults.Fault{Path: `/v3/customers\?`, Status: 429, Times: 1})
	_, err := w.SyncRecord(w.ctx, w.record(connection.Customers, id))
	require.Error(t, err)
	row := w.row(connection.Customers, id)
	assert.Zero(t, row.Attempts)
	assert.True(t, row.BackoffUntil.IsZero(), "it counts as being at work")
}

// An event is proof of a change, whatever date_modified says.
func TestSyncRecordOfBeforeTheStartDate(t *testing.T) {
	w := newWorld(t)
	_, err := w.Store.UpdateConnection(w.ctx, w.c.ID, 0, func(c *connection.Connection) error {
		c.BulkSyncStartDate = "2024-01-01"
		return nil
	})
	require.NoError(t, err)
	id := w.create(connection.Orders, map[string]any{
		"date_created": "Tue, 05 Jun 2018 10:00:00 +0000", "date_modified": "Tue, 05 Jun 2018 10:00:00 +0000", "status_id": 10,
	})
	result, err := w.SyncRecord(w.ctx, w.record(connection.Orders, id))
	require.NoError(t, err)
	assert.Equal(t, RecordResult{Outcome: connection.Accepted}, result)

	s := w.session()
	order, err := s.accounts.BigCommerce.Orders.Get(w.ctx, int64(id))
	require.NoError(t, err)
	inAWalk, err := s.reader.Orders(w.ctx, bigcommerce.Page[bigcommerce.Order]{Records: []bigcommerce.Order{order}})
	require.NoError(t, err)
	alone, err := s.readRecord(w.ctx, connection.Orders, id)
	require.NoError(t, err)
	assert.Equal(t, inAWalk[0].Fingerprint, alone.items[0].Fingerprint, "a sweep finds it unchanged")
}

// One record whose own reads fail must not hold up its page for ever.
func TestRecordThatFailsByItselfIsLeftOutOfItsPage(t *testing.T) {
	w := newWorld(t)
	var variants []map[string]any
	for range 10 { // as many as a page may hold, so the list is asked for
		variants = append(variants, map[string]any{"option_values": []map[string]any{{"option_display_name": "Size", "label": "M"}}})
	}
	bad := w.create(connection.Products, map[string]any{"name": "Bad", "variants": variants})
	good := w.create(connection.Products, map[string]any{"name": "Good"})
	w.orderShop(faults.Fault{Path: `/variants`, Status: 500})
	read := func(attempt int32, bulk bool) (page, error) {
		s := w.session()
		s.bulk, s.attempt = bulk, attempt
		return (&walk{session: s, entity: connection.Products, limit: 250}).readOnce(w.ctx, "")
	}
	_, err := read(1, true)
	require.Error(t, err, "it may recover")
	_, err = read(9, false)
	require.Error(t, err, "a sync of its own keeps trying")

	p, err := read(leaveOutAfter, true)
	require.NoError(t, err)
	require.Len(t, p.items, 1)
	assert.Equal(t, good, p.items[0].ID)
	assert.Positive(t, w.row(connection.Products, bad).DirtySeq)

	w.shop.Faults().Clear()
	w.orderShop(faults.Fault{Path: `/variants`, Status: 503})
	_, err = read(leaveOutAfter, true)
	require.Error(t, err, "the store is at fault, not the record")
}

func TestSliceThatIsStuckAsksForAPerson(t *testing.T) {
	w := newWorld(t)
	s := w.session()
	s.stuck(w.ctx, connection.Orders)
	require.Len(t, w.reload(w.c.ID).Attention, 1)
	assert.Equal(t, connection.SyncStuck, w.reload(w.c.ID).Attention[0].Code)
	require.NoError(t, s.goesOn(w.ctx))
	assert.Len(t, w.reload(w.c.ID).Attention, 1, "a first attempt had nothing to take back")
	s.attempt = stuckAfter
	require.NoError(t, s.goesOn(w.ctx))
	assert.Empty(t, w.reload(w.c.ID).Attention)
}

// A page number means other rows once the page's size is another.
func TestWalkOfSubscribersBeginsAWindowAgainWithSmallerPages(t *testing.T) {
	w := newWorld(t)
	for range 120 {
		w.create(connection.Subscribers, map[string]any{"date_created": "2024-01-02T03:04:05Z"})
	}
	found := map[connection.RecordID]bool{}
	s := w.session()
	cursor, limit := "", 50
	for range 100 {
		p, err := (&walk{session: s, entity: connection.Subscribers, limit: limit}).read(w.ctx, cursor)
		require.NoError(t, err)
		for _, it := range p.items {
			found[it.ID] = true
		}
		if cursor = p.cursor; p.last {
			break
		}
		if at, err := (&walk{session: s}).windowAt(cursor); err == nil && at.Page == 2 {
			limit = 30
		}
	}
	assert.Len(t, found, 120)
}
