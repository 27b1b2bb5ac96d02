package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

// seen is a form field of one record.
func seen(name, kind string, leftOut bool) connection.SeenField {
	return connection.SeenField{FieldID: connection.FieldID{Kind: connection.FormField, Name: name}, Type: kind, LeftOut: leftOut}
}

// counted are the fields of records, one list each.
func counted(records ...[]connection.SeenField) store.FieldCounts {
	counts := store.FieldCounts{}
	for _, fields := range records {
		counts.Add(fields)
	}
	return counts
}

func fieldCounts(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	id := connected(t, s)
	fields := func() map[string]store.FieldRow {
		t.Helper()
		list, err := s.Fields(ctx, id)
		require.NoError(t, err)
		byName := map[string]store.FieldRow{}
		for _, f := range list {
			byName[f.Name] = f
		}
		return byName
	}
	shows := func(name, kind string, records, leftOut int64) {
		t.Helper()
		f := fields()[name]
		assert.Equal(t, []any{kind, records, leftOut}, []any{f.Type, f.Records, f.LeftOut}, name)
	}
	see := func(list ...connection.SeenField) {
		t.Helper()
		require.NoError(t, s.SeeFields(ctx, id, connection.Customers, list))
	}
	commit := func(sync string, done bool, counts store.FieldCounts) {
		t.Helper()
		require.NoError(t, s.CommitPage(ctx, id, sync, connection.Customers, store.Page{Cursor: "c", Done: done, Read: 3, Fields: counts}))
	}
	assert.Empty(t, fields())
	_, err := s.FieldKeys(ctx, id, connection.Customers, []connection.NewField{
		formField("Hat", "hat"), formField("hat", "hat"), formField("Size", "size"), formField("Late", "late"),
	}, nil)
	require.NoError(t, err)
	hat := fields()["hat"]
	assert.Equal(t, store.FieldRow{
		FieldID: connection.FieldID{Kind: connection.FormField, Name: "hat"}, Entity: connection.Customers, Key: "hat_2", Plain: "hat",
		Collisions: []string{"Hat"}, FirstSeenAt: hat.FirstSeenAt, LastSeenAt: hat.LastSeenAt,
	}, hat)
	assert.WithinDuration(t, time.Now(), hat.FirstSeenAt, time.Minute)
	assert.Empty(t, fields()["Size"].Collisions)

	see(seen("Hat", "date", false), seen("nobody", "text", false), seen("zero\x00byte", "text", false))
	shows("Hat", "date", 1, 0)
	see(seen("Hat", "date", false))
	shows("Hat", "date", 1, 0)
	see(seen("Hat", "number", true))
	shows("Hat", "text", 1, 1)

	require.NoError(t, s.BeginEntitySync(ctx, id, "first", connection.Customers, 6))
	shows("Hat", "text", 1, 1)
	commit("first", false, counted(
		[]connection.SeenField{seen("Hat", "date", false), seen("Size", "text", true)},
		[]connection.SeenField{seen("Hat", "date", false), seen("Size", "list", false), seen("hat", "number", false)},
		[]connection.SeenField{seen("nobody", "text", false), seen("zero\x00byte", "text", false)},
	))
	shows("Hat", "date", 2, 0)
	shows("Size", "list", 2, 1)
	commit("first", true, counted([]connection.SeenField{seen("Hat", "text", true), seen("Size", "text", true)}))
	shows("Hat", "text", 3, 1)
	shows("Size", "list", 3, 2)
	shows("hat", "number", 1, 0)
	shows("Late", "", 0, 0)
	commit("first", true, counted([]connection.SeenField{seen("Hat", "text", false)}))
	shows("Hat", "text", 3, 1) // a page that is committed again counts nothing
	see(seen("Late", "text", false))
	shows("Late", "text", 1, 0)

	Elapse(t, s, 2*time.Hour)
	assert.WithinDuration(t, time.Now().Add(-2*time.Hour), fields()["Hat"].LastSeenAt, time.Minute)
	require.NoError(t, s.BeginEntitySync(ctx, id, "second", connection.Customers, 3))
	shows("Size", "list", 3, 2) // until the new sync has come by
	commit("second", true, counted([]connection.SeenField{seen("Hat", "text", false)}))
	shows("Hat", "text", 1, 0)
	shows("Size", "list", 0, 0)
	Elapse(t, s, time.Second) // the clock may not have moved since the sync began
	see(seen("Size", "list", true))
	shows("Size", "list", 1, 1)
	assert.WithinDuration(t, time.Now(), fields()["Size"].LastSeenAt, time.Minute)
}

