package source_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/ometria"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
	"github.com/ometria/ometria-bigcommerce/source"
)

// read opens a reader that shares what others remember.
func (s *shop) read(t *testing.T, change ...func(*source.Config)) *source.Reader {
	t.Helper()
	config := source.Config{
		Connection: connection.Connection{ID: "c", Timezone: "UTC", Store: connection.StoreInfo{Domain: "shop.test", Currency: "USD"}},
		Shop:       s.client, Account: "a", FingerprintKey: []byte("key"),
	}
	for _, c := range change {
		c(&config)
	}
	r, err := source.New(config)
	require.NoError(t, err)
	return r
}

func (s *shop) product(t *testing.T, fields map[string]any) connection.RecordID {
	t.Helper()
	fields["name"], fields["price"] = "Hat", 10
	raw, err := json.Marshal(fields)
	require.NoError(t, err)
	return connection.RecordID(create(t, s, "products", string(raw)))
}

// labels are the brand and categories that a product is sent with.
func labels(t *testing.T, r *source.Reader, id connection.RecordID) []string {
	t.Helper()
	record, err := r.Record(t.Context(), connection.Products, id)
	require.NoError(t, err)
	list := []string{}
	for _, a := range record.Map(connection.RecordState{}).Records[0].(*ometria.Product).Attributes {
		if a.Type == "brand" || a.Type == "category" {
			list = append(list, a.Label)
		}
	}
	return list
}

func withReferences(references *source.References) func(*source.Config) {
	return func(c *source.Config) { c.References = references }
}

// count returns how many of the requests were of a route.
func count(requests []string, route string) (n int) {
	for _, request := range requests {
		if request == route {
			n++
		}
	}
	return n
}

// A brand or category is made, and a product put into it a moment later: what is
// remembered is too old for it.
func TestNewNamesAreReadByTheirIDs(t *testing.T) {
	s := newShop(t)
	references := &source.References{}
	reader := func() *source.Reader { return s.read(t, withReferences(references)) }
	plain := s.product(t, map[string]any{"brand_id": 0, "categories": []int64{}})
	assert.Empty(t, labels(t, reader(), plain))
	s.asked()
	assert.Empty(t, labels(t, reader(), plain))
	assert.Len(t, s.asked(), 1, "names are remembered: the product alone is read")

	brand := create(t, s, "brands", `{"name":"Hatters"}`)
	top := create(t, s, "categories", `{"name":"Clothes","parent_id":0}`)
	middle := create(t, s, "categories", fmt.Sprintf(`{"name":"Headwear","parent_id":%d}`, top))
	leaf := create(t, s, "categories", fmt.Sprintf(`{"name":"Bowlers","parent_id":%d}`, middle))
	id := s.product(t, map[string]any{"brand_id": brand, "categories": []int64{leaf}})
	assert.ElementsMatch(t, []string{"Hatters", "Bowlers", "Headwear", "Clothes"}, labels(t, reader(), id))
	asked := s.asked()
	assert.Equal(t, 1, count(asked, "v3/catalog/brands"))
	assert.Equal(t, 3, count(asked, "v3/catalog/trees/categories"), "one a level")
	assert.ElementsMatch(t, []string{"Hatters", "Bowlers", "Headwear", "Clothes"}, labels(t, reader(), id))
	assert.Len(t, s.asked(), 1)
}

