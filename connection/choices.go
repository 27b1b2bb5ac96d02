package connection

// Choice is a setting whose right answer only a real account can tell.
type Choice struct {
	// Name is its path in a connection as the API shows it.
	Name string
	// Values are all it takes; none means free text.
	Values []string
	// Default says what holds while nobody has chosen.
	Default string
	// Unknown is what neither BigCommerce nor Ometria documents.
	Unknown string
	// Meaning says what the setting does.
	Meaning string
}

// Choices lists every such setting: this is the one place where they are.
func Choices() []Choice {
	yesNo := []string{"false", "true"}
	return []Choice{
		{
			Name: "settings.id_prefix", Default: "none",
			Unknown: "Whether the Ometria account takes records from another store or connector too, whose ids would meet this one's.",
			Meaning: "Put before every id at Ometria. Needed when two stores share one Ometria account. Letters, digits and `. : _ -`, at most 32.",
		},
		{
			Name: "settings.variant_id", Values: []string{VariantComposite, VariantRaw}, Default: VariantComposite,
			Unknown: "Which form of variant id an account already holds, from an earlier connector or in its tag's events.",
			Meaning: "`composite`: a variant is `{product_id}-{variant_id}`, because BigCommerce numbers products and variants apart and Ometria keeps them together. " +
				"`raw`: BigCommerce's variant id as it is, unless it is its own product's.",
		},
		{
			Name: "settings.parent_id", Values: yesNo, Default: "false",
			Unknown: "Whether a push may carry `parent_id` on a variant: Ometria documents no such field, and may ignore or refuse it.",
			Meaning: "Sends `parent_id`, the product's id, with each variant.",
		},
		{
			Name: "settings.history_consent", Values: []string{HistoryConsentSend, HistoryConsentOmit},
			Default: "omit when the Ometria account already holds contacts, send otherwise",
			Unknown: "Whether people have unsubscribed inside Ometria since they opted in at BigCommerce, which never learns of it.",
			Meaning: "Sends or omits newsletter consents given before the connection was made.",
		},
		{
			Name: "settings.force_optin", Values: yesNo, Default: "false",
			Unknown: "Whether the store is the one place where people may opt in and out.",
			Meaning: "Sends `@force_optin` beside `marketing_optin`. It overrides every other source for good.",
		},
		{
			Name: "settings.customers_collection", Default: CollectionCustomers,
			Unknown: "Which collection an earlier connector pushed customers to: a new one would hold every contact a second time.",
			Meaning: "The collection that customers are pushed to. Letters, digits and `. _ -`, at most 64; another than that of subscribers.",
		},
		{
			Name: "settings.subscribers_collection", Default: CollectionSubscribers,
			Unknown: "Which collection an earlier connector pushed subscribers to.",
			Meaning: "The collection that subscribers are pushed to. Letters, digits and `. _ -`, at most 64; another than that of customers.",
		},
		{
			Name: "settings.discount", Values: []string{DiscountPositive, DiscountNegative}, Default: DiscountPositive,
			Unknown: "The sign of discounts: Ometria documents none, and its clients send both.",
			Meaning: "The sign of `discount` in orders and their lines.",
		},
		{
			Name: "settings.test_orders", Values: []string{TestOrdersSkip, TestOrdersSend}, Default: TestOrdersSkip,
			Unknown: "Whether the merchant wants to see trial purchases at Ometria.",
			Meaning: "Skips or sends orders paid through BigCommerce's test payment gateway.",
		},
		{
			Name: "settings.archived_orders", Values: []string{ArchivedOrdersInvalid, ArchivedOrdersKeep}, Default: ArchivedOrdersInvalid,
			Unknown: "Whether the merchant archives orders to delete them, or to tidy up what was sold.",
			Meaning: "`invalid`: an order that is archived no longer counts as a sale. `keep`: it stays what its status makes it.",
		},
		{
			Name: "settings.page_calls", Values: yesNo, Default: "false",
			Unknown: "Whether the account's tag file carries Ometria's BigCommerce plugin, which makes the page calls itself.",
			Meaning: "Adds the page calls that Ometria documents (`init`, `identify`, `setBasket`, `trackTransaction`) to the storefront's script. With the plugin they would count twice.",
		},
		{
			Name: "settings.script_consent", Values: []string{"essential", "functional", "analytics", "targeting"}, Default: "targeting",
			Unknown: "How the merchant's cookie notice classes Ometria's tag.",
			Meaning: "The consent category of the script in the storefront. A merchant's own choice in Script Manager stands until this is set.",
		},
		{
			Name: "order_status_mapping", Default: "each built-in status by its meaning; see Order statuses",
			Unknown: "Which of the merchant's statuses stand for a sale: labels are the merchant's own.",
			Meaning: "What each order status of the store means at Ometria.",
		},
	}
}
