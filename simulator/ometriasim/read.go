package ometriasim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
)

const (
	defaultLimit = 10 // reference 2.1.0, stated for products
	maxLimit     = 250
)

// collection is an item of GET /v2/contacts.
type collection struct {
	Collection string `json:"collection"`
	Count      int    `json:"count"`
}

func pushErrors(a *Account, w http.ResponseWriter, _ *http.Request) {
	write(w, http.StatusOK, a.Errors())
}

func listCollections(a *Account, w http.ResponseWriter, r *http.Request) {
	list := []collection{}
	for name, count := range a.Counts().Collections {
		list = append(list, collection{name, count})
	}
	slices.SortFunc(list, func(x, y collection) int {
		if x.Collection < y.Collection {
			return -1
		}
		return 1
	})
	offset, limit, ok := window(w, r)
	if !ok {
		return
	}
	offset = min(offset, len(list))
	write(w, http.StatusOK, list[offset:min(offset+limit, len(list))])
}

func listContacts(a *Account, w http.ResponseWriter, r *http.Request) {
	list(a, w, r, "contact", r.PathValue("collection"), nil)
}

func getContact(a *Account, w http.ResponseWriter, r *http.Request) {
	get(a, w, Key{"contact", r.PathValue("collection"), r.PathValue("id")})
}

func listOrders(a *Account, w http.ResponseWriter, r *http.Request) { list(a, w, r, "order", "", nil) }

func getOrder(a *Account, w http.ResponseWriter, r *http.Request) {
	get(a, w, Key{Type: "order", ID: r.PathValue("id")})
}

// listProducts leaves variants out unless includeVariants=true, and takes
// active=true|false (page "Product listings and variants").
func listProducts(a *Account, w http.ResponseWriter, r *http.Request) {
	variants := r.URL.Query().Get("includeVariants") == "true"
	active := r.URL.Query().Get("active")
	list(a, w, r, "product", "", func(raw json.RawMessage) bool {
		var product struct {
			IsVariant bool  `json:"is_variant"`
			IsActive  *bool `json:"is_active"`
		}
		_ = json.Unmarshal(raw, &product) // a field of another type counts as absent
		if product.IsVariant && !variants {
			return false
		}
		isActive := product.IsActive == nil || *product.IsActive
		return active == "" || active == strconv.FormatBool(isActive)
	})
}

func getProduct(a *Account, w http.ResponseWriter, r *http.Request) {
	get(a, w, Key{Type: "product", ID: r.PathValue("id")})
}

func get(a *Account, w http.ResponseWriter, key Key) {
	record, ok := a.Record(key.Type, key.Collection, key.ID)
	if !ok {
		fail(w, http.StatusNotFound, "Not found")
		return
	}
	write(w, http.StatusOK, record.Record)
}

func list(a *Account, w http.ResponseWriter, r *http.Request, kind, collection string, keep func(json.RawMessage) bool) {
	offset, limit, ok := window(w, r)
	if !ok {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	ids := a.order[bucket{kind, collection}]
	if keep == nil {
		ids = ids[min(offset, len(ids)):]
		offset = 0
	}
	page := []json.RawMessage{}
	for _, id := range ids {
		if len(page) == limit {
			break
		}
		record := a.held[Key{kind, collection, id}].Record
		if keep != nil && !keep(record) {
			continue
		}
		if offset > 0 {
			offset--
			continue
		}
		page = append(page, record)
	}
	write(w, http.StatusOK, page)
}

func window(w http.ResponseWriter, r *http.Request) (offset, limit int, ok bool) {
	limit = defaultLimit
	for name, value := range map[string]*int{"limit": &limit, "offset": &offset} {
		if given := r.URL.Query().Get(name); given != "" {
			n, err := strconv.Atoi(given)
			if err != nil || n < 0 {
				fail(w, http.StatusBadRequest, name+" must be a number")
				return 0, 0, false
			}
			*value = n
		}
	}
	return offset, min(limit, maxLimit), true
}
