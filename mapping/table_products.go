package mapping

import "github.com/ometria/ometria-bigcommerce/connection"

const (
	rulePrice   = "In the store's currency. A product priced 0 takes the price of its cheapest variant that is for sale."
	ruleSale    = "The sale price where there is one below the price, of the variant that gave the price if one did."
	ruleURL     = "The product's path on the store's own address."
	ruleImage   = "The primary image, in its standard size."
	ruleVisible = "True when the product is visible, not disabled, and its price is shown."
)

func productRows() []Row {
	// A product priced 0 looks at its variants, in the order of their ids.
	price := []string{"price", "variants[].id", "variants[].price", "variants[].purchasing_disabled"}
	sale := append([]string{"sale_price", "variants[].sale_price"}, price...)
	return []Row{
		field("@type", "Always product."),
		field("id", ruleID, "id", "settings.id_prefix"),
		field("title", ruleName, "name"),
		field("sku", ruleName, "sku"),
		field("price", rulePrice, price...),
		field("special_price", ruleSale, sale...),
		field("url", ruleURL, "custom_url.url", "store.secure_url", "store.domain"),
		field("image_url", ruleImage, "primary_image.url_standard"),
		field("is_active", ruleVisible, "is_visible", "availability", "is_price_hidden"),
		field("is_in_stock", "True when stock is not tracked, or the level is above 0; tracked by variant, when any of them is in stock.",
			"inventory_tracking", "inventory_level", "variants[].inventory_level"),
		field("is_variant", "Always false."),
		field("attributes[].type", "brand or category; every category above one counts as well.", "brand_id", "categories", "category.parent_id"),
		field("attributes[].id", "BigCommerce's id of the brand or category behind the prefix: names change.",
			"brand_id", "categories", "category.parent_id", "settings.id_prefix"),
		field("attributes[].label", "The plain name of the brand or category.", "brand.name", "brand_id", "category.name", "category.parent_id", "categories"),
		field("listings[].store", ruleStore, "store.domain"),
		field("listings[].currency", "The store's currency.", "store.currency"),
		field("listings[].title", ruleName, "name"),
		field("listings[].price", rulePrice, price...),
		field("listings[].special_price", ruleSale, sale...),
		field("listings[].is_active", ruleVisible, "is_visible", "availability", "is_price_hidden"),
		field("listings[].url", ruleURL, "custom_url.url", "store.secure_url", "store.domain"),
		field("listings[].image_url", ruleImage, "primary_image.url_standard"),
		merchants(connection.CustomField, "A custom field, under the key of its name. Several of one name are a list.", "custom_fields[].name", "custom_fields[].value", "custom_fields[].id"),
	}
}

func variantRows() []Row {
	return []Row{
		field("@type", "Always product."),
		field("id", "The ids of the product and the variant joined, or the variant's own if the setting says so.",
			"id", "variants[].id", "settings.variant_id", "settings.id_prefix"),
		field("title", "The product's.", "name"),
		field("sku", ruleName, "variants[].sku"),
		field("price", "The variant's own, or else the product's.", "variants[].price", "price"),
		field("special_price", "The variant's own sale price, or else the product's, where it is below the price.",
			"variants[].sale_price", "sale_price", "variants[].price", "price"),
		field("url", "The product's: variants have no page of their own.", "custom_url.url", "store.secure_url", "store.domain"),
		field("image_url", "The variant's own, or else the product's.", "variants[].image_url", "primary_image.url_standard"),
		field("is_active", "True when the product is active and the variant can be bought.",
			"is_visible", "availability", "is_price_hidden", "variants[].purchasing_disabled"),
		field("is_in_stock", "The variant's own level where stock is tracked by variant, or else the product's.",
			"inventory_tracking", "variants[].inventory_level", "inventory_level"),
		field("is_variant", "Always true."),
		field("parent_id", "The product's id, if the setting says so.", "id", "settings.parent_id", "settings.id_prefix"),
		field("attributes[].type", "The key of the option's name.", "variants[].option_values[].option_display_name"),
		field("attributes[].id", "The key of the label.", "variants[].option_values[].label"),
		field("attributes[].label", ruleName, "variants[].option_values[].label"),
	}
}

func goneProductRows() []Row {
	return []Row{
		field("@type", "Always product."),
		field("@merge", ruleMerge),
		field("id", "The id that the product or variant was pushed under.", "id", "variants[].id", "settings.variant_id", "settings.id_prefix"),
		field("is_active", "Always false: out of recommendations, whatever listings say."),
	}
}