func warnings(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	id := connected(t, s)
	end := func(entity connection.Entity, n int64, outcome connection.Outcome, notes ...connection.Note) {
		t.Helper()
		f := seq(t, s)
		_, err := s.Claim(ctx, store.Claim{ConnectionID: id, Entity: entity, Fetched: f, Items: claimItems(ids(n))})
		require.NoError(t, err)
		done, err := s.Finish(ctx, store.Finish{ConnectionID: id, Entity: entity, Fetched: f, Read: seq(t, s),
			Results: []store.Result{{RecordID: connection.RecordID(n), Outcome: outcome, Notes: notes, RequestIDs: []string{"r"}}}})
		require.NoError(t, err)
		require.Equal(t, 1, done)
	}
	shown := func() (list []store.FailureGroup) {
		t.Helper()
		groups, err := s.Failures(ctx, id)
		require.NoError(t, err)
		for _, g := range groups {
			assert.False(t, g.LastAt.Before(g.FirstAt))
			g.FirstAt, g.LastAt = time.Time{}, time.Time{}
			list = append(list, g)
		}
		return list
	}
	status := connection.Note{Code: "unmapped_status", Key: "99"}
	refund := connection.Note{Code: "refund_not_on_line"}
	end(connection.Orders, 1, connection.Accepted, status)
	end(connection.Orders, 2, connection.Accepted, refund, status, status)
	end(connection.Orders, 3, connection.Accepted, refund)
	end(connection.Products, 1, connection.Accepted, connection.Note{Code: "trimmed", Key: "title"})
	assert.Equal(t, []connection.Note{refund, status}, record(t, s, order(id, 2)).Notes, "each once")
	assert.Equal(t, []store.FailureGroup{
		{Reason: connection.Reason{Code: "unmapped_status", Path: "99",
			Text: "status id 99 is none of BigCommerce's documented ones and not in the order mapping: orders with it are sent as invalid"},
			Entity: connection.Orders, Count: 2, Warning: true},
		{Reason: connection.Reason{Code: "trimmed", Path: "title", Text: "title was shortened or left out: it is over what Ometria takes"},
			Entity: connection.Products, Count: 1, Warning: true},
	}, shown())

	end(connection.Orders, 1, connection.Accepted)
	end(connection.Products, 1, connection.Deleted)
	assert.Nil(t, record(t, s, order(id, 1)).Notes, "of the latest push alone")
	reject(t, s, id, 3, connection.Reason{Code: connection.ReasonRefused, Text: "no"})
	groups := shown()
	require.Len(t, groups, 2)
	assert.False(t, groups[0].Warning, "failures come first")
	assert.Equal(t, int64(1), groups[1].Count)
	retried, err := s.RetryFailures(ctx, id, store.RetryFilter{})
	require.NoError(t, err)
	assert.Equal(t, 1, retried, "a warning is nothing to retry")
	end(connection.Orders, 2, connection.Accepted)
	end(connection.Orders, 3, connection.Accepted)
	require.Empty(t, shown())

	many := make([]connection.Note, 100)
	for n := range many {
		many[n] = connection.Note{Code: "unknown_category", Key: "a-long-prefix-" + connection.RecordID(n).String()}
	}
	end(connection.Products, 1, connection.Accepted, many...)
	kept := record(t, s, connection.RecordKey{ConnectionID: id, Entity: connection.Products, RecordID: 1}).Notes
	assert.NotEmpty(t, kept)
	assert.Equal(t, many[:len(kept)], kept, "as far as there is room")
	end(connection.Products, 1, connection.Accepted)

	_, err = s.FieldKeys(ctx, id, connection.Customers, []connection.NewField{
		formField("Fancy hats!", "fancy_hats"), formField("fancy-hats", "fancy_hats"), formField("Company", "company"), formField("!?", ""),
	}, []string{"company"})
	require.NoError(t, err)
	require.NoError(t, s.SeeFields(ctx, id, connection.Customers, []connection.SeenField{
		seen("Fancy hats!", "text", true), seen("!?", "text", false),
	}))
	for range 2 {
		assert.ElementsMatch(t, []store.FailureGroup{
			{Reason: connection.Reason{Code: "key_left_out", Path: "fancy_hats",
				Text: `form field "Fancy hats!" is left out where it does not fit: Ometria takes 1,000 bytes of properties a record`}, Count: 1},
			{Reason: connection.Reason{Code: "no_key", Path: "!?",
				Text: `form field "!?" has no letter or digit to make a key of and is not sent: rename it in BigCommerce`}, Count: 1},
			{Reason: connection.Reason{Code: "key_collision", Path: "fancy_hats_2",
				Text: `form field "fancy-hats" is sent as fancy_hats_2, because form field "Fancy hats!" is fancy_hats already`}},
			{Reason: connection.Reason{Code: "key_collision", Path: "company_2",
				Text: `form field "Company" is sent as company_2, because company is a key of ours`}},
		}, customerWarnings(t, shown()))
	}
}

// customerWarnings checks what all warnings of customers have alike and takes
// it off.
func customerWarnings(t *testing.T, groups []store.FailureGroup) (list []store.FailureGroup) {
	t.Helper()
	for _, g := range groups {
		assert.True(t, g.Warning)
		assert.Equal(t, connection.Customers, g.Entity)
		g.Warning, g.Entity = false, ""
		list = append(list, g)
	}
	return list
}
