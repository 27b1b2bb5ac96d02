package bigcommercesim

import (
	"fmt"
	"net/http"
	"sync"

	"github.com/ometria/ometria-bigcommerce/simulator/faults"
	"github.com/ometria/ometria-bigcommerce/simulator/journal"
)

// Server is the stand-in. It binds nowhere: give it to an http.Server.
type Server struct {
	options  Options
	faults   *faults.Injector
	handler  http.Handler
	quota    quota
	journal  *journal.Journal
	delivery *deliveries
	*generator

	mu          sync.RWMutex // guards all below
	customers   *table[customer]
	subscribers *table[subscriber]
	orders      *table[order]
	products    *table[product]
	brands      *table[brand]
	categories  *table[category]
	refunds     *table[refund] // those made since the start
	hooks       *table[hook]
	nextVariant int64
	scripts     []*script
	channels    []Channel // storefronts
	currencies  []currency
	labels      map[int]string // custom order status labels
	domain      string
	accounts    []*APIAccount
	entities    map[string]entity

	counting  sync.Mutex // guards the three below
	requests  map[string]int
	ignored   map[string]int // query parameters that nothing reads
	throttled int
}

// APIAccount is one V2/V3 API token of the store. Hooks and scripts belong to
// the account that made them and no other sees them.
type APIAccount struct {
	AccessToken  string   `json:"access_token"`
	ClientID     string   `json:"client_id"`
	ClientSecret string   `json:"client_secret"`
	Scopes       []string `json:"scopes"`
}

// New builds the store and, with Options.Dir, replays its journal.
func New(o Options) (*Server, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("check options: %w", err)
	}
	s := &Server{
		options: o, faults: faults.New(o.Seed), labels: map[int]string{}, domain: o.Domain,
		channels: []Channel{{ID: 1, Name: "Simulated Store", Platform: "bigcommerce"}},
		requests: map[string]int{}, ignored: map[string]int{},
		quota:    quota{limit: o.Quota, now: o.Now},
		accounts: []*APIAccount{{o.AccessToken, o.ClientID, o.ClientSecret, o.Scopes}},
	}
	for id, label := range o.CustomStatusLabels {
		s.labels[id] = label
	}
	s.delivery = newDeliveries(s)
	if err := s.openStore(); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", s.faults.Wrap(s.api()))
	s.registerAdmin(mux)
	s.faults.Register(mux, "/_simulator/faults")
	s.handler = mux
	s.delivery.start()
	return s, nil
}

// ServeHTTP serves the management API under /stores/{hash}/ and the stand-in's
// own under /_simulator/.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Close stops delivering, waits for every goroutine and closes the journal. It
// may be called twice.
func (s *Server) Close() error {
	s.delivery.close()
	return s.journal.Close()
}

// Faults returns the orders to misbehave.
func (s *Server) Faults() *faults.Injector { return s.faults }

// build makes the tables of a store whose seeded records end at start.
func (s *Server) build(start int64) {
	o := s.options
	line := func(salt uint64, first int64, count int) timeline {
		return timeline{
			salt: salt, seed: uint64(o.Seed), first: first, count: int64(count),
			start: start - int64(storeAge.Seconds()), end: start,
		}
	}
	s.generator = newGenerator(o, start, line)
	g := s.generator
	s.customers = newTable(g.customerLine, g.customer, func(c *customer) (int64, int64) {
		return c.DateCreated.Unix(), c.DateModified.Unix()
	})
	s.subscribers = newTable(g.subscriberLine, g.subscriber, func(c *subscriber) (int64, int64) {
		return c.DateCreated.Unix(), c.DateModified.Unix()
	})
	s.products = newTable(g.productLine, g.product, func(p *product) (int64, int64) {
		return p.DateCreated.Unix(), p.DateModified.Unix()
	})
	s.products.noted = s.noteVariants
	s.nextVariant = int64(g.firstVariant[len(g.firstVariant)-1])
	s.orders = newTable(g.orderLine, s.labelledOrder, func(o *order) (int64, int64) {
		return o.DateCreated.Unix(), o.DateModified.Unix()
	})
	s.orders.hidden = func(o *order) bool { return o.IsDeleted }
	s.brands = newTable(g.brandLine, g.brand, func(*brand) (int64, int64) { return 0, 0 })
	s.categories = newTable(g.categoryLine, g.category, func(*category) (int64, int64) { return 0, 0 })
	s.refunds = newTable(line(0, g.orderLine.first+g.orderLine.count, 0), func(int64) *refund { return nil },
		func(r *refund) (int64, int64) { return r.Created.Unix(), r.Created.Unix() })
	s.hooks = newTable(line(0, 18_048_287, 0), func(int64) *hook { return nil },
		func(h *hook) (int64, int64) { return h.CreatedAt, h.UpdatedAt })
	s.currencies = g.currencyRows()
	s.entities = s.changeable()
}

// labelledOrder is a seeded order under the labels of now.
func (s *Server) labelledOrder(id int64) *order {
	o := s.order(id)
	o.CustomStatus = s.label(o.StatusID)
	return o
}
