package connection_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// good is a connection that passes.
func good(change ...func(*connection.Connection)) connection.Connection {
	c := connection.Connection{AuthenticationID: "a", IdentificationCode: "code-1_A", Timezone: "Europe/London", BulkSyncStartDate: "2024-02-29"}
	for _, f := range change {
		f(&c)
	}
	return c
}

func settings(change func(*connection.Settings)) func(*connection.Connection) {
	return func(c *connection.Connection) { change(&c.Settings) }
}

func TestValidateTakesEveryGoodValue(t *testing.T) {
	for name, change := range map[string]func(*connection.Connection){
		"nothing chosen":        func(*connection.Connection) {},
		"no start date":         func(c *connection.Connection) { c.BulkSyncStartDate = "" },
		"a zone without summer": func(c *connection.Connection) { c.Timezone = "UTC" },
		"the longest name":      func(c *connection.Connection) { c.Name = strings.Repeat("é", 200) },
		"the longest prefix":    settings(func(s *connection.Settings) { s.IDPrefix = strings.Repeat("a", 32) }),
		"every sign of prefix":  settings(func(s *connection.Settings) { s.IDPrefix = "a.B:1_c-" }),
		"composite":             settings(func(s *connection.Settings) { s.VariantID = connection.VariantComposite }),
		"raw, parent":           settings(func(s *connection.Settings) { s.VariantID, s.ParentID = connection.VariantRaw, true }),
		"history sent, forced":  settings(func(s *connection.Settings) { s.HistoryConsent, s.ForceOptin = connection.HistoryConsentSend, true }),
		"history omitted":       settings(func(s *connection.Settings) { s.HistoryConsent = connection.HistoryConsentOmit }),
		"own collections":       settings(func(s *connection.Settings) { s.CustomersCollection, s.SubscribersCollection = "Shop_1.a-b", "news" }),
		"collections exchanged": settings(func(s *connection.Settings) {
			s.CustomersCollection, s.SubscribersCollection = "subscribers", "customers"
		}),
		"the longest collection": settings(func(s *connection.Settings) { s.CustomersCollection = strings.Repeat("c", 64) }),
		"a status of the store": func(c *connection.Connection) {
			c.StatusMapping = []connection.StatusRule{{StatusID: new(0)}, {StatusID: new(14), Status: "x"}, {Label: "Handed over", IsValid: true}}
		},
	} {
		assert.NoError(t, good(change).Validate(), name)
	}
}

func TestCheckStartDate(t *testing.T) {
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC) // the 11th where a day begins first
	for date, want := range map[string]bool{
		"": false, "not a date": false, "2021-01-01": false, "2026-03-10": false,
		"2026-03-12": false, "2026-03-13": true, "2062-01-01": true,
	} {
		assert.Equal(t, want, connection.CheckStartDate(date, now) != nil, date)
	}
}

