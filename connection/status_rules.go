package connection

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// StoreStatus is an order status of a store: BigCommerce's name, and the
// merchant's own label.
type StoreStatus struct {
	ID          int64
	Name        string
	CustomLabel string
}

// Label is what the merchant sees.
func (s StoreStatus) Label() string {
	if s.CustomLabel != "" {
		return s.CustomLabel
	}
	return s.Name
}

// CheckStatusRules says what is wrong with an order mapping, by the field
// order_status_mapping[i]. Whether the store has a label takes
// ResolveStatusRules.
func CheckStatusRules(rules []StatusRule) (bad ValidationError) {
	add := func(field, code, format string, args ...any) {
		bad = append(bad, FieldError{Field: field, Code: code, Message: fmt.Sprintf(format, args...)})
	}
	seen := map[int]bool{}
	for i, rule := range rules {
		field := ruleField(i)
		switch {
		case rule.StatusID == nil && rule.Label == "":
			add(field, "required", "name the order status by status_id or label")
		case rule.StatusID != nil && (*rule.StatusID < 0 || *rule.StatusID > LastBuiltInStatus):
			add(field+".status_id", "unknown", "BigCommerce's status ids are 0 to 14")
		case rule.StatusID != nil && seen[*rule.StatusID]:
			add(field+".status_id", "invalid", "status %d is mapped twice", *rule.StatusID)
		case rule.StatusID != nil:
			seen[*rule.StatusID] = true
		}
		if utf8.RuneCountInString(rule.Label) > 200 {
			add(field+".label", "too_long", "use at most 200 characters")
		}
		if utf8.RuneCountInString(rule.Status) > 100 {
			add(field+".status", "too_long", "use at most 100 characters")
		}
	}
	return bad
}

// ResolveStatusRules returns the rules with the status id of each label: by the
// merchant's own label first, then by BigCommerce's name, in any case. A label
// that the store does not have, or that means two statuses, is a bad field.
func ResolveStatusRules(rules []StatusRule, statuses []StoreStatus) ([]StatusRule, ValidationError) {
	resolved := make([]StatusRule, len(rules))
	var bad ValidationError
	for at, rule := range rules {
		resolved[at] = rule
		if rule.StatusID != nil || rule.Label == "" {
			continue
		}
		field := ruleField(at) + ".label"
		switch found := labelled(statuses, rule.Label); len(found) {
		case 1:
			number := int(found[0].ID)
			resolved[at].StatusID = &number
		case 0:
			bad = append(bad, FieldError{
				Field: field, Code: "unknown", Message: fmt.Sprintf("the store has no order status %q; it has %s", rule.Label, labels(statuses)),
			})
		default:
			bad = append(bad, FieldError{
				Field: field, Code: "invalid", Message: fmt.Sprintf("%d order statuses are called %q: use status_id", len(found), rule.Label),
			})
		}
	}
	return resolved, bad
}

func ruleField(at int) string { return fmt.Sprintf("order_status_mapping[%d]", at) }

func labelled(statuses []StoreStatus, label string) []StoreStatus {
	for _, name := range []func(StoreStatus) string{
		func(s StoreStatus) string { return s.CustomLabel },
		func(s StoreStatus) string { return s.Name },
	} {
		var found []StoreStatus
		for _, s := range statuses {
			if strings.EqualFold(strings.TrimSpace(name(s)), strings.TrimSpace(label)) {
				found = append(found, s)
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

func labels(statuses []StoreStatus) string {
	names := make([]string, len(statuses))
	for i, s := range statuses {
		names[i] = s.Label()
	}
	return strings.Join(names, ", ")
}