// What was deleted has no name however often one asks.
func TestNamesOfWhatIsDeletedAreLookedForOnce(t *testing.T) {
	s := newShop(t)
	references := &source.References{}
	first := s.product(t, map[string]any{"brand_id": 0, "categories": []int64{}})
	labels(t, s.read(t, withReferences(references)), first)
	id := create(t, s, "brands", `{"name":"Gone"}`)
	category := create(t, s, "categories", `{"name":"Gone","parent_id":0}`)
	product := s.product(t, map[string]any{"brand_id": id, "categories": []int64{category}})
	record, err := s.client.Products.Get(t.Context(), int64(product))
	require.NoError(t, err)
	record.BrandID, record.Categories = 987654, []int64{876543}
	page := bigcommerce.Page[bigcommerce.Product]{Records: []bigcommerce.Product{record}}
	s.asked()
	var prints [][]byte
	for range 3 {
		records, err := s.read(t, withReferences(references)).Products(t.Context(), page)
		require.NoError(t, err)
		prints = append(prints, records[0].Fingerprint)
		notes := records[0].Map(connection.RecordState{}).Notes
		require.Len(t, notes, 2)
	}
	asked := s.asked()
	assert.Equal(t, 1, count(asked, "v3/catalog/brands"))
	assert.Equal(t, 1, count(asked, "v3/catalog/trees/categories"))
	assert.Equal(t, prints[0], prints[1])
}

// A customer is put into a group that was made a moment ago.
func TestNewGroupsAreRead(t *testing.T) {
	s := newShop(t)
	references := &source.References{}
	customer, err := s.client.Customers.ByIDs(t.Context(), s.firstCustomer(t))
	require.NoError(t, err)
	customer.Records[0].CustomerGroupID = 0
	customer.Records[0].Attributes, customer.Records[0].AttributeCount = nil, 0
	bind := func() {
		t.Helper()
		_, err := s.read(t, withReferences(references)).Customers(t.Context(), customer)
		require.NoError(t, err)
	}
	bind()
	s.asked()
	bind()
	assert.Empty(t, s.asked())
	customer.Records[0].CustomerGroupID = 987654
	for range 2 {
		bind()
	}
	assert.Equal(t, 1, count(s.asked(), "v2/customer_groups"), "once, though nobody knows it")
}

func (s *shop) firstCustomer(t *testing.T) int64 {
	t.Helper()
	ids, err := s.server.IDs("customers", 0, 1)
	require.NoError(t, err)
	return ids[0]
}

// A record is the same whichever page it comes with: a fingerprint that
// depended on its neighbours would push it for nothing.
func TestFingerprintsDoNotDependOnThePage(t *testing.T) {
	s := newShop(t)
	prints := func(pages ...[]int64) map[connection.RecordID][]byte {
		t.Helper()
		found := map[connection.RecordID][]byte{}
		r := s.read(t, func(c *source.Config) { c.Keys = alphabetical })
		for _, ids := range pages {
			page, err := s.client.Customers.ByIDs(t.Context(), ids...)
			require.NoError(t, err)
			records, err := r.Customers(t.Context(), page)
			require.NoError(t, err)
			for _, record := range records {
				found[record.ID] = record.Fingerprint
			}
		}
		return found
	}
	ids, err := s.server.IDs("customers", 0, 40)
	require.NoError(t, err)
	together := prints(ids)
	require.Len(t, together, 40)
	backwards := slices.Clone(ids)
	slices.Reverse(backwards)
	apart := prints(slices.Collect(slices.Chunk(backwards, 7))...)
	assert.Equal(t, together, apart)
}

// alphabetical gives every field a key of its own kind.
func alphabetical(_ context.Context, _ connection.ID, _ connection.Entity, fields []connection.NewField, _ []string) (map[connection.FieldID]string, error) {
	keys := map[connection.FieldID]string{}
	for _, f := range fields {
		keys[f.FieldID] = "k_" + strings.ToLower(f.Name[:1]) + "_" + f.Plain
	}
	return keys, nil
}

