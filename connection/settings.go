package connection

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Variant id forms.
const (
	VariantComposite = "composite" // {product_id}-{variant_id}: cannot collide with a product id
	VariantRaw       = "raw"       // BigCommerce's variant id as it is
)

// What to do with consents given before the connection was made.
const (
	HistoryConsentSend = "send"
	HistoryConsentOmit = "omit"
)

// Signs of discounts at Ometria, where none is documented.
const (
	DiscountPositive = "positive"
	DiscountNegative = "negative"
)

// What becomes of orders paid through BigCommerce's test payment gateway.
const (
	TestOrdersSkip = "skip"
	TestOrdersSend = "send"
)

// What becomes of orders that the merchant archives.
const (
	ArchivedOrdersInvalid = "invalid"
	ArchivedOrdersKeep    = "keep"
)

// Settings are the choices whose right answer only a real account can tell.
// The zero value is the safe default of each.
type Settings struct {
	// IDPrefix goes before every id sent to Ometria, so that two stores can
	// share one Ometria account.
	IDPrefix string `json:"id_prefix,omitempty"`
	// VariantID is VariantComposite (default) or VariantRaw.
	VariantID string `json:"variant_id,omitempty"`
	// ParentID sends parent_id on variants; Ometria documents no such field.
	ParentID bool `json:"parent_id,omitempty"`
	// HistoryConsent is HistoryConsentSend or HistoryConsentOmit; empty means
	// omit when the Ometria account already holds contacts, send otherwise.
	HistoryConsent string `json:"history_consent,omitempty"`
	// ForceOptin sends @force_optin beside marketing_optin, which overrides
	// every other source for good (Ometria, Force opt-in).
	ForceOptin bool `json:"force_optin,omitempty"`
	// CustomersCollection and SubscribersCollection are the collections that
	// contacts are pushed to: "customers" and "subscribers" when empty. A store
	// that moves here from another connector keeps that one's.
	CustomersCollection   string `json:"customers_collection,omitempty"`
	SubscribersCollection string `json:"subscribers_collection,omitempty"`
	// Discount is DiscountPositive (default) or DiscountNegative.
	Discount string `json:"discount,omitempty"`
	// TestOrders is TestOrdersSkip (default) or TestOrdersSend.
	TestOrders string `json:"test_orders,omitempty"`
	// ArchivedOrders is ArchivedOrdersInvalid (default) or ArchivedOrdersKeep:
	// archiving is BigCommerce's only way to delete an order, and some
	// merchants' way to tidy up.
	ArchivedOrders string `json:"archived_orders,omitempty"`
	// PageCalls adds the calls that Ometria documents for its tag (init,
	// identify, setBasket, trackTransaction) to the storefront's script, for
	// accounts whose tag file carries no BigCommerce plugin.
	PageCalls bool `json:"page_calls,omitempty"`
	// ScriptConsent is the consent category of the script in the storefront:
	// essential, functional, analytics or targeting (default). A merchant's own
	// choice in Script Manager stands until this is set.
	ScriptConsent string `json:"script_consent,omitempty"`
}

// Collections of Ometria that contacts are pushed to by default.
const (
	CollectionCustomers   = "customers"
	CollectionSubscribers = "subscribers"
)

// CustomersIn is the collection of customers.
func (s Settings) CustomersIn() string { return cmp.Or(s.CustomersCollection, CollectionCustomers) }

// SubscribersIn is the collection of subscribers.
func (s Settings) SubscribersIn() string {
	return cmp.Or(s.SubscribersCollection, CollectionSubscribers)
}

// RawVariantIDs reports whether variants keep BigCommerce's own ids.
func (s Settings) RawVariantIDs() bool { return s.VariantID == VariantRaw }

// StatusRule maps one BigCommerce order status to what Ometria gets. Either
// StatusID or Label names the status; a label is resolved to its id when the
// rule is saved, because BigCommerce fixes ids and lets merchants edit labels.
type StatusRule struct {
	StatusID *int   `json:"status_id,omitempty"`
	Label    string `json:"label,omitempty"`
	Status   string `json:"status,omitempty"` // Ometria's order status; default: the built-in one
	IsValid  bool   `json:"is_valid"`
	Send     bool   `json:"send"`
}

// Order statuses of BigCommerce (Order Statuses v2): ids are fixed, labels are
// the merchant's.
const (
	StatusIncomplete  = 0
	LastBuiltInStatus = 14
)

// DefaultStatusRules returns what each of the 15 built-in statuses means where
// the merchant's mapping is silent.
func DefaultStatusRules() []StatusRule {
	names := []string{
		0: "incomplete", 1: "pending", 2: "shipped", 3: "partially_shipped", 4: "refunded",
		5: "cancelled", 6: "declined", 7: "awaiting_payment", 8: "awaiting_pickup",
		9: "awaiting_shipment", 10: "complete", 11: "awaiting_fulfillment",
		12: "manual_verification_required", 13: "disputed", 14: "partially_refunded",
	}
	rules := make([]StatusRule, len(names))
	for id, name := range names {
		invalid := id == 0 || id == 1 || id == 5 || id == 6 || id == 7
		rules[id] = StatusRule{StatusID: &id, Status: name, IsValid: !invalid, Send: id != StatusIncomplete}
	}
	return rules
}

// FieldError names one bad field of a request.
type FieldError struct {
	Field   string `json:"field"`
	Code    string `json:"code"` // required, invalid, unknown, too_long
	Message string `json:"message"`
}

