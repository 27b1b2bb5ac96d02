package mapping

const ruleCustomer = "As it is, without spaces around it; left out where the order has neither a customer's id nor a valid address."

func orderRows() []Row {
	// Parts of a bundle lose amounts that the bundle's own line holds already.
	const bundle = " Parts of a bundle have none where the order's subtotal is that of the bundles alone."
	bundled := func(source ...string) []string {
		return append(source, "line_items[].parent_order_product_id", "line_items[].id", "line_items[].total_ex_tax", "subtotal_ex_tax")
	}
	const ruleAddress = "The first consignment's that has an address."
	// The merchant's words count where both are there.
	merchants := []string{"line_items[].product_options[].display_name_merchant", "line_items[].product_options[].display_value_merchant",
		"line_items[].product_options[].type"}
	names := append([]string{"line_items[].product_options[].display_name"}, merchants...)
	labels := append([]string{"line_items[].product_options[].display_value"}, merchants...)
	return []Row{
		field("@type", "Always order."),
		field("id", ruleID, "id", "settings.id_prefix"),
		field("web_id", "The order's number as the shopper knows it; sent only beside a prefix.", "id", "settings.id_prefix"),
		field("timestamp", "When the order was placed, in UTC.", "date_created"),
		field("status", "By the order mapping, or else the default of the status id; for an id that neither knows, the key of BigCommerce's name.",
			"status_id", "status", "order_status_mapping"),
		field("is_valid", "By the order mapping. False for incomplete orders, for archived ones unless the setting keeps them, and for those sent before "+
			"that are no longer to be sent: by their status, or as trial purchases.",
			"status_id", "is_deleted", "payment_method", "payment_provider_id", "order_status_mapping", "settings.test_orders", "settings.archived_orders"),
		field("grand_total", "The total with tax, never less what gift certificates or store credit paid.", "total_inc_tax"),
		field("subtotal", "The total without tax, shipping and handling, after discounts; the subtotal without tax where no total is known.",
			"total_ex_tax", "shipping_cost_ex_tax", "handling_cost_ex_tax", "subtotal_ex_tax"),
		field("discount", "Discounts and coupons together, with the sign of the setting.", "discount_amount", "coupon_discount", "settings.discount"),
		field("shipping", "Shipping and handling without tax.", "shipping_cost_ex_tax", "handling_cost_ex_tax"),
		field("tax", "As it is.", "total_tax"),
		field("currency", "The currency that the shopper paid in, or the store's where the order names none.",
			"default_currency_code", "store.currency", "store_default_currency_code"),
		field("customer.id", "The customer's id, as their contact's customer_id. Guests have none.", "customer_id", "settings.id_prefix"),
		field("customer.email", "In lower case; left out where it is not valid.", "billing_address.email"),
		field("customer.firstname", ruleCustomer, "billing_address.first_name", "billing_address.email", "customer_id"),
		field("customer.lastname", ruleCustomer, "billing_address.last_name", "billing_address.email", "customer_id"),
		field("lineitems[].product_id", "The product's id behind the prefix; custom for products outside the catalogue, gift-certificate for gift certificates.",
			"line_items[].product_id", "line_items[].type", "settings.id_prefix"),
		field("lineitems[].variant_id", "The variant's id in the form of the setting, for lines with an option that makes variants.",
			"line_items[].product_id", "line_items[].variant_id", "line_items[].product_options[].type", "settings.id_prefix", "settings.variant_id"),
		field("lineitems[].variant_options[].type", "The key of the option's name as the catalogue has it, the same as on products. Only options that make variants: "+
			"never what a shopper typed, ticked or uploaded.", names...),
		field("lineitems[].variant_options[].id", "The key of the label.", labels...),
		field("lineitems[].variant_options[].label", "The label as the catalogue has it.", labels...),
		field("lineitems[].sku", ruleName, "line_items[].sku"),
		field("lineitems[].quantity", "As it is. A line of nothing that cost nothing is left out.", "line_items[].quantity"),
		field("lineitems[].unit_price", "Without tax, before discounts."+bundle, bundled("line_items[].price_ex_tax", "line_items[].base_price")...),
		field("lineitems[].subtotal", "The line without tax, before discounts."+bundle, bundled()...),
		field("lineitems[].discount", "The line's share of all discounts, with the sign of the setting."+bundle,
			bundled("line_items[].applied_discounts[].amount", "settings.discount")...),
		field("lineitems[].tax", "As it is."+bundle, bundled("line_items[].total_tax")...),
		field("lineitems[].total", "The line with tax, after discounts."+bundle, bundled(
			"line_items[].discounted_total_inc_tax", "line_items[].total_inc_tax", "line_items[].applied_discounts[].amount")...),
		field("lineitems[].refunded", "What was refunded of the line, less what was kept back, at most what it cost; what came without an amount at the line's own price.",
			bundled("id", "refund[].order_id", "refund[].items[].item_id", "refund[].items[].item_type", "refund[].items[].quantity",
				"refund[].items[].requested_amount", "refund[].items[].adjustments[].amount", "refund[].payments[].is_declined",
				"line_items[].quantity", "line_items[].quantity_refunded",
				"line_items[].discounted_total_inc_tax", "line_items[].total_inc_tax", "line_items[].applied_discounts[].amount")...),
		field("lineitems[].quantity_refunded", "How many were refunded, as the refunds or the line itself say, at most what was bought.",
			"id", "refund[].order_id", "refund[].items[].item_id", "refund[].items[].item_type", "refund[].items[].quantity", "refund[].payments[].is_declined",
			"line_items[].id", "line_items[].quantity", "line_items[].quantity_refunded"),
		field("lineitems[].properties.name", "What a product outside the catalogue is called, up to 150 characters.", "line_items[].name", "line_items[].product_id"),
		field("channel", "pos for a till, marketplace, manual for an order that staff typed in, or else online.", "external_source", "order_source"),
		field("store", ruleStore, "store.domain"),
		field("payment_method", ruleName, "payment_method"),
		field("shipping_method", "All methods of the consignments, each once, joined by commas.",
			"consignments.shipping[].shipping_method", "consignments.pickups[].pickup_method_display_name"),
		field("shipping_address.city", ruleAddress, "consignments.shipping[].city"),
		field("shipping_address.state", ruleAddress, "consignments.shipping[].state"),
		field("shipping_address.postcode", ruleAddress, "consignments.shipping[].zip"),
		field("shipping_address.country_code", "In upper case.", "consignments.shipping[].country_iso2"),
		field("billing_address.city", ruleName, "billing_address.city"),
		field("billing_address.state", ruleName, "billing_address.state"),
		field("billing_address.postcode", ruleName, "billing_address.zip"),
		field("billing_address.country_code", "In upper case.", "billing_address.country_iso2"),
		field("coupon_code", "The first code used: Ometria keeps one an order.", "line_items[].applied_discounts[].code"),
		field("properties.channel_id", "The id of the channel.", "channel_id"),
		field("properties.coupon_codes", "All codes used, each once.", "line_items[].applied_discounts[].code"),
		field("properties.external_source", "As it is, up to 100 bytes.", "external_source"),
		field("properties.gift_certificate_amount", "What gift certificates paid.", "gift_certificate_amount"),
		field("properties.order_source", "As it is, up to 100 bytes.", "order_source"),
		field("properties.refunded_amount", "All that was paid back, for lines or anything else.",
			"id", "refund[].order_id", "refund[].total_amount", "refund[].payments[].amount", "refund[].payments[].is_declined"),
		field("properties.store_credit_amount", "What store credit paid.", "store_credit_amount"),
	}
}

func goneOrderRows() []Row {
	return []Row{
		field("@type", "Always order."),
		field("@merge", ruleMerge),
		field("id", ruleID, "id", "settings.id_prefix"),
		field("is_valid", "Always false: the order no longer counts as a sale."),
	}
}
