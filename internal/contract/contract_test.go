package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
	"github.com/ometria/ometria-bigcommerce/simulator/faults"
)

func open(t *testing.T) *Files {
	t.Helper()
	files, err := Open()
	if errors.Is(err, ErrAbsent) {
		t.Skip(err)
	}
	require.NoError(t, err)
	return files
}

// store is the simulator over HTTP and a client whose exchanges are recorded.
type store struct {
	shop
	*bigcommercesim.Server
	url       string
	recorder  *Recorder
	transport http.RoundTripper
}

func newStore(t *testing.T, files *Files) *store {
	t.Helper()
	s := serve(t, files.Recorder(), func(o *bigcommercesim.Options) {
		o.Customers, o.Subscribers, o.Products, o.Orders = 60, 40, 60, 200
		o.Currencies, o.DisplayCurrencies = []string{"USD", "EUR"}, []string{"GBP"}
	})
	s.customer, s.product = 1, 80
	for order, err := range s.Orders.All(t.Context(), bigcommerce.OrderFilter{}) {
		require.NoError(t, err)
		if s.order == 0 && len(order.Consignments.Shipping) > 0 {
			s.order = order.ID
		}
		if s.coupon == 0 && order.CouponDiscount.IsPositive() {
			s.coupon = order.ID
		}
	}
	require.NoError(t, s.AddAccount(bigcommercesim.APIAccount{AccessToken: "bare-token", ClientID: "bare"}))
	require.NotZero(t, s.order, "no order is shipped")
	require.NotZero(t, s.coupon, "no order has a coupon")
	return s
}

func serve(t *testing.T, recorder *Recorder, change func(*bigcommercesim.Options)) *store {
	t.Helper()
	o := bigcommercesim.DefaultOptions()
	o.Quota = bigcommercesim.Quota{}
	change(&o)
	sim, err := bigcommercesim.New(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sim.Close()) })
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	plain := &http.Transport{}
	t.Cleanup(plain.CloseIdleConnections)
	s := &store{Server: sim, url: server.URL, recorder: recorder, transport: recorder.Transport(plain)}
	s.shop = shop{Client: s.client(t, o.AccessToken), channel: 1}
	return s
}

func (s *store) client(t *testing.T, token string) *bigcommerce.Client {
	t.Helper()
	client, err := bigcommerce.New(bigcommerce.Config{
		BaseURL: s.url, StoreHash: "simstore", AccessToken: token, Transport: s.transport,
	})
	require.NoError(t, err)
	return client
}

// TestClientAndSimulatorKeepTheContract tries all that the client can do, what
// else the simulator serves, and every refusal. Its parts share one recorder,
// so that an exception which none of them needs is found.
func TestClientAndSimulatorKeepTheContract(t *testing.T) {
	files := open(t)
	s := newStore(t, files)
	t.Run("operations", s.operations)
	t.Run("other reads", s.otherReads)
	t.Run("empty pages", s.emptyPages)
	t.Run("long order", s.longOrder)
	assert.Empty(t, s.State().Ignored, "a parameter of the files does nothing in the simulator")
	t.Run("refusals", s.refusals)
	for _, v := range s.recorder.Violations() {
		t.Error(v)
	}
	for _, e := range s.recorder.Unneeded() {
		t.Errorf("no longer needed: %s", e)
	}
}

func (s *store) operations(t *testing.T) {
	all := withProbes(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, all[name](t.Context(), t, s.shop))
		})
	}
}

