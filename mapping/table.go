package mapping

import "github.com/ometria/ometria-bigcommerce/connection"

// Form is which of the records that an entity becomes a Row is about.
type Form string

// The forms. Every entity has a whole record; products have variants beside it;
// all but customers have a partial one for what is gone from BigCommerce.
const (
	FormWhole   Form = "whole"
	FormVariant Form = "variant"
	FormGone    Form = "gone"
)

// Row says of one field of an Ometria record which BigCommerce fields make it,
// and how.
type Row struct {
	Entity connection.Entity
	Form   Form
	// Target is the field's path in the record that is pushed: lists as [],
	// merchants' own fields as properties.{key}.
	Target string
	// Kind is the kind of the merchant's own fields that the row is of, if any.
	Kind connection.FieldKind
	// Source are the paths of the BigCommerce fields, in the record itself
	// unless they begin with one of:
	//   - line_items[]: the lines of all consignments of an order
	//   - refund[]: the order's refunds
	//   - brand, category, customer_group, customer_attribute: what an id of the
	//     record names
	//   - store: the store's information
	//   - settings, order_status_mapping: the connection's, not BigCommerce's
	//
	// None means that the field is always the same.
	Source []string
	// Rule is a sentence for the merchant's administrator.
	Rule string
}

// Table is the whole mapping, field by field: entities in the order that they
// are synced, fields in the order that they are pushed.
func Table() []Row {
	var all []Row
	for _, e := range connection.Entities() {
		for _, f := range []Form{FormWhole, FormVariant, FormGone} {
			all = append(all, rowsOf(e, f)...)
		}
	}
	return all
}

// rowsOf are the rows of one form of an entity, or none.
func rowsOf(e connection.Entity, f Form) []Row {
	var fields []Row
	switch {
	case e == connection.Products && f == FormWhole:
		fields = productRows()
	case e == connection.Products && f == FormVariant:
		fields = variantRows()
	case e == connection.Products && f == FormGone:
		fields = goneProductRows()
	case e == connection.Customers && f == FormWhole:
		fields = customerRows()
	case e == connection.Subscribers && f == FormWhole:
		fields = subscriberRows()
	case e == connection.Subscribers && f == FormGone:
		fields = goneSubscriberRows()
	case e == connection.Orders && f == FormWhole:
		fields = orderRows()
	case e == connection.Orders && f == FormGone:
		fields = goneOrderRows()
	}
	for i := range fields {
		fields[i].Entity, fields[i].Form = e, f
	}
	return fields
}

// field is a row as tables list them: target, rule, sources.
func field(target, rule string, source ...string) Row {
	return Row{Target: target, Source: source, Rule: rule}
}

// merchants is the row of the merchant's own fields of a kind.
func merchants(kind connection.FieldKind, rule string, source ...string) Row {
	return Row{Target: "properties.{key}", Kind: kind, Source: source, Rule: rule}
}
