package api

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/inspect"
	"github.com/ometria/ometria-bigcommerce/store"
)

func TestCreateConnection(t *testing.T) {
	s := newService(t)
	got := s.call(adminToken, "POST", "/v1/connections", map[string]any{
		"name": "Hats", "authentication_id": s.authentication("abc1"), "identification_code": "  Hats_1 ", "timezone": "Europe/London",
		"bulk_sync_start_date": "2021-01-01", "settings": map[string]any{"variant_id": "raw"},
		"order_status_mapping": []any{
			map[string]any{"status_id": 2, "status": "sent"},
			map[string]any{"status_id": 0, "send": true, "is_valid": nil},
		},
	}).want(202)
	made := got.object()
	id := connection.ID(made["id"].(string))
	assert.Equal(t, "/v1/connections/"+string(id), got.Header.Get("Location"))
	assert.Equal(t, []string{"SetUp " + string(id)}, s.starter.take())
	assert.Equal(t, "Hats_1", made["identification_code"], "trimmed")
	assert.Equal(t, "abc1", made["store_hash"])
	assert.Equal(t, "validating", made["status"])
	assert.Equal(t, "2021-01-01", made["bulk_sync_start_date"])
	assert.Equal(t, map[string]any{"variant_id": "raw"}, made["settings"])
	assert.Equal(t, []any{
		map[string]any{"status_id": 2.0, "status": "sent", "is_valid": true, "send": true},
		map[string]any{"status_id": 0.0, "is_valid": false, "send": true},
	}, made["order_status_mapping"], "what a rule leaves out keeps its built-in meaning")
	ui := "http://localhost:8233/namespaces/default/workflows"
	links := made["links"].(map[string]any)["temporal_ui"].(map[string]any)
	assert.Equal(t, ui+"/connection-setup%2F"+string(id), links["setup"])
	assert.Equal(t, ui+"/bulk-sync%2F"+string(id), links["bulk_sync"])
	records, err := url.Parse(links["records"].(string))
	require.NoError(t, err)
	assert.Equal(t, `WorkflowType="SyncRecord" AND ConnectionId="`+string(id)+`"`, records.Query().Get("query"))

	again := s.call(supportToken, "GET", "/v1/connections/"+string(id), nil).want(200)
	assert.Equal(t, got.Header.Get("ETag"), again.Header.Get("ETag"))
	assert.Equal(t, made, again.object())
	var all list[connectionView]
	s.call(supportToken, "GET", "/v1/connections", nil).want(200).into(&all)
	require.Len(t, all.Data, 1)
	assert.Equal(t, id, all.Data[0].ID)
}

func TestSameStoreAndCodeAgain(t *testing.T) {
	s := newService(t)
	id := s.connection("abc1")
	s.starter.take()
	body := map[string]any{"authentication_id": s.authentication("abc1"), "identification_code": "code-abc1", "timezone": "UTC"}
	p := s.call(adminToken, "POST", "/v1/connections", body).problem(409)
	assert.Equal(t, id, p.ConnectionID)
	assert.Equal(t, store.ConflictSameStore, p.Code)
	assert.Contains(t, p.Detail, string(id))

	// Another store of the same Ometria account needs an id prefix.
	body["authentication_id"] = s.authentication("abc2")
	p = s.call(adminToken, "POST", "/v1/connections", body).problem(409)
	assert.Equal(t, id, p.ConnectionID)
	assert.Equal(t, store.ConflictSamePrefix, p.Code)
	assert.Contains(t, p.Detail, "settings.id_prefix")
	assert.Empty(t, s.starter.take())
	body["settings"] = map[string]any{"id_prefix": "de-"}
	s.call(adminToken, "POST", "/v1/connections", body).want(202)
}