// otherReads are requests that people and later versions may make, and forms of
// an answer that no operation of the client shows.
func (s *store) otherReads(t *testing.T) {
	script, err := s.Scripts.Create(t.Context(), srcScript(1))
	require.NoError(t, err)
	hook, err := s.Hooks.Create(t.Context(), hook("store/customer/created"))
	require.NoError(t, err)
	handler := s.recorder.Handler(s.Server)
	unknown := send(handler, http.MethodPost, "/v3/content/scripts", `{"name":"Other","kind":"src","src":"https://cdn.example.com/a.js"}`)
	require.Equal(t, http.StatusOK, unknown.Code, unknown.Body)
	require.Contains(t, unknown.Body.String(), `"consent_category":"unknown"`)
	for _, path := range []string{
		fmt.Sprintf("/v2/orders/%d?include=consignments.line_items", s.order),
		"/v2/order_statuses/11",
		"/v2/orders?limit=250",
		"/v2/orders?limit=250&include=consignments&consignment_structure=object",
		"/v2/orders?limit=250&include=consignments.line_items,fees&consignment_structure=object&sort=id:desc",
		fmt.Sprintf("/v2/orders/%d/shipping_addresses", s.order),
		s.answered(t, "/v3/orders/%d/transactions"),
		"/v3/customers?limit=7&page=2&sort=date_modified:asc",
		"/v3/customers/subscribers/1",
		"/v3/catalog/products?limit=10&include=options,modifiers",
		"/v3/catalog/products?include_fields=name,date_modified",
		fmt.Sprintf("/v3/catalog/products/%d?include=variants,options", s.product),
		fmt.Sprintf("/v3/catalog/products/%d/custom-fields", s.product),
		fmt.Sprintf("/v3/catalog/products/%d/images", s.product),
		fmt.Sprintf("/v3/catalog/products/%d/options", s.with(t, "options")),
		fmt.Sprintf("/v3/catalog/products/%d/modifiers", s.with(t, "modifiers")),
		"/v3/catalog/summary",
		"/v3/catalog/variants?limit=250",
		"/v3/catalog/brands/35",
		"/v3/channels/1/site",
		"/v3/content/scripts",
		"/v3/content/scripts/" + script.UUID,
		"/v3/content/scripts/" + uuidOf(t, unknown),
		fmt.Sprintf("/v3/hooks/%d", hook.ID),
	} {
		t.Run(path, func(t *testing.T) {
			answer := get(handler, path)
			require.Equal(t, http.StatusOK, answer.Code, answer.Body)
			require.NotRegexp(t, `^(\[\]|{"data":\[\])`, answer.Body.String(), "an empty answer proves nothing")
		})
	}
}

// answered finds an order that a read of its parts is not empty for.
func (s *store) answered(t *testing.T, path string) string {
	t.Helper()
	for id := s.order; id < s.order+200; id++ {
		if here := fmt.Sprintf(path, id); get(s.Server, here).Code == http.StatusOK {
			return here
		}
	}
	t.Fatalf("no order has any: %s", path)
	return ""
}

func get(handler http.Handler, path string) *httptest.ResponseRecorder {
	return send(handler, http.MethodGet, path, "")
}

