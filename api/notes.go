package api

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/inspect"
)

// noteView is a note of a record, in words as well.
type noteView struct {
	connection.Note
	Text string `json:"text"`
}

func viewNotes(notes []connection.Note) []noteView {
	views := make([]noteView, len(notes))
	for i, n := range notes {
		views[i] = noteView{n, noteText(n)}
	}
	return views
}

// noteText says what a note means. One that is not known here is shown by its
// code, key and source alone.
func noteText(n connection.Note) string {
	switch n.Code {
	case "unmapped_status":
		return fmt.Sprintf("order status %s is none of BigCommerce's (0 to 14): the order is sent as invalid until its status is one of them", n.Key)
	case "key_collision":
		return fmt.Sprintf("%q is sent as %s, because another name makes the same key", n.Source, n.Key)
	case "key_left_out":
		return fmt.Sprintf("%q (%s) is left out: the record's properties have no room for it", n.Source, n.Key)
	case "no_key":
		return fmt.Sprintf("%q has no letter or digit to make a key of: it is not sent", n.Source)
	case "password_field":
		return fmt.Sprintf("%q is a form field of type password: it is never sent", n.Source)
	case "unknown_category":
		return fmt.Sprintf("category %s has no name in the store: it is not sent", n.Key)
	case "unknown_brand":
		return fmt.Sprintf("brand %s has no name in the store: it is not sent", n.Key)
	case "no_product_page":
		return "the product has no page of its own: the store's address is sent as its URL"
	case "refund_not_on_line":
		return "something beside the lines was refunded (shipping, a fee or a bare amount): it shows in no line"
	case noteOptinNever:
		return "marketing_optin is not sent: BigCommerce shows no consent to newsletters, nor was one seen before"
	case noteOptinSent:
		return "marketing_optin is not sent: it was sent before, and the consent has not changed since"
	case noteOptinWithheld:
		return "marketing_optin is not sent: the consent is from before the connection was made, and goes by settings.history_consent"
	case "trimmed":
		return fmt.Sprintf("%s is shortened or left out: the record is too large for Ometria", n.Key)
	}
	return ""
}

// actionOn says what a person does about a reason or a warning; "" where its
// own text says all there is to say.
func actionOn(r connection.Reason) string {
	switch r.Code {
	case connection.ReasonRefused:
		if !namesField(r) {
			return "retry it; if it is refused again, give Ometria the request id that its story names"
		}
		return "mend the named field in BigCommerce, which syncs the record by itself, or retry it"
	case connection.ReasonTooLarge:
		return "shorten the record's custom fields and texts in BigCommerce"
	case connection.ReasonInvalidEmail:
		return "mend the e-mail address in BigCommerce"
	case connection.ReasonUnmappable:
		return "mend the named field in BigCommerce; if it is right there, tell those who maintain this service"
	case connection.ReasonGaveUp:
		return "see the story of one of them for the last error, then retry it"
	case "unmapped_status":
		return "look at the order in BigCommerce: it is sent as invalid until its status is one of BigCommerce's, 0 to 14"
	case "key_collision":
		return "create the key in Ometria under this name, or rename one of the fields in BigCommerce"
	case "key_left_out":
		return "remove fields in BigCommerce that Ometria does not need; connections fields counts them"
	case "no_key", "too_many_fields":
		return "rename the field in BigCommerce"
	case "unknown_category", "unknown_brand":
		return "nothing, if it was just made: the next full pass sends it; otherwise take it off the product"
	case "trimmed":
		return "shorten the named field in BigCommerce if all of it matters in Ometria"
	case connection.ReasonNotSent:
		return "a rule of order_status_mapping whose send is true sends orders of that status"
	case connection.ReasonTestOrder:
		return "settings.test_orders=send sends such orders"
	case connection.ReasonBeforeStart:
		return "an earlier bulk_sync_start_date, and then a re-sync, sends it"
	}
	return ""
}

// actionOnSome is actionOn where there may be no reason.
func actionOnSome(r *connection.Reason) string {
	if r == nil {
		return ""
	}
	return actionOn(*r)
}

// Codes of notes on a subscriber whose marketing_optin is not sent.
const (
	noteOptinNever    = "optin_never"    // the row shows no consent
	noteOptinSent     = "optin_sent"     // said before, and unchanged
	noteOptinWithheld = "optin_withheld" // history, left out by history_consent
)

// silentOptin says why a previewed subscriber carries no marketing_optin, as
// far as the row and what earlier pushes left behind tell it.
func silentOptin(p inspect.Preview, before connection.RecordState) []connection.Note {
	if slices.ContainsFunc(p.Fields, func(f inspect.PreviewedField) bool { return f.Target == "marketing_optin" }) {
		return nil
	}
	var row bigcommerce.Subscriber
	if json.Unmarshal(p.Source, &row) != nil {
		return nil
	}
	switch {
	case row.OptedIn() && before.ConsentSent != connection.ConsentYes:
		return []connection.Note{{Code: noteOptinWithheld}}
	case row.OptedIn(), before.ConsentSent == connection.ConsentOut:
		return []connection.Note{{Code: noteOptinSent}}
	case before.ConsentSeen == connection.ConsentUnknown, before.ConsentSeen == connection.ConsentNo:
		return []connection.Note{{Code: noteOptinNever}}
	}
	return nil
}

// namesField reports whether a refusal names a field: one of a record as a
// whole names at most the record's type.
func namesField(r connection.Reason) bool {
	switch r.Path {
	case "", "contact", "order", "product":
		return false
	}
	return true
}