func TestValidateNamesEachBadField(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*connection.Connection)
		field  string
		code   string
	}{
		"no authentication":     {func(c *connection.Connection) { c.AuthenticationID = "" }, "authentication_id", "required"},
		"no code":               {func(c *connection.Connection) { c.IdentificationCode = "" }, "identification_code", "required"},
		"a code of script":      {func(c *connection.Connection) { c.IdentificationCode = `a"></script>` }, "identification_code", "invalid"},
		"a code with a space":   {func(c *connection.Connection) { c.IdentificationCode = "a b" }, "identification_code", "invalid"},
		"a long code":           {func(c *connection.Connection) { c.IdentificationCode = strings.Repeat("a", 65) }, "identification_code", "invalid"},
		"no zone":               {func(c *connection.Connection) { c.Timezone = "" }, "timezone", "required"},
		"an unknown zone":       {func(c *connection.Connection) { c.Timezone = "Europe/Londn" }, "timezone", "invalid"},
		"whatever this box is":  {func(c *connection.Connection) { c.Timezone = "Local" }, "timezone", "invalid"},
		"a path for a zone":     {func(c *connection.Connection) { c.Timezone = "../etc/passwd" }, "timezone", "invalid"},
		"no such day":           {func(c *connection.Connection) { c.BulkSyncStartDate = "2023-02-29" }, "bulk_sync_start_date", "invalid"},
		"a date with a time":    {func(c *connection.Connection) { c.BulkSyncStartDate = "2023-02-28T00:00:00Z" }, "bulk_sync_start_date", "invalid"},
		"a date turned round":   {func(c *connection.Connection) { c.BulkSyncStartDate = "28/02/2023" }, "bulk_sync_start_date", "invalid"},
		"a long name":           {func(c *connection.Connection) { c.Name = strings.Repeat("é", 201) }, "name", "too_long"},
		"a prefix with a space": {settings(func(s *connection.Settings) { s.IDPrefix = "uk " }), "settings.id_prefix", "invalid"},
		"a prefix of a person":  {settings(func(s *connection.Settings) { s.IDPrefix = "a@b" }), "settings.id_prefix", "invalid"},
		"a long prefix":         {settings(func(s *connection.Settings) { s.IDPrefix = strings.Repeat("a", 33) }), "settings.id_prefix", "invalid"},
		"a variant id":          {settings(func(s *connection.Settings) { s.VariantID = "sku" }), "settings.variant_id", "invalid"},
		"history":               {settings(func(s *connection.Settings) { s.HistoryConsent = "Send" }), "settings.history_consent", "invalid"},
		"a discount":            {settings(func(s *connection.Settings) { s.Discount = "-1" }), "settings.discount", "invalid"},
		"archived orders":       {settings(func(s *connection.Settings) { s.ArchivedOrders = "drop" }), "settings.archived_orders", "invalid"},
		"test orders":           {settings(func(s *connection.Settings) { s.TestOrders = "yes" }), "settings.test_orders", "invalid"},
		"a consent category":    {settings(func(s *connection.Settings) { s.ScriptConsent = "unknown" }), "settings.script_consent", "invalid"},
		// These two start an SMS opt-in at Ometria.
		"sms":                 {settings(func(s *connection.Settings) { s.CustomersCollection = "optin:sms" }), "settings.customers_collection", "invalid"},
		"sms, confirmed":      {settings(func(s *connection.Settings) { s.SubscribersCollection = "double_optin:sms" }), "settings.subscribers_collection", "invalid"},
		"a long collection":   {settings(func(s *connection.Settings) { s.CustomersCollection = strings.Repeat("c", 65) }), "settings.customers_collection", "invalid"},
		"one collection":      {settings(func(s *connection.Settings) { s.CustomersCollection, s.SubscribersCollection = "all", "all" }), "settings.subscribers_collection", "invalid"},
		"the other's default": {settings(func(s *connection.Settings) { s.CustomersCollection = "subscribers" }), "settings.subscribers_collection", "invalid"},
		"a status of none":    {func(c *connection.Connection) { c.StatusMapping = []connection.StatusRule{{Status: "x"}} }, "order_status_mapping[0]", "required"},
		"a status unknown": {func(c *connection.Connection) {
			c.StatusMapping = []connection.StatusRule{{StatusID: new(1)}, {StatusID: new(15)}}
		}, "order_status_mapping[1].status_id", "unknown"},
		"a long label": {func(c *connection.Connection) {
			c.StatusMapping = []connection.StatusRule{{Label: strings.Repeat("é", 201)}}
		}, "order_status_mapping[0].label", "too_long"},
		"a long status": {func(c *connection.Connection) {
			c.StatusMapping = []connection.StatusRule{{StatusID: new(1), Status: strings.Repeat("é", 101)}}
		}, "order_status_mapping[0].status", "too_long"},
		"a status below 0": {func(c *connection.Connection) { c.StatusMapping = []connection.StatusRule{{StatusID: new(-1)}} }, "order_status_mapping[0].status_id", "unknown"},
		"a status twice": {func(c *connection.Connection) {
			c.StatusMapping = []connection.StatusRule{{StatusID: new(3)}, {StatusID: new(3)}}
		}, "order_status_mapping[1].status_id", "invalid"},
	} {
		var bad connection.ValidationError
		require.ErrorAs(t, good(c.change).Validate(), &bad, name)
		require.Len(t, bad, 1, name)
		assert.Equal(t, c.field, bad[0].Field, name)
		assert.Equal(t, c.code, bad[0].Code, name)
		assert.NotEmpty(t, bad[0].Message, name)
	}
}

// Every bad field at once, always in the same order.
func TestValidateNamesAllBadFieldsAtOnce(t *testing.T) {
	c := connection.Connection{BulkSyncStartDate: "x", Settings: connection.Settings{
		IDPrefix: " ", VariantID: "x", HistoryConsent: "x", CustomersCollection: "a b", SubscribersCollection: "c d",
	}}
	want := []string{"authentication_id", "identification_code", "timezone", "bulk_sync_start_date", "settings.id_prefix",
		"settings.variant_id", "settings.history_consent", "settings.customers_collection", "settings.subscribers_collection"}
	for range 20 {
		var bad connection.ValidationError
		require.ErrorAs(t, c.Validate(), &bad)
		fields := make([]string, len(bad))
		for i, e := range bad {
			fields[i] = e.Field
			assert.Contains(t, bad.Error(), e.Error())
		}
		require.Equal(t, want, fields)
	}
}

func TestNormalizeIdentificationCode(t *testing.T) {
	assert.Equal(t, "abc", connection.NormalizeIdentificationCode(" \tabc\u00a0\n"))
	assert.Equal(t, "a b", connection.NormalizeIdentificationCode("a b"), "what is inside is for Validate")
}

func TestSettingsAsTheAPIShowsThem(t *testing.T) {
	data, err := json.Marshal(connection.Settings{})
	require.NoError(t, err)
	assert.JSONEq(t, `{}`, string(data), "the zero value is nothing chosen")
	all := connection.Settings{
		IDPrefix: "uk-", VariantID: "raw", ParentID: true, HistoryConsent: "send", ForceOptin: true, CustomersCollection: "c",
		SubscribersCollection: "s", Discount: "negative", TestOrders: "send", ArchivedOrders: "keep", PageCalls: true, ScriptConsent: "analytics",
	}
	data, err = json.Marshal(all)
	require.NoError(t, err)
	assert.JSONEq(t, `{"id_prefix":"uk-","variant_id":"raw","parent_id":true,"history_consent":"send","force_optin":true,
		"customers_collection":"c","subscribers_collection":"s","discount":"negative","test_orders":"send","archived_orders":"keep","page_calls":true,
		"script_consent":"analytics"}`, string(data))
	var back connection.Settings
	require.NoError(t, json.Unmarshal(data, &back))
	assert.Equal(t, all, back)
}

