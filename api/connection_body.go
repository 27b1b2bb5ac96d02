package api

import (
	"slices"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// statusRuleBody is a status rule as a person writes it. What it leaves out
// keeps the built-in meaning of its status.
type statusRuleBody struct {
	StatusID *int   `json:"status_id"`
	Label    string `json:"label"`
	Status   string `json:"status"`
	IsValid  *bool  `json:"is_valid"`
	Send     *bool  `json:"send"`
}

func plainRules(bodies []statusRuleBody) []connection.StatusRule {
	rules := make([]connection.StatusRule, len(bodies))
	for i, b := range bodies {
		rules[i] = connection.StatusRule{StatusID: b.StatusID, Label: b.Label, Status: b.Status}
	}
	return rules
}

// fillRules completes resolved rules from what the bodies say and, where they
// are silent, from the built-in meaning of the status.
func fillRules(rules []connection.StatusRule, bodies []statusRuleBody) {
	builtIn := connection.DefaultStatusRules()
	for i := range rules {
		rule := &rules[i]
		if id := rule.StatusID; id != nil && *id >= 0 && *id < len(builtIn) {
			rule.IsValid, rule.Send = builtIn[*id].IsValid, builtIn[*id].Send
		}
		if bodies[i].IsValid != nil {
			rule.IsValid = *bodies[i].IsValid
		}
		if bodies[i].Send != nil {
			rule.Send = *bodies[i].Send
		}
	}
}

type connectionBody struct {
	Name               string                      `json:"name"`
	AuthenticationID   connection.AuthenticationID `json:"authentication_id"`
	IdentificationCode string                      `json:"identification_code"`
	BulkSyncStartDate  string                      `json:"bulk_sync_start_date"`
	Timezone           string                      `json:"timezone"`
	OrderStatusMapping []statusRuleBody            `json:"order_status_mapping"`
	Settings           connection.Settings         `json:"settings"`
}

func (b connectionBody) connection() connection.Connection {
	return connection.Connection{
		Name: b.Name, AuthenticationID: b.AuthenticationID,
		IdentificationCode: connection.NormalizeIdentificationCode(b.IdentificationCode),
		BulkSyncStartDate:  b.BulkSyncStartDate, Timezone: b.Timezone,
		StatusMapping: plainRules(b.OrderStatusMapping), Settings: b.Settings,
	}
}

func (b connectionBody) validate() connection.ValidationError {
	return append(validation(b.connection()), connection.CheckStartDate(b.BulkSyncStartDate, time.Now())...)
}

func validation(c connection.Connection) connection.ValidationError {
	bad, _ := c.Validate().(connection.ValidationError)
	return bad
}

// changeBody changes what it names and leaves the rest: settings by their own
// fields, the mapping as a whole.
type changeBody struct {
	Name               optional[string]              `json:"name"`
	IdentificationCode optional[string]              `json:"identification_code"`
	BulkSyncStartDate  optional[string]              `json:"bulk_sync_start_date"`
	Timezone           optional[string]              `json:"timezone"`
	OrderStatusMapping optional[[]statusRuleBody]    `json:"order_status_mapping"`
	Settings           optional[connection.Settings] `json:"settings"`
}

func (b changeBody) validate() connection.ValidationError {
	return append(connection.CheckStartDate(b.BulkSyncStartDate.Value, time.Now()), connection.CheckStatusRules(plainRules(b.OrderStatusMapping.Value))...)
}

// apply returns c changed; a new mapping still has its labels to resolve.
func (b changeBody) apply(c connection.Connection) connection.Connection {
	set := func(field *string, o optional[string]) {
		if o.Set {
			*field = o.Value
		}
	}
	set(&c.Name, b.Name)
	set(&c.IdentificationCode, b.IdentificationCode)
	set(&c.BulkSyncStartDate, b.BulkSyncStartDate)
	set(&c.Timezone, b.Timezone)
	if b.OrderStatusMapping.Set {
		c.StatusMapping = plainRules(b.OrderStatusMapping.Value)
	}
	c.Settings = b.Settings.onto(c.Settings)
	return c
}

// resyncWanted says whose history in Ometria no longer is what the connection
// would send, in the order of a bulk sync.
func resyncWanted(before, after connection.Connection) []connection.Entity {
	wanted := map[connection.Entity]bool{}
	want := func(changed bool, entities ...connection.Entity) {
		for _, e := range entities {
			wanted[e] = wanted[e] || changed
		}
	}
	old, new := before.Settings, after.Settings
	want(before.IdentificationCode != after.IdentificationCode || old.IDPrefix != new.IDPrefix, connection.Entities()...)
	want(before.Timezone != after.Timezone || before.BulkSyncStartDate != after.BulkSyncStartDate,
		connection.Customers, connection.Subscribers, connection.Orders)
	want(!slices.EqualFunc(before.StatusMapping, after.StatusMapping, sameRule), connection.Orders)
	want(old.RawVariantIDs() != new.RawVariantIDs(), connection.Products, connection.Orders)
	want(old.ParentID != new.ParentID, connection.Products)
	negative := func(s connection.Settings) bool { return s.Discount == connection.DiscountNegative }
	testOrders := func(s connection.Settings) bool { return s.TestOrders == connection.TestOrdersSend }
	archived := func(s connection.Settings) bool { return s.ArchivedOrders == connection.ArchivedOrdersKeep }
	want(negative(old) != negative(new) || testOrders(old) != testOrders(new) || archived(old) != archived(new), connection.Orders)
	want(old.CustomersIn() != new.CustomersIn(), connection.Customers)
	want(old.SubscribersIn() != new.SubscribersIn(), connection.Subscribers)
	want(old.HistoryConsent != new.HistoryConsent || old.ForceOptin != new.ForceOptin, connection.Subscribers)
	list := []connection.Entity{}
	for _, e := range connection.Entities() {
		if wanted[e] {
			list = append(list, e)
		}
	}
	return list
}

// sameRule leaves labels out: ids are what counts.
func sameRule(a, b connection.StatusRule) bool {
	return a.Status == b.Status && a.IsValid == b.IsValid && a.Send == b.Send &&
		(a.StatusID == nil) == (b.StatusID == nil) && (a.StatusID == nil || *a.StatusID == *b.StatusID)
}

// scriptWanted reports whether something changed that the script in the
// storefront names or hangs on.
func scriptWanted(before, after connection.Connection) bool {
	return before.IdentificationCode != after.IdentificationCode ||
		before.Settings.IDPrefix != after.Settings.IDPrefix ||
		before.Settings.RawVariantIDs() != after.Settings.RawVariantIDs() ||
		before.Settings.PageCalls != after.Settings.PageCalls ||
		before.Settings.ScriptConsent != after.Settings.ScriptConsent
}
