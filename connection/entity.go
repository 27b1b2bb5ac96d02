package connection

import (
	"fmt"
	"strconv"
	"strings"
)

// Entity is a kind of record that is synced. The four words are the same in
// code, API, page, logs, workflow ids and database.
type Entity string

// The entities, in the order in which history is imported: orders name
// products and contacts, so those come first.
const (
	Products    Entity = "products"
	Customers   Entity = "customers"
	Subscribers Entity = "subscribers"
	Orders      Entity = "orders"
)

// Entities lists every entity in the order of a bulk sync.
func Entities() []Entity { return []Entity{Products, Customers, Subscribers, Orders} }

// Valid reports whether e is one of the four entities.
func (e Entity) Valid() bool {
	switch e {
	case Products, Customers, Subscribers, Orders:
		return true
	}
	return false
}

// ParseEntity returns the entity named s, or an error that names the choices.
func ParseEntity(s string) (Entity, error) {
	if e := Entity(s); e.Valid() {
		return e, nil
	}
	return "", fmt.Errorf("unknown entity %q: use customers, subscribers, orders or products", s)
}

// RecordID is BigCommerce's number of a record. On the wire (API, workflow
// ids, inputs) it is a decimal string.
type RecordID int64

func (id RecordID) String() string { return strconv.FormatInt(int64(id), 10) }

// MarshalText writes the decimal string.
func (id RecordID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads a decimal string.
func (id *RecordID) UnmarshalText(text []byte) error {
	parsed, err := ParseRecordID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

// ParseRecordID reads a positive decimal number as BigCommerce hands them out.
func ParseRecordID(s string) (RecordID, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("record id %q is not a positive whole number", s)
	}
	return RecordID(n), nil
}

// RecordKey names one record of one connection.
type RecordKey struct {
	ConnectionID ID
	Entity       Entity
	RecordID     RecordID
}

func (k RecordKey) String() string {
	return fmt.Sprintf("%s/%s/%s", k.ConnectionID, k.Entity, k.RecordID)
}
