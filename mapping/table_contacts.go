package mapping

import "github.com/ometria/ometria-bigcommerce/connection"

const (
	ruleID    = "BigCommerce's id behind the connection's prefix."
	ruleMerge = "Always true: Ometria keeps what it holds for every field that is left out."
	ruleStore = "The store's primary domain, the same id everywhere at Ometria."
	ruleName  = "As it is, without spaces around it."
)

func customerRows() []Row {
	return []Row{
		field("@type", "Always contact."),
		field("@collection", "The collection of customers, unless the setting names another.", "settings.customers_collection"),
		field("@merge", ruleMerge),
		field("id", ruleID, "id", "settings.id_prefix"),
		field("email", "In lower case, without spaces around it. A customer without a valid address is skipped.", "email"),
		field("customer_id", "The same as id: what orders name.", "id", "settings.id_prefix"),
		field("firstname", ruleName, "first_name"),
		field("lastname", ruleName, "last_name"),
		field("phone_number", "In E.164, read as a number of the country of the oldest address or else of the store's. Left out when it is none there.",
			"phone", "addresses[].country_code", "addresses[].id", "store.country"),
		field("country_id", "The country of the oldest address that has one: BigCommerce does not say which is the default.",
			"addresses[].country_code", "addresses[].id"),
		field("timestamp_acquired", "When the account was made, in UTC.", "date_created"),
		field("store_ids[]", ruleStore, "store.domain"),
		merchants(connection.FormField, "An answer to the account signup form, under the key of the field's name. A day that can be read in one way only is written YYYY-MM-DD. Passwords are never sent.",
			"form_fields[].name", "form_fields[].value"),
		merchants(connection.CustomerAttribute, "A customer attribute, under the key of its name; days as in form fields.",
			"customer_attribute.name", "attributes[].attribute_id", "attributes[].attribute_value"),
		field("properties.channel", "The id of the channel where the account was made.", "origin_channel_id"),
		field("properties.company", ruleName, "company"),
		field("properties.customer_group", "The group's name; left out for customers of no group.", "customer_group.name", "customer_group_id"),
		field("properties.store_credit", "The first amount, in the store's currency.", "store_credit_amounts[].amount"),
	}
}

func subscriberRows() []Row {
	return []Row{
		field("@type", "Always contact."),
		field("@collection", "The collection of subscribers, unless the setting names another.", "settings.subscribers_collection"),
		field("@merge", ruleMerge),
		field("@force_optin", "True beside marketing_optin if the setting says so, and otherwise never sent.",
			"settings.force_optin", "consents"),
		field("id", ruleID, "id", "settings.id_prefix"),
		field("email", "In lower case, without spaces around it. A subscriber without a valid address is skipped.", "email"),
		field("marketing_optin", "EXPLICITLY_OPTEDIN when marketing_newsletter is among the consents, EXPLICITLY_OPTEDOUT when it no longer is. "+
			"Sent on first sight or after an observed change alone. A consent given before the connection was made goes by the setting history_consent, also when that is changed later.",
			"consents", "settings.history_consent"),
		field("firstname", ruleName, "first_name"),
		field("lastname", ruleName, "last_name"),
		field("timestamp_acquired", "When the subscriber was made, in UTC.", "date_created"),
		field("timestamp_subscribed", "When an opt-in was given, in UTC: for subscribers made after the connection, or after an observed opt-in. "+
			"It fires welcome campaigns, so it is never sent for history.", "consents", "date_created", "date_modified"),
		field("timestamp_unsubscribed", "When an observed opt-out was made, in UTC.", "consents", "date_modified"),
		field("store_ids[]", ruleStore, "store.domain"),
	}
}

func goneSubscriberRows() []Row {
	return []Row{
		field("@type", "Always contact."),
		field("@collection", "The collection of subscribers, unless the setting names another.", "settings.subscribers_collection"),
		field("@merge", ruleMerge),
		field("@force_optin", "True if the setting says so, and otherwise never sent.", "settings.force_optin"),
		field("id", ruleID, "id", "settings.id_prefix"),
		field("marketing_optin", "EXPLICITLY_OPTEDOUT, for a subscriber last seen opted in. Nothing is sent for others."),
	}
}
