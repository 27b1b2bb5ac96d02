package mapping_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/mapping"
	"github.com/ometria/ometria-bigcommerce/ometria"
)

var connectedAt = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// shop is a context as most tests want it.
func shop(change ...func(*mapping.Context)) mapping.Context {
	ctx := mapping.Context{
		Store: connection.StoreInfo{Name: "Tide & Twine", Domain: "tideandtwine.test", SecureURL: "https://tideandtwine.test",
			Currency: "GBP", Country: "GB"},
		ConnectedAt: connectedAt, SendHistoryConsent: true,
		Brands: map[int64]string{7: "Harbour"},
		Categories: map[int64]mapping.Category{20: {ID: 20, Name: "Ropes"}, 21: {ID: 21, Name: "Knots & Ties"},
			30: {ID: 30, Name: "Shop"}, 31: {ID: 31, ParentID: 30, Name: "Men"}, 32: {ID: 32, ParentID: 31, Name: "Shoes"}},
		Groups:         map[int64]string{3: "Trade"},
		Attributes:     map[int64]string{1: "Loyalty Tier"},
		PasswordFields: map[string]bool{"Club password": true},
	}
	for _, c := range change {
		c(&ctx)
	}
	return ctx
}

func money(text string) bigcommerce.Money {
	return bigcommerce.NewMoney(decimal.RequireFromString(text))
}

func at(text string) bigcommerce.Timestamp {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return bigcommerce.NewTimestamp(t)
}

// specsDir is the folder of the official specs, which are no part of the project.
func specsDir() (dir string, present bool) {
	if dir = os.Getenv("OBC_SPECS"); dir == "" {
		dir = filepath.Join("..", "..", "shared", "specs")
	}
	_, err := os.Stat(filepath.Join(dir, "ometria"))
	return dir, err == nil
}

func specs(t testing.TB) string {
	t.Helper()
	dir, present := specsDir()
	if !present {
		t.Skip("the official specs are absent: set OBC_SPECS to their folder; records are not held to Ometria's schemas")
	}
	return dir
}

type schemas struct {
	whole, root map[ometria.Type]*jsonschema.Schema
}

var compiled = sync.OnceValues(func() (schemas, error) {
	s := schemas{map[ometria.Type]*jsonschema.Schema{}, map[ometria.Type]*jsonschema.Schema{}}
	dir, _ := specsDir()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	for _, typ := range []ometria.Type{ometria.TypeContact, ometria.TypeOrder, ometria.TypeProduct} {
		file, err := filepath.Abs(filepath.Join(dir, "ometria", string(typ)+".schema.json"))
		if err != nil {
			return s, err
		}
		if s.root[typ], err = compiler.Compile(file); err != nil {
			return s, err
		}
		if s.whole[typ], err = compiler.Compile(file + "#/$defs/whole"); err != nil {
			return s, err
		}
	}
	return s, nil
})

// tester is what valid needs of a *testing.T or a *rapid.T.
type tester interface {
	require.TestingT
	Helper()
}

// valid holds every record to Ometria's schema: whole ones to the stricter
// form, partial ones (something gone) to the root. Where the specs are absent
// it checks what needs none.
func valid(t tester, records []ometria.Record) {
	t.Helper()
	seen := map[ometria.Key]bool{}
	for _, record := range records {
		data, err := ometria.Encode(record)
		require.NoError(t, err)
		require.False(t, seen[record.Key()], "%s twice", record.Key())
		seen[record.Key()] = true
		var properties ometria.Properties
		whole := true
		switch r := record.(type) {
		case *ometria.Contact:
			whole, properties = r.Email != "", r.Properties
			require.True(t, r.Merge)
			require.True(t, r.MarketingOptin == "" || r.CustomerID == "", "a customer is no subscriber")
		case *ometria.Order:
			whole = r.GrandTotal != nil
			require.NotEqual(t, whole, r.Merge)
		case *ometria.Product:
			whole, properties = r.Title != "", r.Properties
			require.NotEqual(t, whole, r.Merge)
		}
		if properties != nil {
			encoded, err := json.Marshal(properties)
			require.NoError(t, err)
			plain := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(encoded))
			require.Less(t, len(plain), ometria.MaxPropertiesBytes)
		}
		if _, present := specsDir(); !present {
			continue // TestSchemasAreThere says so
		}
		all, err := compiled()
		require.NoError(t, err)
		schema := all.root[record.Type()]
		if whole {
			schema = all.whole[record.Type()]
		}
		instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		require.NoError(t, err)
		require.NoError(t, schema.Validate(instance), "%s", data)
	}
}

// only is the one record of a result that was neither skipped nor rejected.
func only[T ometria.Record](t *testing.T, r mapping.Result) T {
	t.Helper()
	require.Nil(t, r.Skip)
	require.Nil(t, r.Reject)
	require.Len(t, r.Records, 1)
	valid(t, r.Records)
	record, ok := r.Records[0].(T)
	require.True(t, ok, "%T", r.Records[0])
	return record
}

func TestSchemasAreThere(t *testing.T) {
	specs(t)
	all, err := compiled()
	require.NoError(t, err)
	guest, err := jsonschema.UnmarshalJSON(strings.NewReader(`{"@type":"contact","@collection":"c","id":"a@b.test","email":"a@b.test"}`))
	require.NoError(t, err)
	require.Error(t, all.whole[ometria.TypeContact].Validate(guest), "the stricter form is the one compiled")
	require.NoError(t, all.root[ometria.TypeContact].Validate(guest))
}

func amountOf(t *testing.T, a *ometria.Amount) string {
	t.Helper()
	require.NotNil(t, a)
	return a.String()
}
