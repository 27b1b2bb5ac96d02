package connection

import "time"

// Outcome is where a record's latest attempt ended.
type Outcome string

// The outcomes.
const (
	Waiting  Outcome = "waiting"  // not pushed yet, or changed since
	Accepted Outcome = "accepted" // Ometria took all of its records
	Rejected Outcome = "rejected" // Ometria or the mapping refused it; see Reason
	Skipped  Outcome = "skipped"  // not for Ometria; see Reason
	Deleted  Outcome = "deleted"  // gone from BigCommerce; left out of counts
)

// Reason says why a record was rejected or skipped. Text never holds a value
// of the record.
type Reason struct {
	Code string `json:"code"`
	Path string `json:"path,omitempty"` // the field at fault, as Ometria names it
	Text string `json:"text"`
}

// Reason codes.
const (
	ReasonRefused       = "refused"         // Ometria refused it
	ReasonTooLarge      = "too_large"       // over 60 KB
	ReasonInvalidEmail  = "invalid_email"   // a contact without an address that Ometria could take
	ReasonNotSent       = "status_not_sent" // the order mapping says not to send this status
	ReasonOtherCurrency = "other_currency"  // paid in another currency than the store's
	ReasonUnmappable    = "unmappable"      // a field no mapping was thought of for
	ReasonGaveUp        = "gave_up"         // three days of retries
	ReasonBeforeStart   = "before_start"    // a contact or order made before the bulk sync start date: one changed after the connection was made is sent, one sent already stays
	ReasonTestOrder     = "test_order"      // paid through the test payment gateway
)

// Consent is what is known of a subscriber's newsletter consent.
type Consent string

// The consents. BigCommerce's empty consents mean never opted in, or opted
// out: only an observed change tells which.
const (
	ConsentUnknown Consent = ""    // never seen
	ConsentNo      Consent = "no"  // seen without marketing_newsletter
	ConsentYes     Consent = "yes" // seen with marketing_newsletter
	ConsentOut     Consent = "out" // seen yes before, no since: opted out
)

// RecordState is what earlier pushes of a record left behind and the mapping
// needs: which variants Ometria knows and which consent it was told.
type RecordState struct {
	// Exists reports whether the record was ever pushed.
	Exists bool `json:"exists,omitempty"`
	// Children are the BigCommerce ids of the variants last pushed as active.
	Children    []int64 `json:"children,omitempty"`
	ConsentSeen Consent `json:"consent_seen,omitempty"`
	ConsentSent Consent `json:"consent_sent,omitempty"`
	// ConsentBefore is what had been seen before the latest push, or
	// ConsentUnknown when that push told a consent for the first time. A push
	// that Ometria refuses later is undone in our memory by going back to it, so
	// that the next one says again what this one said.
	ConsentBefore Consent `json:"consent_before,omitempty"`
	// SentAs is what an order's status was last sent as.
	SentAs *OrderStatus `json:"sent_as,omitempty"`
}

// OrderStatus is an order's status on both sides.
type OrderStatus struct {
	StatusID int64  `json:"status_id"` // BigCommerce's
	Status   string `json:"status"`    // Ometria's, by the order mapping
	IsValid  bool   `json:"is_valid"`  // whether it counts as a sale in Ometria
}

// Undone is the state to remember once Ometria has refused the latest push
// after all.
func (s RecordState) Undone() RecordState {
	if s.ConsentSeen != s.ConsentBefore { // or else the push said nothing of it
		s.ConsentSeen, s.ConsentSent = s.ConsentBefore, ConsentUnknown
	}
	return s
}

// Counts are BigCommerce records of one entity by latest outcome.
// Accepted + Rejected + Skipped + Waiting = Total, always.
type Counts struct {
	Total    int64 `json:"total"`
	Accepted int64 `json:"accepted"`
	Rejected int64 `json:"rejected"`
	Skipped  int64 `json:"skipped"`
	Waiting  int64 `json:"waiting"`
	Deleted  int64 `json:"-"`
}

// EntityProgress is how far one entity's sync has come.
type EntityProgress struct {
	Counts
	Pages     int64      `json:"pages"`
	StartedAt *time.Time `json:"started_at"`
	ETA       *time.Time `json:"eta"`
}

// Progress is every entity's.
type Progress map[Entity]EntityProgress
