package mapping_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
)

// A sweep never pushes what a fingerprint leaves out, and pushes a whole store
// for what it holds in vain.
func TestFingerprintHoldsEverySettingOfRecords(t *testing.T) {
	ofScript := map[string]bool{"PageCalls": true, "ScriptConsent": true}
	print := func(s connection.Settings) []byte {
		return mapping.Fingerprint([]byte("key"), "account", shop(func(c *mapping.Context) { c.Settings = s }), order())
	}
	fields := reflect.TypeFor[connection.Settings]()
	for i := range fields.NumField() {
		var s connection.Settings
		switch value := reflect.ValueOf(&s).Elem().Field(i); value.Kind() {
		case reflect.String:
			value.SetString("other")
		case reflect.Bool:
			value.SetBool(true)
		default:
			require.Fail(t, "a setting of another kind", fields.Field(i).Name)
		}
		name := fields.Field(i).Name
		if ofScript[name] {
			assert.Equal(t, print(connection.Settings{}), print(s), name)
		} else {
			assert.NotEqual(t, print(connection.Settings{}), print(s), name)
		}
	}
}

func TestFingerprintHoldsWhatIsAboveTheRecord(t *testing.T) {
	shoes := product(func(p *bigcommerce.Product) { p.Categories = []int64{32} })
	subscriber := bigcommerce.Subscriber{ID: 1, Email: "a@example.com", Consents: yes}
	for _, c := range []struct {
		name   string
		source any
		change func(*mapping.Context)
	}{
		{"a category above was renamed", shoes, func(c *mapping.Context) { c.Categories[30] = mapping.Category{ID: 30, Name: "All"} }},
		{"a category above was moved", shoes, func(c *mapping.Context) {
			c.Categories[31] = mapping.Category{ID: 31, ParentID: 20, Name: "Men"}
		}},
		{"history begins elsewhere", subscriber, func(c *mapping.Context) { c.Since = time.Unix(1, 0) }},
		{"connected at another time", subscriber, func(c *mapping.Context) { c.ConnectedAt = time.Unix(1, 0) }},
		{"consents of history are sent or not", subscriber, func(c *mapping.Context) { c.SendHistoryConsent = false }},
	} {
		print := func(change ...func(*mapping.Context)) []byte {
			return mapping.Fingerprint([]byte("key"), "account", shop(change...), c.source)
		}
		assert.NotEqual(t, print(), print(c.change), c.name)
	}
}
