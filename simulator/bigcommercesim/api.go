package bigcommercesim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// route is one operation. Scopes are those of the API accounts page, without
// _read_only; any one of them will do.
type route struct {
	pattern string // method and path under /stores/{hash}
	scopes  []string
	handle  func(*Server, *call) reply
}

const (
	information  = "store_v2_information"
	customersIn  = "store_v2_customers"
	ordersIn     = "store_v2_orders"
	transactions = "store_v2_transactions"
	productsIn   = "store_v2_products"
	content      = "store_v2_content"
	checkout     = "store_content_checkout"
	channelsIn   = "store_channel_settings"
	sitesIn      = "store_sites"
)

func routes() []route {
	return []route{
		{"GET /v2/store", []string{information}, (*Server).getStore},
		{"GET /v2/time", nil, (*Server).getTime},
		{"GET /v2/currencies", []string{information}, (*Server).listCurrencies},
		{"GET /v2/customer_groups", []string{customersIn}, (*Server).listCustomerGroups},
		{"GET /v2/order_statuses", []string{ordersIn}, (*Server).listOrderStatuses},
		{"GET /v2/order_statuses/{id}", []string{ordersIn}, (*Server).getOrderStatus},
		{"GET /v2/orders", []string{ordersIn}, (*Server).listOrders},
		{"GET /v2/orders/count", []string{ordersIn}, (*Server).countOrders},
		{"GET /v2/orders/{id}", []string{ordersIn}, (*Server).getOrder},
		{"GET /v2/orders/{id}/products", []string{ordersIn}, (*Server).listOrderProducts},
		{"GET /v2/orders/{id}/coupons", []string{ordersIn}, (*Server).listOrderCoupons},
		{"GET /v2/orders/{id}/shipping_addresses", []string{ordersIn}, (*Server).listShippingAddresses},
		{"GET /v2/orders/{id}/consignments", []string{ordersIn}, (*Server).getConsignments},

		{"GET /v3/customers", []string{customersIn}, (*Server).listCustomers},
		{"GET /v3/customers/addresses", []string{customersIn}, (*Server).listAddresses},
		{"GET /v3/customers/attributes", []string{customersIn}, (*Server).listAttributes},
		{"GET /v3/customers/attribute-values", []string{customersIn}, (*Server).listAttributeValues},
		{"GET /v3/customers/form-field-values", []string{customersIn}, (*Server).listFormFieldValues},
		{"GET /v3/customers/subscribers", []string{customersIn}, (*Server).listSubscribers},
		{"GET /v3/customers/subscribers/{id}", []string{customersIn}, (*Server).getSubscriber},

		{"GET /v3/catalog/products", []string{productsIn}, (*Server).listProducts},
		{"GET /v3/catalog/products/{id}", []string{productsIn}, (*Server).getProduct},
		{"GET /v3/catalog/products/{id}/variants", []string{productsIn}, (*Server).listProductVariants},
		{"GET /v3/catalog/products/{id}/variants/{variant}", []string{productsIn}, (*Server).getProductVariant},
		{"GET /v3/catalog/products/{id}/options", []string{productsIn}, (*Server).listProductOptions},
		{"GET /v3/catalog/products/{id}/modifiers", []string{productsIn}, (*Server).listProductModifiers},
		{"GET /v3/catalog/products/{id}/custom-fields", []string{productsIn}, (*Server).listCustomFields},
		{"GET /v3/catalog/products/{id}/images", []string{productsIn}, (*Server).listImages},
		{"GET /v3/catalog/variants", []string{productsIn}, (*Server).listVariants},
		{"GET /v3/catalog/brands", []string{productsIn}, (*Server).listBrands},
		{"GET /v3/catalog/brands/{id}", []string{productsIn}, (*Server).getBrand},
		{"GET /v3/catalog/trees", []string{productsIn}, (*Server).listTrees},
		{"GET /v3/catalog/trees/categories", []string{productsIn}, (*Server).listCategories},
		{"GET /v3/catalog/summary", []string{productsIn}, (*Server).getSummary},

		{"GET /v3/orders/payment_actions/refunds", []string{ordersIn, transactions}, (*Server).listRefunds},
		{"GET /v3/orders/{id}/transactions", []string{transactions}, (*Server).listTransactions},

		{"GET /v3/content/scripts", []string{content}, (*Server).listScripts},
		{"POST /v3/content/scripts", []string{content}, (*Server).createScript},
		{"GET /v3/content/scripts/{uuid}", []string{content}, (*Server).getScript},
		{"PUT /v3/content/scripts/{uuid}", []string{content}, (*Server).updateScript},
		{"DELETE /v3/content/scripts/{uuid}", []string{content}, (*Server).deleteScript},

		{"GET /v3/hooks", nil, (*Server).listHooks},
		{"POST /v3/hooks", nil, (*Server).createHook},
		{"GET /v3/hooks/admin", nil, (*Server).hooksAdmin},
		{"GET /v3/hooks/{id}", nil, (*Server).getHook},
		{"PUT /v3/hooks/{id}", nil, (*Server).updateHook},
		{"DELETE /v3/hooks/{id}", nil, (*Server).deleteHook},

		{"GET /v3/channels", []string{channelsIn}, (*Server).listChannels},
		{"GET /v3/channels/currency-assignments", []string{channelsIn}, (*Server).listCurrencyAssignments},
		{"GET /v3/channels/{id}/site", []string{sitesIn, channelsIn}, (*Server).getChannelSite},
		{"GET /v3/sites", []string{sitesIn}, (*Server).listSites},
	}
}

