package bigcommercesim

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"
)

// Options describe the store. Start from DefaultOptions: a zero quota means no
// quota, and zero counts an empty store.
type Options struct {
	StoreHash string
	// AccessToken, ClientID, ClientSecret and Scopes are the first API
	// account. Without a client secret webhooks go unsigned.
	AccessToken, ClientID, ClientSecret string
	Scopes                              []string

	// Seed decides everything that is random. The same seed, counts and start
	// give the same store.
	Seed                                     int64
	Customers, Subscribers, Products, Orders int

	Quota Quota
	// Currencies a shopper can pay in, the default one first; several make a
	// multi-currency store with some orders paid in each.
	Currencies []string
	// DisplayCurrencies are shown and never paid in.
	DisplayCurrencies []string
	Timezone          string // IANA name
	Domain            string
	// CustomStatusLabels rename order statuses by id.
	CustomStatusLabels map[int]string
	// ArchivedGone makes GET v2/orders/{id} answer 404 for an archived order.
	// Otherwise it answers the order with is_deleted; lists leave it out both
	// ways. Which one BigCommerce does is not documented.
	ArchivedGone bool
	// DatesExclusive leaves out a row whose date is the :min or :max itself,
	// as the customers page ("modified after this date") can be read.
	DatesExclusive bool

	Delivery Delivery
	// WebhookRetryScale multiplies the real retry schedule (60 s to 24 h).
	WebhookRetryScale float64

	// Dir keeps changes, hooks and scripts on disk; empty keeps them in memory.
	Dir    string
	Now    func() time.Time
	Logger *slog.Logger
}

// Quota is requests in a window, for the whole store.
type Quota struct {
	Requests int
	Window   time.Duration
}

// Delivery says how webhooks go astray. Fractions are of deliveries.
type Delivery struct {
	Double   float64 `json:"double"`   // delivered twice
	Reorder  float64 `json:"reorder"`  // held back by up to ten times DelayMS, at least a second
	Suppress float64 `json:"suppress"` // never sent
	DelayMS  int     `json:"delay_ms"` // before each
	// Forge sends another one along whose headers and signature are guessed; it
	// is no delivery of the store's, so nothing counts it but Forged.
	Forge float64 `json:"forge"`
	// Signature is "wrong" for one made with another account's client secret,
	// "none" for no signature, "" for the right one.
	Signature string `json:"signature"`
}

// The ways of Delivery.Signature.
const (
	WrongSignature = "wrong"
	NoSignature    = "none"
)

func (d Delivery) check() error {
	for _, f := range []float64{d.Double, d.Reorder, d.Suppress, d.Forge} {
		if f < 0 || f > 1 {
			return errors.New("fractions must be within 0 and 1")
		}
	}
	if d.DelayMS < 0 {
		return errors.New("delay_ms must not be negative")
	}
	if d.Signature != "" && d.Signature != WrongSignature && d.Signature != NoSignature {
		return errors.New(`signature must be "", "wrong" or "none"`)
	}
	return nil
}

// MinimumScopes are the ones that the integration cannot do without.
func MinimumScopes() []string {
	return []string{
		"store_v2_information_read_only", "store_v2_customers_read_only", "store_v2_orders_read_only",
		"store_v2_products_read_only", "store_v2_content", "store_content_checkout",
	}
}

// DefaultScopes are what a merchant gets who follows Ometria's page: Content
// and Checkout Content modify, all others read-only.
func DefaultScopes() []string {
	return append(MinimumScopes(), "store_channel_settings_read_only", "store_sites_read_only",
		"store_v2_transactions_read_only")
}

// DefaultOptions are a small store on the Standard plan.
func DefaultOptions() Options {
	return Options{
		StoreHash: "simstore", AccessToken: "bigcommerce-token", ClientID: "bigcommerce-client",
		ClientSecret: "bigcommerce-secret", Scopes: DefaultScopes(),
		Seed: 1, Customers: 500, Subscribers: 200, Products: 300, Orders: 1000,
		Quota:      Quota{Requests: 150, Window: 30 * time.Second},
		Currencies: []string{"USD"}, Timezone: "America/Chicago", Domain: "shop.example.com",
		CustomStatusLabels: map[int]string{3: "Part dispatched", 10: "Delivered", 11: "Ready to pick"},
		WebhookRetryScale:  1,
	}
}

var hashForm = regexp.MustCompile(`^[a-z0-9]+$`)

func (o Options) withDefaults() (Options, error) {
	if !hashForm.MatchString(o.StoreHash) {
		return o, fmt.Errorf("store hash %q: lower-case letters and digits only", o.StoreHash)
	}
	if o.AccessToken == "" || o.ClientID == "" {
		return o, errors.New("an access token and a client id are needed")
	}
	for _, n := range []int{o.Customers, o.Subscribers, o.Products, o.Orders} {
		if n < 0 || n > 50_000_000 {
			return o, fmt.Errorf("count %d: must be within 0 and 50,000,000", n)
		}
	}
	if o.Quota.Requests < 0 || o.Quota.Requests > 0 && o.Quota.Window <= 0 {
		return o, errors.New("a quota needs a window and must not be negative")
	}
	if err := o.Delivery.check(); err != nil {
		return o, fmt.Errorf("delivery: %w", err)
	}
	if len(o.Currencies) == 0 {
		o.Currencies = []string{"USD"}
	}
	if o.Domain == "" {
		o.Domain = "shop.example.com"
	}
	if o.Timezone == "" {
		o.Timezone = "UTC"
	}
	if _, err := time.LoadLocation(o.Timezone); err != nil {
		return o, fmt.Errorf("timezone: %w", err)
	}
	if o.WebhookRetryScale <= 0 {
		o.WebhookRetryScale = 1
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o, nil
}