func TestKeysOfFieldsAreAskedForOnceAPage(t *testing.T) {
	s := newShop(t)
	ids, err := s.server.IDs("customers", 0, 40)
	require.NoError(t, err)
	page, err := s.client.Customers.ByIDs(t.Context(), ids...)
	require.NoError(t, err)
	calls := 0
	r := s.read(t, func(c *source.Config) {
		c.Keys = func(ctx context.Context, id connection.ID, entity connection.Entity, fields []connection.NewField, reserved []string) (map[connection.FieldID]string, error) {
			calls++
			assert.Equal(t, connection.ID("c"), id)
			assert.Equal(t, connection.Customers, entity)
			assert.Contains(t, reserved, "company")
			seen := map[connection.FieldID]bool{}
			for _, f := range fields {
				assert.False(t, seen[f.FieldID], "each once")
				seen[f.FieldID] = true
			}
			keys, err := alphabetical(ctx, id, entity, fields, reserved)
			delete(keys, connection.FieldID{Kind: connection.FormField, Name: "Birthday"}) // no room in the registry
			return keys, err
		}
	})
	records, err := r.Customers(t.Context(), page)
	require.NoError(t, err)
	assert.Equal(t, 1, calls)
	held, withoutKey := 0, 0
	for _, record := range records {
		for _, f := range record.Map(connection.RecordState{}).Fields {
			held++
			switch f.Name {
			case "Birthday":
				withoutKey++
				assert.Equal(t, "birthday", f.Key)
			default:
				assert.True(t, strings.HasPrefix(f.Key, "k_"), f.Key)
			}
		}
	}
	assert.Positive(t, withoutKey)
	assert.Greater(t, held, withoutKey)

	calls = 0
	for i := range page.Records {
		page.Records[i].FormFields, page.Records[i].Attributes, page.Records[i].AttributeCount = nil, nil, 0
	}
	_, err = r.Customers(t.Context(), page)
	require.NoError(t, err)
	assert.Zero(t, calls, "nothing to ask for")

	broken := errors.New("no database")
	page, err = s.client.Customers.ByIDs(t.Context(), ids...)
	require.NoError(t, err)
	_, err = s.read(t, func(c *source.Config) {
		c.Keys = func(context.Context, connection.ID, connection.Entity, []connection.NewField, []string) (map[connection.FieldID]string, error) {
			return nil, broken
		}
	}).Customers(t.Context(), page)
	require.ErrorIs(t, err, broken)
}

func TestRecordThatIsGone(t *testing.T) {
	s := newShop(t)
	for _, entity := range connection.Entities() {
		record, err := s.read(t).Record(t.Context(), entity, 987654)
		require.NoError(t, err, entity)
		assert.True(t, record.Gone, entity)
		assert.Nil(t, record.Source)
		assert.Equal(t, connection.RecordID(987654), record.ID)
		assert.Empty(t, record.Map(connection.RecordState{}).Records, "%s: what was never pushed needs nothing", entity)
		again, err := s.read(t).Record(t.Context(), entity, 987654)
		require.NoError(t, err)
		assert.Equal(t, record.Fingerprint, again.Fingerprint)
		other, err := s.read(t).Record(t.Context(), entity, 987655)
		require.NoError(t, err)
		assert.NotEqual(t, record.Fingerprint, other.Fingerprint)
	}
	_, err := s.read(t).Record(t.Context(), "baskets", 1)
	require.ErrorContains(t, err, `unknown entity "baskets"`)

	_, err = s.server.Faults().Order(faults.Fault{Path: "/v3/catalog/products/", Status: 503})
	require.NoError(t, err)
	_, err = s.read(t).Record(t.Context(), connection.Products, 1)
	require.Error(t, err, "a store that is down says nothing of its products")
	assert.True(t, bigcommerce.IsUnavailable(err))
}