func TestCreateWithLabels(t *testing.T) {
	s := newService(t)
	body := map[string]any{"authentication_id": s.authentication("abc1"), "identification_code": "a", "timezone": "UTC",
		"order_status_mapping": []any{map[string]any{"label": "Gift", "status": "gift"}, map[string]any{"status_id": 3}}}
	create := func() answer { return s.call(adminToken, "POST", "/v1/connections", body) }
	means := func(id int) {
		s.inspector.resolve = func(rules []connection.StatusRule) ([]connection.StatusRule, connection.ValidationError) {
			rules[0].StatusID = &id
			return rules, nil
		}
	}

	s.inspector.err = &inspect.AccountError{Detail: "try again later", Err: &bigcommerce.APIError{Status: 503}}
	assert.Contains(t, create().problem(502).Detail, "try again later")

	s.inspector.err = nil
	unknown := field("order_status_mapping[0].label", "unknown", "the store has no such label")
	s.inspector.resolve = func([]connection.StatusRule) ([]connection.StatusRule, connection.ValidationError) {
		return nil, connection.ValidationError{unknown}
	}
	assert.Equal(t, []connection.FieldError{unknown}, create().problem(422).Errors)

	means(3) // the id of the other rule
	assert.Equal(t, []connection.FieldError{field("order_status_mapping[1].status_id", "invalid", "status 3 is mapped twice")}, create().problem(422).Errors)
	assert.Empty(t, s.starter.take())

	means(12)
	assert.Equal(t, []any{
		map[string]any{"status_id": 12.0, "label": "Gift", "status": "gift", "is_valid": true, "send": true},
		map[string]any{"status_id": 3.0, "is_valid": true, "send": true},
	}, create().want(202).object()["order_status_mapping"])
}

func TestCreateWhileTemporalIsAway(t *testing.T) {
	s := newService(t)
	body := map[string]any{"authentication_id": s.authentication("abc1"), "identification_code": "a", "timezone": "UTC"}
	s.starter.fail(errors.New("dial tcp 10.1.2.3:7233"))
	got := s.call(adminToken, "POST", "/v1/connections", body)
	p := got.problem(503)
	assert.NotContains(t, string(got.Body), "10.1.2.3")
	assert.Contains(t, p.Detail, "nothing was created")
	assert.Equal(t, "10", got.Header.Get("Retry-After"))
	var all list[connectionView]
	s.call(adminToken, "GET", "/v1/connections", nil).want(200).into(&all)
	assert.Empty(t, all.Data)

	s.starter.fail(nil)
	s.call(adminToken, "POST", "/v1/connections", body).want(202)
}

// Temporal goes away between the look and the start: the connection says so,
// and resuming it is all that is needed.
func TestTemporalGoesAwayWhileCreating(t *testing.T) {
	s := newService(t)
	body := map[string]any{"authentication_id": s.authentication("abc1"), "identification_code": "a", "timezone": "UTC"}
	s.starter.at = map[string]error{"SetUp": errors.New("deadline exceeded")}
	p := s.call(adminToken, "POST", "/v1/connections", body).problem(503)
	require.NotEmpty(t, p.ConnectionID)
	path := "/v1/connections/" + string(p.ConnectionID)
	c := s.call(adminToken, "GET", path, nil).want(200).object()
	assert.Equal(t, "failed", c["status"])
	assert.Equal(t, "Resume the connection.", c["failure"].(map[string]any)["action"])

	s.starter.at = nil
	s.starter.take()
	c = s.call(adminToken, "POST", path+"/resume", nil).want(202).object()
	assert.Equal(t, "validating", c["status"])
	assert.Nil(t, c["failure"])
	assert.Equal(t, []string{"SetUp " + string(p.ConnectionID)}, s.starter.take())
}

