package mapping_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

// text is a result as it is pushed and remembered.
func text(t tester, r mapping.Result) string {
	data, err := json.Marshal(wanted{r.Records, r.Skip, r.Reject, r.State, r.Notes, r.Fields})
	require.NoError(t, err)
	return string(data)
}

// For any record that BigCommerce's files allow, and any settings and past: no
// panic, records that Ometria's schemas take or a reason, each field told of by
// the table, and the same again from the same input.
func TestAnyRecordMaps(t *testing.T) {
	files := vendorFiles(t)
	for _, e := range connection.Entities() {
		t.Run(string(e), func(t *testing.T) {
			var read, pushed int
			rapid.Check(t, func(t *rapid.T) {
				d := files.draw(t, e)
				source, refunds, r, ok := d.mapped(t)
				if !ok {
					return
				}
				read++
				holds(t, d, source, refunds, r)
				if len(r.Records) > 0 {
					pushed++
				}
				_, _, again, _ := d.mapped(t)
				require.Equal(t, text(t, r), text(t, again))
			})
			t.Logf("%d could be read, %d were pushed", read, pushed)
			assert.Greater(t, pushed, 10)
		})
	}
}

// holds checks what is true of every result.
func holds(t tester, d drawn, source any, refunds []bigcommerce.Refund, r mapping.Result) {
	reasons := 0
	for _, reason := range []*connection.Reason{r.Skip, r.Reject} {
		if reason != nil {
			reasons++
			require.NotEmpty(t, reason.Code)
			require.NotEmpty(t, reason.Text)
		}
	}
	require.True(t, len(r.Records) > 0 && reasons == 0 || len(r.Records) == 0 && reasons == 1, "records or a reason")
	pushable(t, d, r)
	if reasons > 0 && d.entity != connection.Customers { // which have no state
		require.Equal(t, d.prev.Exists, r.State.Exists, "nothing was pushed")
		require.Equal(t, d.prev.Children, r.State.Children)
		require.Equal(t, d.prev.ConsentSent, r.State.ConsentSent)
	}
	if len(r.Records) > 0 {
		require.True(t, r.State.Exists)
	}

	named := map[connection.FieldID]bool{}
	for _, f := range mapping.MerchantFields(source, d.ctx) {
		named[f.FieldID] = true
	}
	for _, f := range r.Fields {
		require.True(t, named[f.FieldID], "%q had no chance of a key", f.Name)
	}
	if len(r.Records) > 0 {
		require.Len(t, r.Fields, len(named))
	}

	given := []any{source}
	if d.entity == connection.Orders {
		given = append(given, refunds)
	}
	print := mapping.Fingerprint([]byte("key"), "account", d.ctx, given...)
	require.NotEmpty(t, print)
	require.Equal(t, print, mapping.Fingerprint([]byte("key"), "account", d.ctx, given...))
}

// pushable checks the records by themselves.
func pushable(t tester, d drawn, r mapping.Result) {
	valid(t, r.Records)
	traced(t, d.entity, r)
	for _, record := range r.Records {
		data, err := ometria.Encode(record)
		require.NoError(t, err)
		require.LessOrEqual(t, len(data), ometria.MaxRecordBytes)
		if contact, ok := record.(*ometria.Contact); ok && contact.Collection != d.ctx.Settings.SubscribersIn() {
			require.Empty(t, contact.MarketingOptin)
		}
		key := record.Key()
		entity, id, ok := mapping.RecordKeyOf(d.ctx.Settings, key.Type, key.Collection, key.ID)
		require.True(t, ok, "%s leads back", key)
		require.Equal(t, d.entity, entity)
		if !d.ctx.Settings.RawVariantIDs() {
			first := r.Records[0].Key()
			_, owner, _ := mapping.RecordKeyOf(d.ctx.Settings, first.Type, first.Collection, first.ID)
			require.Equal(t, owner, id, "a variant leads to its product")
		}
	}
}

// traced fails for every field of the result's records that no row is of.
func traced(t tester, e connection.Entity, r mapping.Result) {
	t.Helper()
	for _, record := range r.Records {
		trace := mapping.Trace(e, record, r.Fields)
		require.NotEmpty(t, trace)
		for _, field := range trace {
			require.NotEmpty(t, field.Rule, "no row of %s is of %s", e, field.Target)
		}
	}
}

// What is pushed for a record that is gone holds to the same.
func TestAnyGoneRecordMaps(t *testing.T) {
	specs(t)
	for _, e := range connection.Entities() {
		t.Run(string(e), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				d := drawn{entity: e, ctx: drawContext(t), prev: drawState(t)}
				id := connection.RecordID(rapid.Int64Range(1, 1<<62).Draw(t, "id"))
				r := mapping.Gone(e, id, d.ctx, d.prev)
				require.Nil(t, r.Skip)
				require.Nil(t, r.Reject)
				pushable(t, d, r)
				require.Equal(t, text(t, r), text(t, mapping.Gone(e, id, d.ctx, d.prev)))
				again := mapping.Gone(e, id, d.ctx, r.State)
				if e == connection.Subscribers {
					require.Empty(t, again.Records, "an opt-out is told once")
				}
			})
		})
	}
}