func send(handler http.Handler, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/stores/simstore"+path, strings.NewReader(body))
	r.Header.Set("Accept", "application/json")
	r.Header.Set("X-Auth-Token", "bigcommerce-token")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

func uuidOf(t *testing.T, made *httptest.ResponseRecorder) string {
	t.Helper()
	var answer struct{ Data struct{ UUID string } }
	require.NoError(t, json.Unmarshal(made.Body.Bytes(), &answer))
	return answer.Data.UUID
}

// with finds a product that has options or modifiers.
func (s *store) with(t *testing.T, part string) int64 {
	t.Helper()
	for product, err := range s.Products.All(t.Context(), bigcommerce.ProductFilter{Include: []string{part}}) {
		require.NoError(t, err)
		if len(product.Options)+len(product.Modifiers) > 0 {
			return product.ID
		}
	}
	t.Fatalf("no product has %s", part)
	return 0
}

// emptyPages are how a list ends, or all of one that has nothing: v2 answers 204 without a body.
func (s *store) emptyPages(t *testing.T) {
	ctx := t.Context()
	orders, err := s.Orders.Page(ctx, bigcommerce.OrderFilter{MinID: 1 << 30})
	require.NoError(t, err)
	require.Zero(t, orders.Len())
	for _, path := range []string{"/v2/currencies?page=9", "/v2/customer_groups?page=9"} {
		require.Equal(t, http.StatusNoContent, get(s.recorder.Handler(s.Server), path).Code)
	}
	for id := s.order; ; id++ {
		coupons, err := s.Orders.Coupons(ctx, id)
		require.NoError(t, err)
		if len(coupons) == 0 {
			break
		}
	}
	hooks, err := s.client(t, "bare-token").Hooks.List(ctx)
	require.NoError(t, err)
	require.Empty(t, hooks)
	products, err := s.Products.Page(ctx, bigcommerce.ProductFilter{IDGreater: 1 << 30})
	require.NoError(t, err)
	require.Zero(t, products.Len())
	customers, err := s.Customers.ByIDs(ctx, 1<<30)
	require.NoError(t, err)
	require.Zero(t, customers.Len())
}

// longOrder is one whose lines come cut, and end with a full page: what comes
// after it is empty.
func (s *store) longOrder(t *testing.T) {
	lines := make([]any, bigcommerce.MaxLimit)
	for i := range lines {
		lines[i] = map[string]any{"product_id": s.product, "name": "Hat", "base_price": "1.00", "quantity": 1, "sku": fmt.Sprint("hat-", i)}
	}
	id, _, err := s.Create("orders", map[string]any{"consignments": map[string]any{
		"shipping": []any{map[string]any{"line_items": lines}},
		"pickups":  []any{}, "downloads": []any{}, "email": map[string]any{"gift_certificates": []any{}},
	}})
	require.NoError(t, err)
	order, err := s.Orders.Get(t.Context(), id)
	require.NoError(t, err)
	require.NoError(t, s.Orders.CompleteLines(t.Context(), &order))
	require.Len(t, order.Lines(), bigcommerce.MaxLimit)
}

// refusals are every operation with a token that is dead, one that may nothing
// and one whose store has no quota left, and what is refused for its content.
func (s *store) refusals(t *testing.T) {
	dead, bare := s.shop, s.shop
	dead.Client = s.client(t, "dead-token")
	bare.Client = s.client(t, "bare-token")
	throttled := s.shop
	throttled.Client = serve(t, s.recorder, func(o *bigcommercesim.Options) {
		o.Customers, o.Subscribers, o.Products, o.Orders = 0, 0, 0, 0
		o.Quota = bigcommercesim.Quota{Requests: 1, Window: time.Hour}
	}).Client
	_, err := throttled.Store.Time(t.Context())
	require.NoError(t, err, "the one request there is")
	all := withProbes(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		call := all[name]
		t.Run(name, func(t *testing.T) {
			require.True(t, bigcommerce.IsUnauthorized(call(t.Context(), t, dead)), "dead token")
			var quota *bigcommerce.QuotaError
			require.ErrorAs(t, call(t.Context(), t, throttled), &quota)
			if err := call(t.Context(), t, bare); !strings.HasPrefix(name, "Hooks.") && !slices.Contains(unscoped, name) {
				require.True(t, bigcommerce.IsForbidden(err), "token without scopes: %v", err)
			}
		})
	}
	ctx := t.Context()
	for name, err := range map[string]error{
		"order":   second(s.Orders.Get(ctx, 1<<30)),
		"lines":   second(s.Orders.Products(ctx, 1<<30)),
		"product": second(s.Products.Get(ctx, 1<<30)),
		"variant": second(s.Products.Variants(ctx, 1<<30)),
		"script":  s.Scripts.Delete(ctx, "03805148-a592-4803-9482-e91fe5c1be13"),
		"update":  second(s.Scripts.Update(ctx, "03805148-a592-4803-9482-e91fe5c1be13", srcScript(1))),
		"hook":    s.Hooks.Delete(ctx, 1<<30),
		"revive":  second(s.Hooks.Update(ctx, 1<<30, hook("store/order/created"))),
	} {
		require.True(t, bigcommerce.IsNotFound(err), "%s: %v", name, err)
	}
}

// TestBadExchangesAreSeen sends what the files forbid. It shows that the
// recorder sees it, and how the simulator refuses it.
func TestBadExchangesAreSeen(t *testing.T) {
	s := newStore(t, open(t))
	ctx := t.Context()
	for _, err := range []error{
		second(s.Scripts.Create(ctx, bigcommerce.Script{Name: "Tag", Kind: "link", ChannelID: 1})),
		second(s.Hooks.Create(ctx, bigcommerce.HookInput{Scope: "store/nothing"})),
	} {
		var refused *bigcommerce.APIError
		require.ErrorAs(t, err, &refused)
	}
	handler := s.recorder.Handler(s.Server)
	require.Equal(t, http.StatusRequestEntityTooLarge, get(handler, "/v2/orders?limit=300").Code)
	require.Equal(t, http.StatusUnprocessableEntity, get(handler, "/v3/customers?colour=red&limit=many").Code)
	require.Equal(t, http.StatusNotFound, get(handler, "/v3/custumers").Code)
	bare := httptest.NewRecorder()
	handler.ServeHTTP(bare, httptest.NewRequest(http.MethodGet, "/stores/simstore/v3/hooks", nil))
	require.Equal(t, http.StatusUnauthorized, bare.Code)
	misspelt := s.recorder.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"time":"now","tiem":1}`))
	}))
	require.Equal(t, http.StatusOK, get(misspelt, "/v2/time").Code)

	_, err := s.Faults().Order(faults.Fault{Effect: faults.Malformed})
	require.NoError(t, err)
	require.Equal(t, faults.Malformed, faults.Effect(get(handler, "/v2/store").Header().Get(FaultHeader)), "spoilt on purpose: let pass")

	var seen []string
	for _, v := range s.recorder.Violations() {
		seen = append(seen, fmt.Sprintf("%s: %s (%s)", v.Operation, v.Place, v.Kind))
	}
	require.Equal(t, []string{
		"POST /v3/content/scripts: body.consent_category (enum)",
		"POST /v3/content/scripts: body.kind (enum)",
		"POST /v3/content/scripts: body.location (enum)",
		"POST /v3/content/scripts: body.visibility (enum)",
		"POST /v3/hooks: body.destination (required)",
		"GET /v2/orders: query limit (maximum)",
		"GET /v3/customers: query colour (extra)",
		"GET /v3/customers: query limit (type)",
		"GET /v3/custumers: path (operation)",
		"GET /v3/hooks: header Accept (value)",
		"GET /v3/hooks: header X-Auth-Token (required)",
		"GET /v2/time: answer.tiem (extra)",
		"GET /v2/time: answer.time (type)",
	}, seen)
}

// noting is a test that notes how it fails.
type noting struct {
	testing.TB
	cleanup func()
	errors  []string
}

func (n *noting) Helper()           {}
func (n *noting) Cleanup(do func()) { n.cleanup = do }
func (n *noting) Errorf(format string, args ...any) {
	n.errors = append(n.errors, fmt.Sprintf(format, args...))
}

// A violation fails the test whose exchange it is, at its end, and tells no value.
func TestViolationsFailTheTest(t *testing.T) {
	open(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"data":[],"meta":{}}`))
	}))
	defer server.Close()
	n := &noting{TB: t}
	client := &http.Client{Transport: Transport(n, &http.Transport{DisableKeepAlives: true})}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/stores/a/v3/customers?sort=jane@example.com&limit=jane", nil)
	require.NoError(t, err)
	r.Header.Set("X-Auth-Token", "secret")
	r.Header.Set("Accept", "application/json")
	resp, err := client.Do(r)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.JSONEq(t, `{"data":[],"meta":{}}`, string(body), "the caller reads the answer as it came")
	n.cleanup()
	require.Len(t, n.errors, 2)
	require.Contains(t, n.errors[0]+n.errors[1], "query limit")
	require.NotContains(t, n.errors[0]+n.errors[1], "jane")
}

func TestWithoutFiles(t *testing.T) {
	_, err := Read(t.TempDir())
	require.ErrorIs(t, err, ErrAbsent)
}

// unscoped need no scope of their token.
var unscoped = []string{"Store.Time", "Probe store", "Probe hooks"}
