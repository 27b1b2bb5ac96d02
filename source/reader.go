package source

import (
	"context"
	"fmt"
	"time"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
)

// Record is one BigCommerce record as it was read.
type Record struct {
	ID       connection.RecordID
	Modified time.Time // date_modified, or zero
	Size     int       // how many Ometria records it becomes at most
	Gone     bool      // from BigCommerce
	Archived bool      // still answered, but no longer in the store's lists
	// Fingerprint is of everything the mapping is given, the same whichever task
	// reads the record; nil equals nothing.
	Fingerprint []byte
	// Source is the record in the client's type; nil when it is gone or could
	// not be read.
	Source any
	// Refunds are an order's, which BigCommerce keeps apart from it.
	Refunds []bigcommerce.Refund
	// Map makes the Ometria records, given what earlier pushes left behind.
	Map func(prev connection.RecordState) mapping.Result
}

// Keys gives the merchant's own fields their property keys, each once for a
// whole connection, and none of reserved. A field that it leaves out has none
// for good. It is asked once a page.
type Keys func(ctx context.Context, id connection.ID, entity connection.Entity, fields []connection.NewField, reserved []string) (map[connection.FieldID]string, error)

// Config is what a Reader needs.
type Config struct {
	Connection connection.Connection
	Shop       *bigcommerce.Client
	// Account names the Ometria account, for fingerprints.
	Account        string
	FingerprintKey []byte
	References     *References
	// CategoryChanges tells which categories changed after a number, and the
	// number up to which these are all; nil, and names of categories are believed
	// until they are old.
	CategoryChanges func(ctx context.Context, id connection.ID, since int64) (changed []int64, asOf int64, err error)
	// Keys, when it is nil, leaves each record's fields to find keys among
	// themselves.
	Keys Keys
	// LeaveOut decides on a record of a page that fails by itself: nil takes the
	// record out of the page and lets the rest go on. Without a LeaveOut every
	// failure is the page's.
	LeaveOut func(ctx context.Context, entity connection.Entity, id int64, cause error) error
}

// Reader reads records of one connection. It is for one task at a time.
type Reader struct {
	config     Config
	shop       *bigcommerce.Client
	connection connection.Connection
	references *References
	context    mapping.Context
	since      time.Time // first moment of history, whatever the task at hand asks for
}

// New returns a Reader, or an error when the connection's start date or time
// zone is none.
func New(config Config) (*Reader, error) {
	c := config.Connection
	since, err := c.Since()
	if err != nil {
		return nil, err
	}
	if config.References == nil {
		config.References = &References{}
	}
	return &Reader{
		config: config, shop: config.Shop, connection: c, references: config.References, since: since,
		context: mapping.Context{
			Settings: c.Settings, StatusRules: c.StatusMapping, Store: c.Store,
			ConnectedAt: c.ConnectedAt(), Since: since, SendHistoryConsent: sendsHistoryConsent(c),
		},
	}, nil
}

// Since moves the first moment of history for the task at hand.
func (r *Reader) Since(since time.Time) { r.context.Since = since }

// Record reads one record's present state. A record that is gone comes back
// with Gone set.
func (r *Reader) Record(ctx context.Context, entity connection.Entity, id connection.RecordID) (Record, error) {
	rows, err := r.Fetch(ctx, entity, int64(id))
	if err != nil {
		return Record{}, err
	}
	record, known, err := r.Bind(ctx, rows, id)
	if err == nil && !known {
		err = fmt.Errorf("read %s: the answer does not tell whether it is gone", entity)
	}
	return record, err
}
