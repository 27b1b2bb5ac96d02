package mapping

import (
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

// Gone makes what is pushed for a record that is gone from BigCommerce: Ometria
// knows no deletion, so it is taken out of use by its id, and the rest of what
// Ometria holds is kept. A record never pushed needs nothing. Nothing is sent
// for a customer: deleting an account is no opt-out.
func Gone(e connection.Entity, id connection.RecordID, ctx Context, prev connection.RecordState) Result {
	result := Result{State: prev}
	if !prev.Exists {
		return result
	}
	ours := recordID(ctx.Settings, int64(id))
	switch e {
	case connection.Products:
		result.Records = append(result.Records, inactive(ours))
		for _, child := range prev.AllChildren() {
			result.Records = append(result.Records, inactive(variantID(ctx.Settings, int64(id), child)))
		}
		result.State.Children, result.State.MayChildren = nil, nil
	case connection.Orders:
		// BigCommerce deletes no order, it archives (Orders v2).
		if ctx.Settings.ArchivedOrders == connection.ArchivedOrdersKeep {
			break
		}
		result.Records = append(result.Records, &ometria.Order{ID: ours, Merge: true, IsValid: new(false)})
	case connection.Subscribers:
		if prev.ConsentSeen != connection.ConsentYes && prev.MayConsent != connection.ConsentYes {
			break
		}
		// The row is gone and with it the time: Ometria takes its own.
		result.Records = append(result.Records, &ometria.Contact{
			Collection: ctx.Settings.SubscribersIn(), Merge: true, ID: ours,
			MarketingOptin: ometria.OptedOut, ForceOptin: ctx.Settings.ForceOptin,
		})
		result.State.ConsentBefore = prev.ConsentSeen
		result.State.ConsentSeen, result.State.ConsentSent = connection.ConsentOut, connection.ConsentOut
		result.State.MayConsent = connection.ConsentUnknown
	}
	return result
}