func (e FieldError) Error() string { return e.Field + ": " + e.Message }

// ValidationError lists every bad field at once.
type ValidationError []FieldError

func (v ValidationError) Error() string {
	parts := make([]string, len(v))
	for i, e := range v {
		parts[i] = e.Error()
	}
	return strings.Join(parts, "; ")
}

var (
	codePattern   = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	prefixPattern = regexp.MustCompile(`^[A-Za-z0-9_.:-]{0,32}$`)
	// Not optin:sms and double_optin:sms, which start a double opt-in (Ometria,
	// SMS double opt-in).
	collectionPattern = regexp.MustCompile(`^[A-Za-z0-9_.-]{0,64}$`)
)

// NormalizeIdentificationCode trims the code. It enters shoppers' pages, so
// only [A-Za-z0-9_-]+ passes Validate.
func NormalizeIdentificationCode(code string) string { return strings.TrimSpace(code) }

// Validate checks everything a person chose and returns a ValidationError that
// names each bad field, or nil. The mapping's labels are checked against the
// store elsewhere: that needs a call.
func (c Connection) Validate() error {
	var bad ValidationError
	add := func(field, code, format string, args ...any) {
		bad = append(bad, FieldError{Field: field, Code: code, Message: fmt.Sprintf(format, args...)})
	}
	if c.AuthenticationID == "" {
		add("authentication_id", "required", "name the authentication to use")
	}
	switch {
	case c.IdentificationCode == "":
		add("identification_code", "required", "enter the identification code that Ometria gave you")
	case !codePattern.MatchString(c.IdentificationCode):
		add("identification_code", "invalid", "use letters, digits, - and _ only, at most 64")
	}
	if c.Timezone == "" {
		add("timezone", "required", "enter an IANA time zone such as Europe/London")
	} else if _, err := time.LoadLocation(c.Timezone); err != nil || c.Timezone == "Local" {
		add("timezone", "invalid", "%q is not an IANA time zone such as Europe/London", c.Timezone)
	}
	if c.BulkSyncStartDate != "" {
		if _, err := time.Parse(time.DateOnly, c.BulkSyncStartDate); err != nil {
			add("bulk_sync_start_date", "invalid", "%q is not a date in the form YYYY-MM-DD", c.BulkSyncStartDate)
		}
	}
	if utf8.RuneCountInString(c.Name) > 200 {
		add("name", "too_long", "use at most 200 characters")
	}
	if !prefixPattern.MatchString(c.Settings.IDPrefix) {
		add("settings.id_prefix", "invalid", "use letters, digits and . : _ - only, at most 32")
	}
	chosen := map[string]string{
		"settings.variant_id": c.Settings.VariantID, "settings.history_consent": c.Settings.HistoryConsent,
		"settings.discount": c.Settings.Discount, "settings.test_orders": c.Settings.TestOrders,
		"settings.archived_orders": c.Settings.ArchivedOrders, "settings.script_consent": c.Settings.ScriptConsent,
	}
	for _, choice := range Choices() {
		if value := chosen[choice.Name]; value != "" && !slices.Contains(choice.Values, value) {
			add(choice.Name, "invalid", "use %s, or leave it out", strings.Join(choice.Values, " or "))
		}
	}
	for _, name := range []struct{ field, value string }{
		{"customers_collection", c.Settings.CustomersCollection},
		{"subscribers_collection", c.Settings.SubscribersCollection},
	} {
		if !collectionPattern.MatchString(name.value) {
			add("settings."+name.field, "invalid", "use letters, digits and . _ - only, at most 64")
		}
	}
	if c.Settings.CustomersIn() == c.Settings.SubscribersIn() {
		add("settings.subscribers_collection", "invalid", "customers and subscribers are numbered apart: use two collections")
	}
	bad = append(bad, CheckStatusRules(c.StatusMapping)...)
	if len(bad) > 0 {
		return bad
	}
	return nil
}

// CheckStartDate holds a start date (YYYY-MM-DD) that is being chosen to the
// present: one that lies after tomorrow in every time zone is mistyped. One that
// was chosen earlier is past or as good as past. Text that is no date passes.
func CheckStartDate(date string, now time.Time) (bad ValidationError) {
	const firstZone = 14 * time.Hour // UTC+14, where a day begins first
	day, err := time.Parse(time.DateOnly, date)
	if err == nil && day.After(now.UTC().Add(firstZone+24*time.Hour)) {
		bad = append(bad, FieldError{
			Field: "bulk_sync_start_date", Code: "invalid", Message: "lies in the future: use today or an earlier day, or leave it out for everything",
		})
	}
	return bad
}

// Since returns the first moment that history covers: midnight of the start
// date in the connection's time zone, or the zero time for everything.
func (c Connection) Since() (time.Time, error) { return StartOf(c.BulkSyncStartDate, c.Timezone) }

// StartOf returns midnight of date (YYYY-MM-DD) in an IANA time zone, or the
// zero time for an empty date.
func StartOf(date, timezone string) (time.Time, error) {
	if date == "" {
		return time.Time{}, nil
	}
	loc, err := time.LoadLocation(timezone)
	if err != nil {
		return time.Time{}, fmt.Errorf("load time zone %q: %w", timezone, err)
	}
	t, err := time.ParseInLocation(time.DateOnly, date, loc)
	if err != nil {
		return time.Time{}, fmt.Errorf("parse date %q: use YYYY-MM-DD", date)
	}
	return t, nil
}