// A row in a form that is not documented is rejected by itself, and says where.
func TestRowThatCannotBeReadIsRejectedAlone(t *testing.T) {
	s := newShop(t)
	ids, err := s.server.IDs("subscribers", 0, 1)
	require.NoError(t, err)
	require.Empty(t, ids)
	_, err = s.server.Faults().Order(faults.Fault{
		Path: "/v3/customers/subscribers", Status: 200,
		Body: `{"data":[{"id":1,"email":"ann@example.com","consents":[]},{"id":2,"email":["bob@example.com"],"consents":[]}],"meta":{"pagination":{"total":2,"count":2,"per_page":250,"current_page":1,"total_pages":1}}}`,
	})
	require.NoError(t, err)
	page, err := s.client.Subscribers.Page(t.Context(), bigcommerce.SubscriberFilter{})
	require.NoError(t, err)
	records := s.read(t).Subscribers(page)
	require.Len(t, records, 2)
	byID := map[connection.RecordID]source.Record{}
	for _, record := range records {
		byID[record.ID] = record
	}
	good := byID[1].Map(connection.RecordState{})
	assert.Nil(t, good.Reject)
	require.Len(t, good.Records, 1)

	left := connection.RecordState{Exists: true, ConsentSeen: connection.ConsentYes}
	bad := byID[2].Map(left)
	require.NotNil(t, bad.Reject)
	assert.Equal(t, connection.ReasonUnmappable, bad.Reject.Code)
	assert.Equal(t, "email", bad.Reject.Path)
	assert.NotContains(t, bad.Reject.Text, "bob", "no value of the record")
	assert.Equal(t, left, bad.State, "what is known of it stays")
	assert.Nil(t, byID[2].Fingerprint, "it equals nothing")
}

// A record whose own reads fail is taken out of its page where somebody takes
// care of it, and stops the page where nobody does.
func TestLeaveOut(t *testing.T) {
	s := newShop(t)
	_, err := s.server.Faults().Order(faults.Fault{Path: "/v2/orders/375/products", Status: 404, Body: `[{"status":404,"message":"Not found"}]`})
	require.NoError(t, err)
	page, err := s.client.Orders.Page(t.Context(), bigcommerce.OrderFilter{MinID: 370, Limit: 10})
	require.NoError(t, err)
	require.Len(t, page.Records, 10)
	_, err = s.read(t).Orders(t.Context(), page)
	require.ErrorContains(t, err, "read order lines")
	var left []int64
	records, err := s.read(t, func(c *source.Config) {
		c.LeaveOut = func(_ context.Context, entity connection.Entity, id int64, cause error) error {
			assert.Equal(t, connection.Orders, entity)
			assert.Error(t, cause)
			left = append(left, id)
			return nil
		}
	}).Orders(t.Context(), page)
	require.NoError(t, err)
	assert.Equal(t, []int64{375}, left)
	assert.Len(t, records, 9)
}

func TestNewOfABadStartDate(t *testing.T) {
	_, err := source.New(source.Config{Connection: connection.Connection{BulkSyncStartDate: "yesterday", Timezone: "UTC"}})
	require.ErrorContains(t, err, "use YYYY-MM-DD")
	_, err = source.New(source.Config{Connection: connection.Connection{BulkSyncStartDate: "2024-01-01", Timezone: "Nowhere/None"}})
	require.Error(t, err)
}

// What is pushed to an account that a connection came to later is history until
// then.
func TestHistoryReachesToTheAccount(t *testing.T) {
	s := newShop(t)
	id := connection.RecordID(create(t, s, "subscribers", `{"email":"ann@example.com","consents":["marketing_newsletter"],"date_created":"2024-06-01T00:00:00Z"}`))
	optin := func(since time.Time, held bool) ometria.Optin {
		t.Helper()
		record, err := s.read(t, func(c *source.Config) {
			c.Connection.CreatedAt = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
			c.Connection.AccountSince, c.Connection.AccountHeldContacts = since, held
		}).Record(t.Context(), connection.Subscribers, id)
		require.NoError(t, err)
		return record.Map(connection.RecordState{}).Records[0].(*ometria.Contact).MarketingOptin
	}
	later := time.Date(2024, 7, 1, 0, 0, 0, 0, time.UTC)
	assert.Equal(t, ometria.OptedIn, optin(time.Time{}, true), "made after the connection")
	assert.Empty(t, optin(later, true))
	assert.Equal(t, ometria.OptedIn, optin(later, false), "an empty account takes history")
}

