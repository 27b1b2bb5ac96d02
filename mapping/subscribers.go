package mapping

import (
	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

// Subscriber makes the contact of a newsletter subscriber. marketing_optin is
// sent only on first sight or after an observed change: people also unsubscribe
// inside Ometria, which BigCommerce never learns, and a stale opt-in would undo
// that.
func Subscriber(s bigcommerce.Subscriber, ctx Context, prev connection.RecordState) Result {
	if s.ID <= 0 {
		return reject(prev, "id", "the subscriber has no id")
	}
	if ctx.beforeStart(s.DateCreated.Time, s.DateModified.Time, prev) {
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

// consent decides what the contact says of newsletters, and returns the state
// after the push.
func consent(contact *ometria.Contact, s bigcommerce.Subscriber, ctx Context, prev connection.RecordState) connection.RecordState {
	state := connection.RecordState{
		Exists: true, ConsentSeen: prev.ConsentSeen, ConsentSent: prev.ConsentSent, ConsentBefore: prev.ConsentSeen,
	}
	// Rows of before the connection are history; so is everything when its
	// moment is unknown.
	history := ctx.ConnectedAt.IsZero() || s.DateCreated.IsZero() || s.DateCreated.Before(ctx.ConnectedAt)
	optedIn := s.OptedIn()

	switch prev.ConsentSeen {
	case connection.ConsentUnknown: // first sight
		if !optedIn {
			// Never opted in, or opted out: nobody can tell.
			state.ConsentSeen = connection.ConsentNo
			break
		}
		state.ConsentSeen = connection.ConsentYes
		if history && !ctx.SendHistoryConsent {
			break
		}
		contact.MarketingOptin = ometria.OptedIn
		if !history {
			// It fires the welcome campaign, so never for history.
			contact.TimestampSubscribed = moment(s.DateCreated.Time)
		}
	case connection.ConsentYes:
		if !optedIn {
			state.ConsentSeen = connection.ConsentOut
			contact.MarketingOptin = ometria.OptedOut
			contact.TimestampUnsubscribed = moment(s.DateModified.Time)
		}
	default: // no, or opted out
		if optedIn {
			state.ConsentSeen = connection.ConsentYes
			contact.MarketingOptin = ometria.OptedIn
			contact.TimestampSubscribed = moment(s.DateModified.Time)
		}
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