func TestChangeConnection(t *testing.T) {
	s := newService(t)
	id := s.connection("abc1", "bulk_sync_start_date", "2024-01-01", "settings", map[string]any{"parent_id": true})
	path := "/v1/connections/" + string(id)
	read := s.call(adminToken, "GET", path, nil).want(200).Header.Get("ETag")

	s.call(adminToken, "PATCH", path, map[string]any{"name": "new"}).problem(428)
	for _, stale := range []string{`"999"`, "W/" + read, "7", `""`} {
		s.call(adminToken, "PATCH", path, map[string]any{"name": "new"}, "If-Match", stale).problem(412)
	}
	got := s.call(adminToken, "PATCH", path, map[string]any{"name": "new", "settings": map[string]any{"id_prefix": "uk-"}}, "If-Match", read).want(200)
	changed := got.object()
	assert.Equal(t, "new", changed["name"])
	assert.Equal(t, map[string]any{"parent_id": true, "id_prefix": "uk-"}, changed["settings"])
	assert.Equal(t, []any{"products", "customers", "subscribers", "orders"}, changed["resync_wanted"])
	assert.Equal(t, true, changed["script_update_wanted"])
	assert.NotEqual(t, read, got.Header.Get("ETag"))
	s.call(adminToken, "PATCH", path, map[string]any{"name": "newer"}, "If-Match", read).problem(412)
	s.call(adminToken, "PATCH", path, map[string]any{"name": "newer"}, "If-Match", `"999", `+got.Header.Get("ETag")).want(200)

	p := s.call(adminToken, "PATCH", path, map[string]any{"timezone": nil, "identification_code": "a b", "store_hash": "x"}, "If-Match", "*").problem(422)
	assert.Equal(t, []connection.FieldError{field("store_hash", "unknown", "there is no such field")}, p.Errors)
	p = s.call(adminToken, "PATCH", path, map[string]any{"timezone": nil, "identification_code": "a b"}, "If-Match", "*").problem(422)
	assert.Len(t, p.Errors, 2)

	changed = s.call(adminToken, "PATCH", path, map[string]any{"bulk_sync_start_date": nil}, "If-Match", "*").want(200).object()
	assert.Nil(t, changed["bulk_sync_start_date"])
	assert.Equal(t, []any{"customers", "subscribers", "orders"}, changed["resync_wanted"])
	assert.Empty(t, s.call(adminToken, "PATCH", path, map[string]any{}, "If-Match", "*").want(200).object()["resync_wanted"])
}

func TestStartDateInTheFuture(t *testing.T) {
	s := newService(t)
	later := time.Now().AddDate(0, 0, 5).Format(time.DateOnly)
	want := []connection.FieldError{field("bulk_sync_start_date", "invalid", "lies in the future: use today or an earlier day, or leave it out for everything")}
	body := map[string]any{
		"authentication_id": s.authentication("abc1"), "identification_code": "a", "timezone": "UTC", "bulk_sync_start_date": later,
	}
	assert.Equal(t, want, s.call(adminToken, "POST", "/v1/connections", body).problem(422).Errors)
	assert.Empty(t, s.starter.take())
	path := "/v1/connections/" + string(s.connection("abc2"))
	change := map[string]any{"bulk_sync_start_date": later}
	assert.Equal(t, want, s.call(adminToken, "PATCH", path, change, "If-Match", "*").problem(422).Errors)
	change["bulk_sync_start_date"] = time.Now().UTC().Format(time.DateOnly)
	s.call(adminToken, "PATCH", path, change, "If-Match", "*").want(200)
}