// changes is what the webhooks of categories left behind.
type changes struct{ ids []int64 }

func (c *changes) after(_ context.Context, _ connection.ID, since int64) ([]int64, int64, error) {
	return slices.Clone(c.ids[since:]), int64(len(c.ids)), nil
}

func patch(t *testing.T, s *shop, entity string, id int64, fields string) {
	t.Helper()
	_, err := s.server.Update(entity, id, json.RawMessage(fields))
	require.NoError(t, err)
}

// A category that is remembered was renamed, moved or deleted, and its webhook
// came before the record is read.
func TestChangedCategoriesAreReadAnew(t *testing.T) {
	s := newShop(t)
	references, told := &source.References{}, &changes{}
	reader := func() *source.Reader {
		return s.read(t, withReferences(references), func(c *source.Config) { c.CategoryChanges = told.after })
	}
	top := create(t, s, "categories", `{"name":"Clothes","parent_id":0}`)
	other := create(t, s, "categories", `{"name":"Sale","parent_id":0}`)
	leaf := create(t, s, "categories", fmt.Sprintf(`{"name":"Hats","parent_id":%d}`, top))
	told.ids = []int64{top, other, leaf}
	id := s.product(t, map[string]any{"brand_id": 0, "categories": []int64{leaf}})
	assert.ElementsMatch(t, []string{"Hats", "Clothes"}, labels(t, reader(), id))
	before, err := reader().Record(t.Context(), connection.Products, id)
	require.NoError(t, err)
	s.asked()

	patch(t, s, "categories", leaf, `{"name":"Headwear"}`)
	assert.ElementsMatch(t, []string{"Hats", "Clothes"}, labels(t, reader(), id), "nobody has told yet")
	told.ids = append(told.ids, leaf)
	assert.ElementsMatch(t, []string{"Headwear", "Clothes"}, labels(t, reader(), id))
	after, err := reader().Record(t.Context(), connection.Products, id)
	require.NoError(t, err)
	assert.NotEqual(t, before.Fingerprint, after.Fingerprint)
	asked := s.asked()
	assert.Equal(t, 1, count(asked, "v3/catalog/trees/categories"), "once, by its id")
	assert.Zero(t, count(asked, "v3/catalog/brands"))

	patch(t, s, "categories", leaf, fmt.Sprintf(`{"parent_id":%d}`, other))
	patch(t, s, "categories", other, `{"name":"Bargains"}`)
	told.ids = append(told.ids, leaf, other)
	assert.ElementsMatch(t, []string{"Headwear", "Bargains"}, labels(t, reader(), id))

	require.NoError(t, s.server.Delete("categories", leaf))
	told.ids = append(told.ids, leaf)
	assert.Empty(t, labels(t, reader(), id), "what is gone has no name, and nothing above it")
}

// A category that nobody could name is looked for again when it changed.
func TestUnnamedCategoryIsLookedForWhenItChanged(t *testing.T) {
	s := newShop(t)
	references, told := &source.References{}, &changes{}
	r := func() *source.Reader {
		return s.read(t, withReferences(references), func(c *source.Config) { c.CategoryChanges = told.after })
	}
	category := create(t, s, "categories", `{"name":"Late","parent_id":0}`)
	id := s.product(t, map[string]any{"brand_id": 0, "categories": []int64{category}})
	require.NoError(t, s.server.Delete("categories", category))
	assert.Empty(t, labels(t, r(), id))
	again := create(t, s, "categories", `{"name":"Late","parent_id":0}`)
	product, err := s.server.Update("products", int64(id), map[string]any{"categories": []int64{again}})
	require.NoError(t, err, "%s", product)
	told.ids = append(told.ids, again)
	assert.Equal(t, []string{"Late"}, labels(t, r(), id))
}