func (s *Server) api() http.Handler {
	mux := http.NewServeMux()
	for _, r := range routes() {
		method, path, _ := strings.Cut(r.pattern, " ")
		mux.HandleFunc(method+" /stores/{hash}"+path, func(w http.ResponseWriter, req *http.Request) {
			s.serve(r, w, req)
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		reply{404, errorV3{404, "The route is not found, check the URL", statusCodesAddress, nil}}.write(w)
	})
	return mux
}

// serve checks token, store, quota and scope, then answers.
func (s *Server) serve(r route, w http.ResponseWriter, req *http.Request) {
	s.counting.Lock()
	s.requests[r.pattern]++
	s.counting.Unlock()
	token := req.Header.Get("X-Auth-Token")
	if token == "" {
		reply{401, text("X-Auth-Token header is required")}.write(w)
		return
	}
	if req.PathValue("hash") != s.options.StoreHash {
		missingScope().write(w)
		return
	}
	account := s.accountOf(token)
	if account == nil {
		failV3(401, "Unauthorized - the v3 Auth client ID or token in the request are not a valid combination for this store.").write(w)
		return
	}
	if !s.quota.take(w.Header()) {
		s.counting.Lock()
		s.throttled++
		s.counting.Unlock()
		reply{429, errorV3{429, "Too many requests", statusCodesPage, map[string]string{}}}.write(w)
		return
	}
	if !account.holds(r.scopes, req.Method) {
		missingScope().write(w)
		return
	}
	_, path, _ := strings.Cut(r.pattern, " ")
	c := &call{
		Request: req, server: s, account: account, query: req.URL.Query(),
		read: map[string]bool{}, v2: strings.HasPrefix(path, "/v2/"),
	}
	s.answer(r, c).write(w)
	s.countIgnored(r, c)
}

func (s *Server) answer(r route, c *call) reply {
	if c.Method == http.MethodGet {
		s.mu.RLock()
		defer s.mu.RUnlock()
	} else {
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	return r.handle(s, c)
}

// countIgnored notes parameters that no one read: as in life they do nothing,
// and here they show in the state, where a test can see a misspelling.
func (s *Server) countIgnored(r route, c *call) {
	for name := range c.query {
		if !c.read[name] {
			s.counting.Lock()
			s.ignored[r.pattern+" "+name]++
			s.counting.Unlock()
		}
	}
}

func (s *Server) accountOf(token string) *APIAccount {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, a := range s.accounts {
		if a.AccessToken == token {
			copied := *a
			return &copied
		}
	}
	return nil
}

// holds reports whether the account may call an operation.
func (a *APIAccount) holds(scopes []string, method string) bool {
	if len(scopes) == 0 {
		return true
	}
	for _, scope := range scopes {
		if slices.Contains(a.Scopes, scope) ||
			method == http.MethodGet && slices.Contains(a.Scopes, scope+"_read_only") {
			return true
		}
	}
	return false
}

// quota is the store's fixed window (page "API rate limits").
type quota struct {
	limit Quota
	now   func() time.Time
	mu    sync.Mutex // guards the two below
	ends  time.Time
	used  int
}

// take counts a request, writes the headers and reports whether it may pass.
func (q *quota) take(h http.Header) bool {
	if q.limit.Requests == 0 {
		return true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.now()
	if !now.Before(q.ends) {
		q.ends, q.used = now.Add(q.limit.Window), 0
	}
	passes := q.used < q.limit.Requests
	if passes {
		q.used++
	}
	h.Set("X-Rate-Limit-Time-Window-Ms", strconv.FormatInt(q.limit.Window.Milliseconds(), 10))
	h.Set("X-Rate-Limit-Time-Reset-Ms", strconv.FormatInt(q.ends.Sub(now).Milliseconds(), 10))
	h.Set("X-Rate-Limit-Requests-Quota", strconv.Itoa(q.limit.Requests))
	h.Set("X-Rate-Limit-Requests-Left", strconv.Itoa(q.limit.Requests-q.used))
	return passes
}
