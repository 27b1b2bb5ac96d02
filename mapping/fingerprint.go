package mapping

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"time"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
)

// Fingerprint is the HMAC-SHA256, under the connection's key, of everything the
// mapping is given for one record: the source, the names it refers to, the
// settings, the mapping's version and the Ometria account. Equal fingerprints
// mean equal records, so a sweep need not push. What the past adds (consents
// seen, variants pushed) changes with the source alone and takes no part. It is
// nil when the source has no JSON form, which equals nothing.
//
// Sources are what the mapping of the entity takes: a Customer, a Subscriber,
// an Order and its []Refund, or a Product.
func Fingerprint(key []byte, account string, ctx Context, source ...any) []byte {
	given := struct {
		Version        int
		Account        string
		Settings       connection.Settings
		Store          connection.StoreInfo
		ConnectedAt    int64
		Since          int64
		HistoryConsent bool
		Names          map[string]string // encoding/json sorts the keys
		Rule           *connection.StatusRule
		Source         []any
	}{
		Version: Version, Account: account, Settings: ctx.Settings, Store: ctx.Store,
		Names: map[string]string{}, Source: concerned(source),
	}
	// These are the storefront script's: no record depends on them.
	given.Settings.PageCalls, given.Settings.ScriptConsent = false, ""
	contact := func() {
		given.ConnectedAt, given.Since = unix(ctx.ConnectedAt), unix(ctx.Since)
	}
	for _, s := range source {
		for _, f := range MerchantFields(s, ctx) {
			given.Names["key "+string(f.Kind)+" "+f.Name] = ctx.Keys[f.FieldID]
		}
		switch s := s.(type) {
		case bigcommerce.Customer:
			contact()
			given.Names["group"] = ctx.Groups[s.CustomerGroupID]
			for _, a := range s.Attributes {
				given.Names["attribute "+recordID(connection.Settings{}, a.AttributeID)] = ctx.Attributes[a.AttributeID]
			}
			for _, f := range s.FormFields {
				if ctx.PasswordFields[f.Name] {
					given.Names["password "+f.Name] = "yes"
				}
			}
		case bigcommerce.Subscriber:
			contact()
			given.HistoryConsent = ctx.SendHistoryConsent
		case bigcommerce.Order:
			contact()
			rule, _ := statusRule(s, ctx.StatusRules)
			given.Rule = &rule
		case bigcommerce.Product:
			given.Names["brand"] = ctx.Brands[s.BrandID]
			for _, id := range categoryPaths(s.Categories, ctx) {
				given.Names["category "+recordID(connection.Settings{}, id)] = ctx.Categories[id].Name
			}
		}
	}
	mac := hmac.New(sha256.New, key)
	if json.NewEncoder(mac).Encode(given) != nil {
		return nil
	}
	return mac.Sum(nil)
}

// concerned drops what the mapping would pass over: other orders' refunds, and
// the difference between no list and an empty one.
func concerned(source []any) []any {
	var order int64
	out := make([]any, 0, len(source))
	for _, s := range source {
		if o, ok := s.(bigcommerce.Order); ok {
			order = o.ID
		}
	}
	for _, s := range source {
		refunds, ok := s.([]bigcommerce.Refund)
		if !ok {
			out = append(out, s)
			continue
		}
		refunds = slices.DeleteFunc(slices.Clone(refunds), func(r bigcommerce.Refund) bool { return r.OrderID != order })
		slices.SortStableFunc(refunds, func(a, b bigcommerce.Refund) int { return cmp.Compare(a.ID, b.ID) })
		if len(refunds) > 0 {
			out = append(out, refunds)
		}
	}
	return out
}

// unix drops the location and the monotonic reading, which differ between a
// time read from the clock and the same one read from the database.
func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
