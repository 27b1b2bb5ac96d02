package inspect

import (
	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/mapping"
)

// withoutPasswords hides the answers to form fields of type password, which
// only the mapping's notes tell. Where there are none, because the mapping
// refused the customer, and for addresses, whose form fields are never sent on,
// all answers are hidden.
func withoutPasswords(record any, result mapping.Result) any {
	switch r := record.(type) {
	case bigcommerce.Customer:
		passwords := map[string]bool{}
		for _, note := range result.Notes {
			if note.Code == mapping.NotePasswordField {
				passwords[note.Source] = true
			}
		}
		r.FormFields = hide(r.FormFields, func(name string) bool {
			return len(result.Records) == 0 || passwords[mapping.FieldName(name)]
		})
		r.Addresses = changed(r.Addresses, func(a *bigcommerce.Address) { a.FormFields = hide(a.FormFields, anyName) })
		return r
	case bigcommerce.Order:
		r.BillingAddress.FormFields = hide(r.BillingAddress.FormFields, anyName)
		r.Consignments.Shipping = changed(r.Consignments.Shipping, func(s *bigcommerce.ShippingConsignment) {
			s.FormFields = hide(s.FormFields, anyName)
		})
		return r
	}
	return record
}

func anyName(string) bool { return true }

func hide(fields []bigcommerce.FormField, which func(name string) bool) []bigcommerce.FormField {
	return changed(fields, func(f *bigcommerce.FormField) {
		if which(f.Name) {
			f.Value = bigcommerce.FieldValue{Kind: bigcommerce.FieldText, Text: "[hidden]"}
		}
	})
}

// changed returns a copy of list with each element changed.
func changed[T any](list []T, change func(*T)) []T {
	copied := append([]T(nil), list...)
	for i := range copied {
		change(&copied[i])
	}
	return copied
}
