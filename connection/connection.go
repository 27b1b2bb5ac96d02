package connection

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// ID is the UUIDv7 of a connection.
type ID string

// NewID returns a new connection id.
func NewID() ID { return ID(newUUID()) }

// AuthenticationID is the UUIDv7 of an authentication.
type AuthenticationID string

// NewAuthenticationID returns a new authentication id.
func NewAuthenticationID() AuthenticationID { return AuthenticationID(newUUID()) }

func newUUID() string { return uuid.Must(uuid.NewV7()).String() }

// StoreHash is BigCommerce's name of a store in API paths.
type StoreHash string

// Status says where a connection stands.
type Status string

// The statuses. Paused is a person's wish; what is wrong with an account shows
// in Attention instead and leaves the status alone.
const (
	Validating Status = "validating" // credentials and scopes are being checked
	Installing Status = "installing" // script, webhooks and schedules are being made
	Syncing    Status = "syncing"    // a bulk sync runs
	Connected  Status = "connected"  // history is in, changes arrive by webhook
	Paused     Status = "paused"     // held by a person; webhooks are still taken in
	Failed     Status = "failed"     // setup ended for good; see Failure
	Removing   Status = "removing"   // everything of ours is being taken away
)

// Connection joins one BigCommerce store to one Ometria account. It holds no
// credential: those are the Authentication's.
type Connection struct {
	ID                 ID
	Name               string
	AuthenticationID   AuthenticationID
	StoreHash          StoreHash
	IdentificationCode string // names the Ometria account in the storefront tag
	BulkSyncStartDate  string // YYYY-MM-DD in Timezone; empty means everything
	Timezone           string // IANA name
	StatusMapping      []StatusRule
	Settings           Settings
	Phase              Status // where setup and bulk sync stand; never Paused
	PausedAt           time.Time
	Failure            *Failure
	Attention          []Attention
	Parked             *Parked
	Store              StoreInfo
	Installed          Installed
	Replacing          Replacing
	// AccountHeldContacts reports whether the Ometria account held contacts
	// before this connection first pushed: then history carries no consent.
	AccountHeldContacts bool
	// AccountSince is when the connection began to push to another Ometria
	// account, another collection of subscribers or under other ids; zero when
	// it never did.
	AccountSince time.Time
	// Epoch grows whenever what earlier pushes left behind is forgotten: a read
	// for an earlier one is not pushed.
	Epoch           int64
	Version         int64 // grows with each change a person makes; the ETag
	CreatedAt       time.Time
	UpdatedAt       time.Time
	LastWebhookAt   time.Time
	LastReconcileAt time.Time
}

// ConnectedAt is the moment before which everything is history to the Ometria
// account: when the connection was made, or began to push elsewhere.
func (c Connection) ConnectedAt() time.Time {
	if c.AccountSince.After(c.CreatedAt) {
		return c.AccountSince
	}
	return c.CreatedAt
}

// Status is the one word shown to people: Paused hides the phases in which
// work would go on, but never a failure or a removal.
func (c Connection) Status() Status {
	switch {
	case c.Phase == Removing || c.Phase == Failed:
		return c.Phase
	case !c.PausedAt.IsZero():
		return Paused
	}
	return c.Phase
}

// StoreInfo is what the store says of itself (BigCommerce, Store Information v2).
type StoreInfo struct {
	Name         string `json:"name,omitempty"`
	Domain       string `json:"domain,omitempty"`     // primary domain: Ometria's store id
	SecureURL    string `json:"secure_url,omitempty"` // https origin without a trailing slash
	Currency     string `json:"currency,omitempty"`   // ISO 4217, the store's default
	Country      string `json:"country,omitempty"`    // ISO 3166-1 alpha-2, for phone numbers
	Plan         string `json:"plan,omitempty"`
	PricesIncTax bool   `json:"prices_inc_tax,omitempty"`
}

// Installed is what we have put into the store, so that exactly that, and
// nothing else, is mended and removed.
type Installed struct {
	Scripts     []Script   `json:"scripts,omitempty"` // one a storefront channel
	Hooks       []Hook     `json:"hooks,omitempty"`
	HooksMadeAt *time.Time `json:"hooks_made_at,omitempty"`
	Schedules   bool       `json:"schedules,omitempty"`
}

