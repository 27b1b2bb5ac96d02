package mapping_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
)

// BigCommerce promises no order of these lists, so none may tell: a record that
// comes in another order is the same record.
func TestOrderOfListsDoesNotTell(t *testing.T) {
	files := vendorFiles(t)
	for _, e := range []connection.Entity{connection.Customers, connection.Products, connection.Orders} {
		t.Run(string(e), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				d := files.draw(t, e)
				source, refunds, _, ok := d.mapped(t)
				if !ok {
					return
				}
				source, other := distinct(source), shuffled(t, distinct(source))
				moved := rapid.Permutation(refunds).Draw(t, "refunds")
				want, got := mapRecord(source, refunds, d.ctx, d.prev), mapRecord(other, moved, d.ctx, d.prev)
				require.Equal(t, text(t, want), text(t, got))
			})
		})
	}
}

// distinct gives each element of the lists in question an id, a place and a name
// of its own: of two alike the first one counts.
func distinct(source any) any {
	switch s := source.(type) {
	case bigcommerce.Customer:
		s.Addresses, s.Attributes, s.FormFields = slices.Clone(s.Addresses), slices.Clone(s.Attributes), slices.Clone(s.FormFields)
		for i := range s.Addresses {
			s.Addresses[i].ID = int64(i + 1)
		}
		s.FormFields = unique(s.FormFields, func(f bigcommerce.FormField) any { return strings.TrimSpace(f.Name) })
		s.Attributes = unique(s.Attributes, func(a bigcommerce.AttributeValue) any { return a.AttributeID })
		return s
	case bigcommerce.Product:
		s.Variants, s.CustomFields = slices.Clone(s.Variants), slices.Clone(s.CustomFields)
		for i := range s.Variants {
			s.Variants[i].ID = int64(i + 1)
		}
		for i := range s.CustomFields {
			s.CustomFields[i].ID = int64(i + 1)
		}
		return s
	}
	return source
}

func shuffled(t *rapid.T, source any) any {
	switch s := source.(type) {
	case bigcommerce.Customer:
		s.Addresses = rapid.Permutation(s.Addresses).Draw(t, "addresses")
		s.Attributes = rapid.Permutation(s.Attributes).Draw(t, "attributes")
		s.FormFields = rapid.Permutation(s.FormFields).Draw(t, "form fields")
		return s
	case bigcommerce.Product:
		s.Variants = rapid.Permutation(s.Variants).Draw(t, "variants")
		s.CustomFields = rapid.Permutation(s.CustomFields).Draw(t, "custom fields")
		s.Categories = rapid.Permutation(s.Categories).Draw(t, "categories")
		return s
	}
	return source
}

func unique[T any](list []T, name func(T) any) []T {
	seen := map[any]bool{}
	return slices.DeleteFunc(list, func(e T) bool {
		again := seen[name(e)]
		seen[name(e)] = true
		return again
	})
}
