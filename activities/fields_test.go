package activities

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
	"github.com/ometria/ometria-bigcommerce/store"
)

// answers are form fields of a customer: names and values in turn.
func answers(pairs ...string) map[string]any {
	fields := []map[string]any{}
	for pair := range slices.Chunk(pairs, 2) {
		fields = append(fields, map[string]any{"name": pair[0], "value": pair[1]})
	}
	return map[string]any{"form_fields": fields, "attributes": []any{}}
}

// sent are the properties that Ometria holds of a customer, but for those of
// BigCommerce's own facts.
func (w *world) sent(id connection.RecordID) map[string]any {
	w.t.Helper()
	record, ok := w.account.Record("contact", connection.CollectionCustomers, id.String())
	require.True(w.t, ok)
	var contact struct {
		Properties map[string]any `json:"properties"`
	}
	require.NoError(w.t, json.Unmarshal(record.Record, &contact))
	for _, key := range mapping.ReservedKeys(connection.Customers) {
		delete(contact.Properties, key)
	}
	return contact.Properties
}

func TestFieldsThatFoldToOneKeyKeepTheirs(t *testing.T) {
	w := newWorld(t)
	both := w.create(connection.Customers, answers("Fancy hats", "bowler", "fancy-hats", "top", "Company", "Hatters"))
	other := w.create(connection.Customers, answers("fancy-hats", "top"))
	w.sync(connection.Customers, other)
	assert.Equal(t, map[string]any{"fancy_hats": "top"}, w.sent(other), "who comes first has the plain key")
	w.sync(connection.Customers, both)
	assert.Equal(t, map[string]any{"fancy_hats": "top", "fancy_hats_2": "bowler", "company_2": "Hatters"}, w.sent(both))
	w.edit(connection.Customers, both, answers("Fancy hats", "beret"))
	assert.Equal(t, map[string]any{"fancy_hats_2": "beret"}, w.sent(both), "whatever else the record holds")
	assert.Empty(t, w.row(connection.Customers, both).Notes, "the registry has them")

	groups, err := w.Store.Failures(w.ctx, w.c.ID)
	require.NoError(t, err)
	var said []string
	for _, g := range groups {
		assert.True(t, g.Warning)
		said = append(said, g.Reason.Text)
	}
	assert.ElementsMatch(t, []string{
		`form field "Fancy hats" is sent as fancy_hats_2, because form field "fancy-hats" is fancy_hats already`,
		`form field "Company" is sent as company_2, because company is a key of ours`,
	}, said)
}

// fields are the connection's, by name.
func (w *world) fields() map[string]store.FieldRow {
	w.t.Helper()
	list, err := w.Store.Fields(w.ctx, w.c.ID)
	require.NoError(w.t, err)
	byName := map[string]store.FieldRow{}
	for _, f := range list {
		byName[f.Name] = f
	}
	return byName
}

func TestFieldsOfAPageThatIsReadAgainAreCountedOnce(t *testing.T) {
	w := newWorld(t, func(o *worldOptions) { o.shop.Customers = 230 })
	last := w.create(connection.Customers, answers("Shoe size", "44", "Hat", "top"))
	w.orderPush(faults.Fault{Status: 429, Skip: 1, Times: 1})
	_, err := w.SyncSlice(w.ctx, w.slice(connection.Customers, "s/1"))
	require.Error(t, err, "a part of the page was pushed")
	assert.Zero(t, w.fields()["Hat"].Records, "nothing is counted before the cursor is")
	_, err = w.SyncSlice(w.ctx, w.slice(connection.Customers, "s/1"))
	require.NoError(t, err)
	first := w.fields()
	assert.EqualValues(t, 1, first["Hat"].Records)
	assert.Greater(t, first["Shoe size"].Records, int64(1))
	assert.LessOrEqual(t, first["Shoe size"].Records, int64(231))
	assert.NotContains(t, first, "Secret word", "passwords are never sent")

	w.sync(connection.Customers, last)
	_, err = w.SyncSlice(w.ctx, w.slice(connection.Customers, "s/2"))
	require.NoError(t, err)
	second := w.fields()
	require.Len(t, second, len(first))
	for name, f := range second {
		assert.Equal(t, first[name].Records, f.Records, "%s: as a page that was read once", name)
		assert.Equal(t, first[name].Key, f.Key)
		assert.Equal(t, first[name].Type, f.Type)
	}
}

func TestFieldsThatDoNotFitAreShown(t *testing.T) {
	w := newWorld(t)
	long := string(slices.Repeat([]byte("long "), 150))
	id := w.create(connection.Customers, answers("A", long, "B", long, "C", "short"))
	w.sync(connection.Customers, id)
	sent := w.sent(id)
	assert.Contains(t, sent, "a")
	assert.Contains(t, sent, "c")
	fields := w.fields()
	assert.EqualValues(t, 0, fields["A"].LeftOut)
	assert.EqualValues(t, 1, fields["B"].LeftOut)
	groups, err := w.Store.Failures(w.ctx, w.c.ID)
	require.NoError(t, err)
	require.Len(t, groups, 1)
	assert.Equal(t, mapping.NoteKeyLeftOut, groups[0].Reason.Code)
	assert.Equal(t, "b", groups[0].Reason.Path)
}

// What an option of a product's variants lacks stays with the record: it is no
// field of the registry.
func TestRecordNotesLeaveOutThoseOfFields(t *testing.T) {
	field := connection.SeenField{FieldID: connection.FieldID{Kind: connection.CustomField, Name: "Hat"}, Key: "hat_2"}
	option := mapping.Note{Code: mapping.NoteKeyCollision, Key: "size_2", Source: "size"}
	brand := mapping.Note{Code: mapping.NoteUnknownBrand, Key: "7"}
	notes := recordNotes(mapping.Result{
		Fields: []connection.SeenField{field},
		Notes: []mapping.Note{
			{Code: mapping.NoteKeyCollision, Key: "hat_2", Source: "Hat"}, option, {Code: mapping.NotePasswordField, Source: "Secret"}, brand,
		},
	})
	assert.Equal(t, []connection.Note{option, brand}, notes)
}

// The database words warnings by the codes that the mapping notes.
func TestWarningsOfEveryNote(t *testing.T) {
	w := newWorld(t)
	codes := []string{
		mapping.NoteUnmappedStatus, mapping.NoteUnknownCategory, mapping.NoteUnknownBrand, mapping.NoteNoProductPage,
		mapping.NoteTrimmed, mapping.NoteKeyCollision, mapping.NoteNoKey,
	}
	r := w.contacts(1, len(codes))
	for i, code := range codes {
		mapped := r.items[i].Map
		r.items[i].Map = func(prev connection.RecordState) mapping.Result {
			m := mapped(prev)
			m.Notes = []mapping.Note{{Code: code, Key: "7", Source: "Hat"}}
			return m
		}
	}
	_, err := w.session().push(w.ctx, r)
	require.NoError(t, err)
	groups, err := w.Store.Failures(w.ctx, w.c.ID)
	require.NoError(t, err)
	var warned []string
	for _, g := range groups {
		assert.NotEmpty(t, g.Reason.Text)
		warned = append(warned, g.Reason.Code)
	}
	assert.ElementsMatch(t, codes, warned)
}