// What a change makes advisable stays in sight until it is done.
func TestResyncWantedIsShown(t *testing.T) {
	s := newService(t)
	id := s.connection("abc1")
	path := "/v1/connections/" + string(id)
	change := func(setting string, value any) map[string]any {
		return s.call(adminToken, "PATCH", path, map[string]any{"settings": map[string]any{setting: value}}, "If-Match", "*").want(200).object()
	}
	resync := func(body map[string]any) map[string]any {
		return s.call(adminToken, "POST", path+"/resync", body).want(202).object()
	}
	shown := func(c map[string]any) (action string) {
		for _, a := range c["attention"].([]any) {
			if a := a.(map[string]any); a["code"] == "resync_wanted" {
				action = a["action"].(string)
			}
		}
		return action
	}
	const before = "Ometria holds what was sent before a change: re-sync "
	assert.Empty(t, shown(change("discount", "negative")), "its history is still to come")
	s.phase(id, connection.Connected)
	assert.Empty(t, shown(change("page_calls", true)))
	assert.Equal(t, before+"orders.", shown(change("discount", "positive")))
	assert.Equal(t, before+"products, orders.", shown(change("parent_id", true)))
	assert.Equal(t, before+"products, orders.", shown(resync(map[string]any{"since": "2024-01-01"})), "not all of it")
	assert.Equal(t, before+"products, orders.", shown(resync(map[string]any{"entities": []string{"customers"}})))
	assert.Equal(t, before+"products.", shown(resync(map[string]any{"entities": []string{"orders"}})))
	assert.Empty(t, shown(resync(map[string]any{})))
}

func TestChangeToATakenCode(t *testing.T) {
	s := newService(t)
	first, second := s.connection("abc1"), s.connection("abc2")
	p := s.call(adminToken, "PATCH", "/v1/connections/"+string(second), map[string]any{"identification_code": "code-abc1"}, "If-Match", "*").problem(409)
	assert.Equal(t, first, p.ConnectionID)
}

func TestResyncWanted(t *testing.T) {
	all := connection.Entities()
	contactsAndOrders := []connection.Entity{connection.Customers, connection.Subscribers, connection.Orders}
	number := func(n int) *int { return &n }
	cases := map[string]struct {
		change func(*connection.Connection)
		want   []connection.Entity
		script bool
	}{
		"nothing":             {func(*connection.Connection) {}, []connection.Entity{}, false},
		"name":                {func(c *connection.Connection) { c.Name = "x" }, []connection.Entity{}, false},
		"time zone":           {func(c *connection.Connection) { c.Timezone = "Asia/Tokyo" }, contactsAndOrders, false},
		"start date":          {func(c *connection.Connection) { c.BulkSyncStartDate = "2020-01-01" }, contactsAndOrders, false},
		"identification code": {func(c *connection.Connection) { c.IdentificationCode = "x" }, all, true},
		"id prefix":           {func(c *connection.Connection) { c.Settings.IDPrefix = "x" }, all, true},
		"status mapping":      {func(c *connection.Connection) { c.StatusMapping = nil }, []connection.Entity{connection.Orders}, false},
		"status mapping by label": {func(c *connection.Connection) {
			c.StatusMapping = []connection.StatusRule{{StatusID: number(2), Label: "now with its label"}}
		}, []connection.Entity{}, false},
		"variant ids":             {func(c *connection.Connection) { c.Settings.VariantID = "raw" }, []connection.Entity{connection.Products, connection.Orders}, true},
		"the default said":        {func(c *connection.Connection) { c.Settings.VariantID = "composite" }, []connection.Entity{}, false},
		"parent id":               {func(c *connection.Connection) { c.Settings.ParentID = true }, []connection.Entity{connection.Products}, false},
		"history consent":         {func(c *connection.Connection) { c.Settings.HistoryConsent = "send" }, []connection.Entity{connection.Subscribers}, false},
		"forced opt-in":           {func(c *connection.Connection) { c.Settings.ForceOptin = true }, []connection.Entity{connection.Subscribers}, false},
		"customers' collection":   {func(c *connection.Connection) { c.Settings.CustomersCollection = "magento" }, []connection.Entity{connection.Customers}, false},
		"subscribers' collection": {func(c *connection.Connection) { c.Settings.SubscribersCollection = "letters" }, []connection.Entity{connection.Subscribers}, false},
		"a collection's default":  {func(c *connection.Connection) { c.Settings.CustomersCollection = "customers" }, []connection.Entity{}, false},
		"sign of discounts":       {func(c *connection.Connection) { c.Settings.Discount = "negative" }, []connection.Entity{connection.Orders}, false},
		"the default sign":        {func(c *connection.Connection) { c.Settings.Discount = "positive" }, []connection.Entity{}, false},
		"test orders":             {func(c *connection.Connection) { c.Settings.TestOrders = "send" }, []connection.Entity{connection.Orders}, false},
		"archived orders kept":    {func(c *connection.Connection) { c.Settings.ArchivedOrders = "keep" }, []connection.Entity{connection.Orders}, false},
		"test orders still not":   {func(c *connection.Connection) { c.Settings.TestOrders = "skip" }, []connection.Entity{}, false},
		"page calls":              {func(c *connection.Connection) { c.Settings.PageCalls = true }, []connection.Entity{}, true},
		"script consent":          {func(c *connection.Connection) { c.Settings.ScriptConsent = "analytics" }, []connection.Entity{}, true},
		"two things": {func(c *connection.Connection) { c.StatusMapping, c.Settings.ForceOptin = nil, true },
			[]connection.Entity{connection.Subscribers, connection.Orders}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			before := connection.Connection{IdentificationCode: "a", Timezone: "UTC", StatusMapping: []connection.StatusRule{{StatusID: number(2)}}}
			after := before
			c.change(&after)
			assert.Equal(t, c.want, resyncWanted(before, after))
			assert.Equal(t, c.script, scriptWanted(before, after))
		})
	}
}

