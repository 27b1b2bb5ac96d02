package mapping

import (
	"fmt"
	"time"

	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

// Version of the mapping. It is part of every fingerprint: raise it when the
// same source gives other records, and sweeps push what differs.
const Version = 2

// Context is what a record's mapping depends on besides the record.
type Context struct {
	Settings connection.Settings
	// StatusRules are the merchant's; labels are resolved to ids already. Where
	// they are silent, connection.DefaultStatusRules holds.
	StatusRules []connection.StatusRule
	Store       connection.StoreInfo
	// ConnectedAt is when the connection was made: consents given before it are
	// history, and what changed after it is sent whenever it was created.
	ConnectedAt time.Time
	// Since is the first moment that history covers, or zero for everything.
	Since time.Time
	// SendHistoryConsent reports whether consents of subscribers created before
	// ConnectedAt are sent on first sight.
	SendHistoryConsent bool
	// Names that records refer to by id.
	Brands     map[int64]string
	Categories map[int64]Category
	Groups     map[int64]string // customer groups
	Attributes map[int64]string // customer attributes
	// Keys are the property keys of the merchant's own fields, fixed once for
	// the whole connection: two names that fold to the same key keep theirs
	// whichever of them a record holds. A field without one, as in a mapping
	// outside a connection, gets the plain key or the next number in its record.
	Keys map[connection.FieldID]string
	// PasswordFields names the form fields of type password: never sent.
	PasswordFields map[string]bool
}

// Category is a product category's name and its place in the tree.
type Category struct {
	ID       int64
	ParentID int64 // 0 at the top
	Name     string
}

// Result is what becomes of one record: records to push, or a Skip, or a
// Reject. All of them nil and no records means that nothing is to be sent.
type Result struct {
	Records []ometria.Record
	Skip    *connection.Reason
	Reject  *connection.Reason
	// State is to be kept once every record has been accepted, and after a Skip.
	// After a Reject it is the state that came in.
	State connection.RecordState
	Notes []Note
	// Fields are the merchant's own fields that the record holds, sent or left
	// out.
	Fields []connection.SeenField
}

// Note is something a person may want to know of a mapped record.
type Note = connection.Note

// Note codes.
const (
	NoteUnmappedStatus  = "unmapped_status"    // an order status id without a rule: sent invalid
	NoteKeyCollision    = "key_collision"      // two names make one key: this one got a number
	NoteKeyLeftOut      = "key_left_out"       // no room in the 1,000 bytes of properties
	NoteNoKey           = "no_key"             // a name without any letter or digit
	NotePasswordField   = "password_field"     // a form field of type password, never sent
	NoteUnknownCategory = "unknown_category"   // a category id without a name
	NoteUnknownBrand    = "unknown_brand"      // a brand id without a name
	NoteNoProductPage   = "no_product_page"    // a product without a URL of its own: the store's is sent
	NoteRefundNotOnLine = "refund_not_on_line" // refunded shipping, fees or a bare amount
	NoteTrimmed         = "trimmed"            // too large for Ometria: Key names what was cut or left out
)

func reject(prev connection.RecordState, path, format string, args ...any) Result {
	return Result{
		Reject: &connection.Reason{Code: connection.ReasonUnmappable, Path: path, Text: fmt.Sprintf(format, args...)},
		State:  prev,
	}
}

func skip(prev connection.RecordState, code, path, text string) Result {
	return Result{Skip: &connection.Reason{Code: code, Path: path, Text: text}, State: prev}
}

// beforeStart reports whether a contact or order never pushed lies before the
// start of history: created before Since, and not changed since the connection
// was made.
func (c Context) beforeStart(created, modified time.Time, prev connection.RecordState) bool {
	if prev.Exists || c.Since.IsZero() || created.IsZero() || !created.Before(c.Since) {
		return false
	}
	return c.ConnectedAt.IsZero() || c.beforeConnection(modified)
}

// beforeConnection reports whether t, of which BigCommerce tells whole seconds,
// lies before the connection was made.
func (c Context) beforeConnection(t time.Time) bool {
	return t.Before(c.ConnectedAt.Truncate(time.Second))
}

func skipBeforeStart(prev connection.RecordState) Result {
	return skip(prev, connection.ReasonBeforeStart, "", "created before the bulk sync start date and unchanged since the connection was made")
}
