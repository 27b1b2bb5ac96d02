package mapping

import (
	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

// Subscriber makes the contact of a newsletter subscriber. marketing_optin is
// sent only on first sight or after an observed change: people also unsubscribe
// inside Ometria, which BigCommerce never learns, and a stale opt-in would undo
// that. What history_consent held back goes out once the setting is changed.
func Subscriber(s bigcommerce.Subscriber, ctx Context, prev connection.RecordState) Result {
	if s.ID <= 0 {
		return reject(prev, "id", "the subscriber has no id")
	}
	seen := consentSeen(s, prev)
	// A consent that has changed is news, whenever the row was made.
	news := prev.ConsentSeen != connection.ConsentUnknown && prev.ConsentSeen != seen || prev.MayConsent != connection.ConsentUnknown
	if !news && ctx.beforeStart(s.DateCreated.Time, s.DateModified.Time, prev) {
		// Remembered, so that a later change is known for one.
		prev.ConsentSeen = seen
		return skipBeforeStart(prev)
	}
	address := email(s.Email)
	if address == "" {
		return skip(prev, connection.ReasonInvalidEmail, "email", "the subscriber's e-mail address is missing or not valid")
	}
	contact := &ometria.Contact{
		Collection:        ctx.Settings.SubscribersIn(),
		Merge:             true,
		ID:                recordID(ctx.Settings, s.ID),
		Email:             address,
		FirstName:         trim(s.FirstName),
		LastName:          trim(s.LastName),
		TimestampAcquired: moment(s.DateCreated.Time),
		StoreIDs:          ctx.stores(),
	}
	state := consent(contact, s, ctx, prev)
	return trimmed(Result{Records: []ometria.Record{contact}, State: state})
}

// consentSeen is what the row says of newsletters, in the light of what it said
// before: without consent it is of one who never opted in, or who opted out, and
// only having seen the consent tells which.
func consentSeen(s bigcommerce.Subscriber, prev connection.RecordState) connection.Consent {
	switch {
	case s.OptedIn():
		return connection.ConsentYes
	case prev.ConsentSeen == connection.ConsentYes, prev.ConsentSeen == connection.ConsentOut, prev.MayConsent != connection.ConsentUnknown:
		return connection.ConsentOut
	}
	return connection.ConsentNo
}

// consent decides what the contact says of newsletters, and returns the state
// after the push.
func consent(contact *ometria.Contact, s bigcommerce.Subscriber, ctx Context, prev connection.RecordState) connection.RecordState {
	state := connection.RecordState{
		Exists: true, ConsentSeen: consentSeen(s, prev), ConsentSent: prev.ConsentSent, ConsentBefore: prev.ConsentSeen,
	}
	// Rows of before the connection are history; so is everything when its
	// moment is unknown.
	history := ctx.ConnectedAt.IsZero() || s.DateCreated.IsZero() || ctx.beforeConnection(s.DateCreated.Time)
	// A change that was seen happened after the connection was made. An older
	// date is of another edit, and Ometria takes its own time without one.
	changedAt := moment(s.DateModified.Time)
	if ctx.beforeConnection(s.DateModified.Time) {
		changedAt = ometria.Time{}
	}

	// What may have been told, by a push whose end nobody knows, and is not so.
	untrue := prev.MayConsent != connection.ConsentUnknown && prev.MayConsent != state.ConsentSeen

	switch before, now := prev.ConsentSeen, state.ConsentSeen; {
	case untrue && now == connection.ConsentYes:
		contact.MarketingOptin, contact.TimestampSubscribed = ometria.OptedIn, changedAt
	case untrue:
		contact.MarketingOptin, contact.TimestampUnsubscribed = ometria.OptedOut, changedAt
	case now == before && now != connection.ConsentYes, now == connection.ConsentNo:
		// Nothing new, or nothing that anybody can tell.
	case now == connection.ConsentOut:
		contact.MarketingOptin, contact.TimestampUnsubscribed = ometria.OptedOut, changedAt
	case before == connection.ConsentNo, before == connection.ConsentOut:
		contact.MarketingOptin, contact.TimestampSubscribed = ometria.OptedIn, changedAt
	case !history && before == connection.ConsentUnknown:
		contact.MarketingOptin, contact.TimestampSubscribed = ometria.OptedIn, moment(s.DateCreated.Time)
	case (!history || ctx.SendHistoryConsent) && prev.ConsentSent == connection.ConsentUnknown:
		// On first sight, once the setting says so after all, or under another
		// name than before: a row of the second in which the names changed is no
		// history. Never with the time, which fires the welcome campaign.
		contact.MarketingOptin = ometria.OptedIn
		state.ConsentBefore = connection.ConsentUnknown
	}
	switch contact.MarketingOptin {
	case ometria.OptedIn:
		state.ConsentSent = connection.ConsentYes
	case ometria.OptedOut:
		state.ConsentSent = connection.ConsentOut
	}
	contact.ForceOptin = ctx.Settings.ForceOptin && contact.MarketingOptin != ""
	return state
}
