package storetest

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/store"
)

// formField is a field of the account signup form.
func formField(name, plain string) connection.NewField {
	return connection.NewField{FieldID: connection.FieldID{Kind: connection.FormField, Name: name}, Plain: plain}
}

func fieldKeys(t *testing.T, open Open) {
	ask := func(t *testing.T, s *store.Store, id connection.ID, fields ...connection.NewField) map[string]string {
		t.Helper()
		preview, err := s.PreviewFieldKeys(t.Context(), id, connection.Customers, fields, []string{"company"})
		require.NoError(t, err)
		keys, err := s.FieldKeys(t.Context(), id, connection.Customers, fields, []string{"company"})
		require.NoError(t, err)
		assert.Equal(t, keys, preview)
		byName := map[string]string{}
		for field, key := range keys {
			byName[string(field.Kind)+" "+field.Name] = key
		}
		return byName
	}
	t.Run("a name keeps its key for good", func(t *testing.T) {
		s := open(t)
		id := connected(t, s)
		assert.Empty(t, ask(t, s, id))
		assert.Equal(t, map[string]string{"form_field Fancy hats!": "fancy_hats"}, ask(t, s, id, formField("Fancy hats!", "fancy_hats")))
		attribute := connection.NewField{FieldID: connection.FieldID{Kind: connection.CustomerAttribute, Name: "Fancy hats!"}, Plain: "fancy_hats"}
		fields := []connection.NewField{
			formField("fancy-hats", "fancy_hats"), attribute, formField("Fancy hats 2", "fancy_hats_2"),
			formField("Fancy hats!", "fancy_hats"), formField("fancy-hats", "fancy_hats"),
			formField("Company", "company"), formField("!?", ""), formField("…", ""),
		}
		keys := map[string]string{
			"form_field Fancy hats!": "fancy_hats", "form_field Fancy hats 2": "fancy_hats_2",
			"form_field fancy-hats": "fancy_hats_3", "customer_attribute Fancy hats!": "fancy_hats_4",
			"form_field Company": "company_2", "form_field !?": "", "form_field …": "",
		}
		for range 2 {
			assert.Equal(t, keys, ask(t, s, id, fields...))
		}
		assert.Equal(t, map[string]string{"form_field FANCY HATS": "fancy_hats_5"}, ask(t, s, id, formField("FANCY HATS", "fancy_hats")))

		products, err := s.FieldKeys(t.Context(), id, connection.Products, []connection.NewField{formField("x", "fancy_hats")}, nil)
		require.NoError(t, err)
		assert.Equal(t, map[connection.FieldID]string{{Kind: connection.FormField, Name: "x"}: "fancy_hats"}, products, "entities have keys of their own")
		other := newConnection(t, s, "other", "OTHER").ID
		assert.Equal(t, map[string]string{"form_field FANCY HATS": "fancy_hats"}, ask(t, s, other, formField("FANCY HATS", "fancy_hats")))
	})
	t.Run("a preview keeps nothing", func(t *testing.T) {
		s := open(t)
		id := connected(t, s)
		for _, name := range []string{"First", "Second"} {
			keys, err := s.PreviewFieldKeys(t.Context(), id, connection.Customers, []connection.NewField{formField(name, "same")}, nil)
			require.NoError(t, err)
			assert.Equal(t, map[connection.FieldID]string{{Kind: connection.FormField, Name: name}: "same"}, keys)
		}
	})
	t.Run("who comes at once agrees", func(t *testing.T) {
		s := open(t)
		id := connected(t, s)
		const names, callers = 20, 8
		answers := make([]map[connection.FieldID]string, callers)
		var group sync.WaitGroup
		for caller := range callers {
			group.Go(func() {
				var fields []connection.NewField
				for n := range names { // each in an order of its own
					fields = append(fields, formField(strings.Repeat("-", (n+caller*3)%names)+"hat", "hat"))
				}
				var err error
				answers[caller], err = s.FieldKeys(t.Context(), id, connection.Customers, fields, nil)
				assert.NoError(t, err)
			})
		}
		group.Wait()
		distinct := map[string]bool{}
		for _, answer := range answers {
			require.Len(t, answer, names)
			assert.Equal(t, answers[0], answer)
		}
		for _, key := range answers[0] {
			distinct[key] = true
		}
		assert.Len(t, distinct, names)
	})
	t.Run("a name that cannot be kept has no key", func(t *testing.T) {
		s := open(t)
		id := connected(t, s)
		long := strings.Repeat("x", 1001)
		assert.Equal(t, map[string]string{"form_field Größe \"L\" \\ 帽子": "grosse_l_1234abcd"}, ask(t, s, id,
			formField("zero\x00byte", "zero_byte"), formField(long, long), formField("short", long),
			formField("Größe \"L\" \\ 帽子", "grosse_l_1234abcd")))
	})
	t.Run("there is room for 10,000", func(t *testing.T) {
		s := open(t)
		id := connected(t, s)
		fields := make([]connection.NewField, 10_001)
		for n := range fields {
			fields[n] = formField(fmt.Sprint("Hat ", n), "hat")
		}
		keys := ask(t, s, id, fields[:9_999]...)
		assert.Len(t, keys, 9_999)
		assert.Equal(t, "hat_9999", keys["form_field Hat 9998"])
		assert.Equal(t, map[string]string{"form_field Hat 0": "hat", "form_field Hat 9999": "hat_10000"},
			ask(t, s, id, fields[0], fields[9_999], fields[10_000]))
		assert.Empty(t, ask(t, s, id, fields[10_000]))
	})
	t.Run("a removed connection has none", func(t *testing.T) {
		s := open(t)
		id := connected(t, s)
		ask(t, s, id, formField("Hat", "hat"))
		require.NoError(t, s.Erase(t.Context(), id))
		var left int
		require.NoError(t, s.DB().QueryRow("SELECT count(*) FROM fields").Scan(&left))
		assert.Zero(t, left)
		_, err := s.FieldKeys(t.Context(), id, connection.Customers, []connection.NewField{formField("Hat", "hat")}, nil)
		require.ErrorIs(t, err, store.ErrNotFound)
	})
}
