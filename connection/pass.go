package connection

import "time"

// PassKind says how a pass looks through a store.
type PassKind string

// The kinds of passes.
const (
	FastPass PassKind = "fast" // what date_modified tells has changed; with each Reconcile
	FullPass PassKind = "full" // everything, for what no date and no webhook tells; with Sweep
)

// PassCounts are what one pass found of one entity.
type PassCounts struct {
	Looked   int64 `json:"looked"`   // records read
	Differed int64 `json:"differed"` // from what Ometria holds, and pushed
	Gone     int64 `json:"gone"`     // held by Ometria and not in the store's list
}

// Findings are what the last passes of a kind found.
type Findings struct {
	At       time.Time
	Hooks    int64 // mended, with a fast pass
	Script   bool  // mended, with a fast pass
	Entities map[Entity]PassCounts
}

// ReasonMassDeletion is why a record waits that BigCommerce says is gone or
// opted out: too many are at once.
const ReasonMassDeletion = "mass_deletion"

// MassDeletionText is what stands beside ReasonMassDeletion.
const MassDeletionText = "gone from BigCommerce or opted out together with many others: an admin confirms or discards the connection's deletions"

// Attention codes of passes.
const (
	MassDeletion         = "mass_deletion"          // deletions or opt-outs are held until an admin decides
	WebhookDomainBlocked = "webhook_domain_blocked" // BigCommerce holds deliveries to our domain back
)