// UnmarshalJSON also reads the form of a single script, which connections made
// before there was one a channel are stored in.
func (i *Installed) UnmarshalJSON(raw []byte) error {
	type plain Installed
	stored := struct {
		*plain
		ScriptID string `json:"script_id"`
	}{plain: (*plain)(i)}
	if err := json.Unmarshal(raw, &stored); err != nil {
		return err
	}
	if len(i.Scripts) == 0 && stored.ScriptID != "" {
		i.Scripts = []Script{{ID: stored.ScriptID}}
	}
	return nil
}

// Script is the JavaScript tag of ours in one storefront channel.
type Script struct {
	ID        string `json:"id"`                   // BigCommerce's uuid
	ChannelID int64  `json:"channel_id,omitempty"` // 0 where BigCommerce did not say
}

// Hook is one webhook subscription of ours.
type Hook struct {
	ID     int64  `json:"id"`
	Scope  string `json:"scope"`
	Active bool   `json:"active"`
}

// Failure says why a setup ended for good, in words for a merchant.
type Failure struct {
	Code   string    `json:"code"`   // one of the Failure* types
	Step   string    `json:"step"`   // the Step* that the setup ended at; empty where that is not known
	Detail string    `json:"detail"` // what happened
	Action string    `json:"action"` // what to do next
	At     time.Time `json:"at"`
}

// Parked says that an account or a whole service is at fault: nothing of the
// connection is tried until one probe succeeds.
type Parked struct {
	Code        string    `json:"code"` // an Attention code
	Detail      string    `json:"detail"`
	Since       time.Time `json:"since"`
	NextProbeAt time.Time `json:"next_probe_at"`
	Probes      int       `json:"probes"` // unsuccessful ones so far
}

// Attention is something a person should look at.
type Attention struct {
	Code   string    `json:"code"`
	Since  time.Time `json:"since"`
	Action string    `json:"action"` // what to do, in a sentence
}

// Attention codes. The first five park a connection.
const (
	BigCommerceCredentials = "bigcommerce_credentials" // token revoked or scope gone
	BigCommerceUnavailable = "bigcommerce_unavailable" // store down or suspended
	OmetriaCredentials     = "ometria_credentials"
	OmetriaUnavailable     = "ometria_unavailable"
	MultiCurrency          = "multi_currency"       // the store now takes payment in several currencies
	UnmappedStatus         = "unmapped_status"      // an order status id nobody knows
	PushErrorsMissed       = "push_errors_missed"   // more than 100 errors between two polls
	ManyFailing            = "many_records_failing" // over 1,000 records wait out a backoff
	AppUninstalled         = "app_uninstalled"
	ResyncWanted           = "resync_wanted" // Ometria holds what was sent before a change of settings
	SyncStuck              = "sync_stuck"    // a page of a bulk sync fails again and again
	LeftBehind             = "left_behind"   // hooks or scripts we could not remove
	// WebhookSignature says that webhooks are signed with another client secret
	// than the authentication's.
	WebhookSignature = "webhook_signature"
	// HeadlessStorefront says that shoppers use a storefront whose pages
	// BigCommerce does not make: the script may not show there.
	HeadlessStorefront = "headless_storefront"
	// BlueprintTheme says that the store has a theme that shows no scripts.
	BlueprintTheme = "blueprint_theme"
	// ScriptRefused says that BigCommerce does not let us put the script back.
	ScriptRefused = "script_refused"
	// ScriptAltered says that BigCommerce took the script and keeps another.
	ScriptAltered = "script_altered"
)

// ManyFailingOver is how many records of a connection may wait out a backoff
// before ManyFailing is shown.
const ManyFailingOver = 1000

// Authentication is one pair of accounts: a BigCommerce API account and an
// Ometria API key. Secrets are apart, in Credentials.
type Authentication struct {
	ID               AuthenticationID
	Name             string
	StoreHash        StoreHash
	ClientID         string
	AccessTokenLast4 string
	OmetriaKeyLast4  string
	HasClientSecret  bool
	CreatedAt        time.Time
	UpdatedAt        time.Time
}

// Credentials are an authentication's secrets. They live in memory only inside
// one activity or request, and encrypted in the database.
type Credentials struct {
	OmetriaAPIKey Secret `json:"ometria_api_key"`
	ClientSecret  Secret `json:"client_secret,omitempty"`
	AccessToken   Secret `json:"access_token"`
}