func TestCollections(t *testing.T) {
	var s connection.Settings
	assert.Equal(t, "customers", s.CustomersIn())
	assert.Equal(t, "subscribers", s.SubscribersIn())
	s = connection.Settings{CustomersCollection: "accounts", SubscribersCollection: "news"}
	assert.Equal(t, "accounts", s.CustomersIn())
	assert.Equal(t, "news", s.SubscribersIn())
}

func TestVariantIDForms(t *testing.T) {
	for form, raw := range map[string]bool{"": false, connection.VariantComposite: false, connection.VariantRaw: true} {
		assert.Equal(t, raw, connection.Settings{VariantID: form}.RawVariantIDs(), form)
	}
}

// The meaning of BigCommerce's 15 statuses while the merchant's mapping is
// silent (Order Statuses v2).
func TestDefaultStatusRules(t *testing.T) {
	type rule struct {
		status      string
		valid, send bool
	}
	want := []rule{
		{"incomplete", false, false}, {"pending", false, true}, {"shipped", true, true}, {"partially_shipped", true, true},
		{"refunded", true, true}, {"cancelled", false, true}, {"declined", false, true}, {"awaiting_payment", false, true},
		{"awaiting_pickup", true, true}, {"awaiting_shipment", true, true}, {"complete", true, true},
		{"awaiting_fulfillment", true, true}, {"manual_verification_required", true, true}, {"disputed", true, true},
		{"partially_refunded", true, true},
	}
	rules := connection.DefaultStatusRules()
	require.Len(t, rules, connection.LastBuiltInStatus+1)
	for id, r := range rules {
		require.NotNil(t, r.StatusID)
		assert.Equal(t, id, *r.StatusID)
		assert.Equal(t, want[id], rule{r.Status, r.IsValid, r.Send})
	}
	*rules[3].StatusID = 9
	assert.Equal(t, 3, *connection.DefaultStatusRules()[3].StatusID, "nobody changes another's defaults")
}

func TestStartOf(t *testing.T) {
	for _, c := range []struct{ date, zone, want string }{
		{"2024-01-15", "UTC", "2024-01-15T00:00:00Z"},
		{"2024-01-15", "Europe/London", "2024-01-15T00:00:00Z"},
		{"2024-07-15", "Europe/London", "2024-07-14T23:00:00Z"},
		{"2024-07-15", "America/New_York", "2024-07-15T04:00:00Z"},
		{"2024-07-15", "Asia/Kolkata", "2024-07-14T18:30:00Z"},
		{"2024-03-10", "America/New_York", "2024-03-10T05:00:00Z"}, // the clock goes forward at two
		{"2024-02-29", "Australia/Sydney", "2024-02-28T13:00:00Z"}, //
		{"", "Nowhere", "0001-01-01T00:00:00Z"},                    // everything
	} {
		got, err := connection.StartOf(c.date, c.zone)
		require.NoError(t, err)
		assert.Equal(t, c.want, got.UTC().Format(time.RFC3339), "%s in %s", c.date, c.zone)
		since, err := connection.Connection{BulkSyncStartDate: c.date, Timezone: c.zone}.Since()
		require.NoError(t, err)
		assert.Equal(t, got, since)
	}
	_, err := connection.StartOf("2024-01-15", "Nowhere")
	assert.ErrorContains(t, err, "Nowhere")
	_, err = connection.StartOf("15.01.2024", "UTC")
	assert.ErrorContains(t, err, "use YYYY-MM-DD")
}

// A push that Ometria refused later never happened, as far as consent goes.
func TestUndone(t *testing.T) {
	const no, yes, out, unknown = connection.ConsentNo, connection.ConsentYes, connection.ConsentOut, connection.ConsentUnknown
	state := func(before, seen, sent connection.Consent) connection.RecordState {
		return connection.RecordState{Exists: true, Children: []int64{1}, ConsentBefore: before, ConsentSeen: seen, ConsentSent: sent}
	}
	for _, c := range []struct {
		name        string
		was, undone connection.RecordState
	}{
		{"an opt-in on first sight", state(unknown, yes, yes), state(unknown, unknown, unknown)},
		{"an opt-in held back", state(unknown, yes, unknown), state(unknown, unknown, unknown)},
		{"an observed opt-in", state(no, yes, yes), state(no, no, unknown)},
		{"an opt-out", state(yes, out, out), state(yes, yes, unknown)},
		{"an edit said nothing", state(yes, yes, yes), state(yes, yes, yes)},
		{"an edit of one who left", state(out, out, out), state(out, out, out)},
	} {
		assert.Equal(t, c.undone, c.was.Undone(), c.name)
	}
}