func TestHealthAndFailureAreShown(t *testing.T) {
	s := newService(t)
	id := s.connection("abc1")
	ctx, path := t.Context(), "/v1/connections/"+string(id)
	require.NoError(t, s.store.SetInstalled(ctx, id, func(i *connection.Installed) {
		i.Scripts = []connection.Script{{ID: "uuid", ChannelID: 1}}
		i.Hooks = []connection.Hook{{ID: 1, Scope: "store/order/created", Active: true}, {ID: 2, Scope: "store/order/updated"}}
	}))
	require.NoError(t, s.store.Park(ctx, id, connection.Parked{Code: connection.OmetriaCredentials, Detail: "key refused", NextProbeAt: time.Now()}))
	c := s.call(supportToken, "GET", path, nil).want(200).object()
	health := c["health"].(map[string]any)
	assert.Equal(t, map[string]any{"expected": float64(len(bigcommerce.HookScopes())), "active": 1.0}, health["hooks"])
	assert.Nil(t, health["quota"], "the store has not told its quota")
	assert.Contains(t, health, "quota")
	assert.Equal(t, map[string]any{"installed": true, "scripts": []any{map[string]any{"id": "uuid", "channel_id": 1.0}}}, health["script"])
	assert.Equal(t, map[string]any{"ok": false}, health["credentials"])
	assert.Equal(t, "ometria_credentials", health["parked"].(map[string]any)["code"])
	assert.Equal(t, "ometria_credentials", c["attention"].([]any)[0].(map[string]any)["code"])

	require.NoError(t, s.store.ObserveBigCommerce(ctx, "abc1", store.Quota{Window: 30 * time.Second, Reset: 20 * time.Second, Limit: 450, Left: 400}))
	quota := s.call(supportToken, "GET", path, nil).want(200).object()["health"].(map[string]any)["quota"].(map[string]any)
	assert.Equal(t, 450.0, quota["limit"])
	assert.Equal(t, 400.0, quota["left"])
	resets, err := time.Parse(time.RFC3339, quota["resets_at"].(string))
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now().Add(20*time.Second), resets, 10*time.Second)

	require.NoError(t, s.store.Fail(ctx, id, connection.Failure{Code: connection.FailureMissingScope, Detail: "d", Action: "a"}))
	c = s.call(supportToken, "GET", path, nil).want(200).object()
	assert.Equal(t, "failed", c["status"])
	assert.Equal(t, "MissingScope", c["failure"].(map[string]any)["code"])
}
