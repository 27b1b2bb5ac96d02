package mapping

import (
	"strconv"
	"strings"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

// recordID is Ometria's id of a record: BigCommerce's behind the prefix.
func recordID(s connection.Settings, id int64) string {
	return s.IDPrefix + strconv.FormatInt(id, 10)
}

// variantID is Ometria's id of a variant. BigCommerce counts products and
// variants apart and Ometria keeps them together, so that a bare variant id may
// be a product's: by default both ids are joined. Raw, a variant still never
// takes the id of its own product: the two would be one record in one push.
func variantID(s connection.Settings, product, variant int64) string {
	if s.RawVariantIDs() && variant != product {
		return recordID(s, variant)
	}
	return recordID(s, product) + "-" + strconv.FormatInt(variant, 10)
}

// RecordKeyOf is the way back from what Ometria calls a record, as in
// /push/_errors, to the BigCommerce record it was made from. A variant leads to
// its product. It is false for what this connection never sends, such as
// another connection's prefix. With raw variant ids a variant's id reads as a
// product's: look at the records of the same request then.
func RecordKeyOf(s connection.Settings, typ ometria.Type, collection, id string) (connection.Entity, connection.RecordID, bool) {
	id, ok := strings.CutPrefix(id, s.IDPrefix)
	if !ok {
		return "", 0, false
	}
	var entity connection.Entity
	switch {
	case typ == ometria.TypeOrder:
		entity = connection.Orders
	case typ == ometria.TypeProduct:
		entity = connection.Products
		if product, variant, composite := strings.Cut(id, "-"); composite {
			if _, ok := plainRecordID(variant); !ok {
				return "", 0, false
			}
			id = product
		}
	case typ == ometria.TypeContact && collection == s.CustomersIn():
		entity = connection.Customers
	case typ == ometria.TypeContact && collection == s.SubscribersIn():
		entity = connection.Subscribers
	default:
		return "", 0, false
	}
	record, ok := plainRecordID(id)
	return entity, record, ok
}

// plainRecordID reads exactly what recordID writes, nothing looser.
func plainRecordID(text string) (connection.RecordID, bool) {
	id, err := connection.ParseRecordID(text)
	if err != nil || id.String() != text {
		return 0, false
	}
	return id, true
}
