package bigcommercesim

// Some orders of each few hundred are not plain sales of the storefront.
const (
	oddEvery   = 250
	oddTest    = 60 // paid through BigCommerce's test payment gateway
	oddTill    = 61 // rung up at a till, by nobody known
	oddHistory = 62 // moved here from another platform
	oddBundle  = 63 // a line holds another
)

// odd makes an order one of those that shops have besides plain sales.
func (g *generator) odd(o *order) {
	switch o.ID % oddEvery {
	case oddTest:
		o.PaymentMethod, o.PaymentProviderID = "Test Payment Gateway", ""
	case oddTill:
		source := "POS (Square)"
		o.CustomerID, o.BillingAddress.Email = 0, ""
		o.OrderSource, o.ExternalSource, o.PaymentMethod, o.PaymentProviderID = "external", &source, "cash", ""
	case oddHistory:
		source := "M-MIG"
		o.OrderSource, o.ExternalSource = "external", &source
	case oddBundle:
		if g.productLine.count == 0 {
			return
		}
		group := o.Consignments.groups()[0]
		whole := (*group)[0]
		part := lineItem{
			ID: o.ID*100 + 99, OrderID: o.ID, OrderAddressID: whole.OrderAddressID, OrderPickupMethodID: whole.OrderPickupMethodID,
			ProductID: firstProduct, Name: "Inside the set", SKU: "SET-1", Type: whole.Type, Quantity: whole.Quantity,
			ParentOrderProductID: &whole.ID, IsBundledProduct: true,
			AppliedDiscounts: []discount{}, ProductOptions: []chosenOption{}, ConfigurableFields: []struct{}{},
		}
		part.price(0) // the set's own line holds the price
		*group = append(*group, part)
	}
}
