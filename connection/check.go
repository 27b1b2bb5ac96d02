package connection

// Check is one thing that was tried against a remote account, and how it went.
type Check struct {
	Name    string `json:"name"` // for example "BigCommerce: orders"
	OK      bool   `json:"ok"`
	Message string `json:"message"` // what was found, or what to do next
	// Failure is the Failure* type that a setup ends with because of this
	// check; empty when it passed or when trying again may help.
	Failure string `json:"-"`
}

// Theme says whether the pages of a store's storefronts can carry the tag.
type Theme string

// The themes. Headless means that some storefront's pages are made elsewhere.
const (
	ThemeUnknown   Theme = "unknown"
	ThemeStencil   Theme = "stencil"
	ThemeBlueprint Theme = "blueprint" // shows no scripts (Scripts API)
	ThemeHeadless  Theme = "headless"
)

// Collection is a source of contacts in an Ometria account.
type Collection struct {
	Name  string `json:"name"`
	Count int64  `json:"count"`
}

// Report is what testing an authentication found.
type Report struct {
	OK     bool      `json:"ok"`
	Checks []Check   `json:"checks"`
	Store  StoreInfo `json:"-"`
	// Timezone is the store's own, an IANA name; empty when it did not say.
	Timezone    string       `json:"-"`
	Theme       Theme        `json:"-"`
	Currencies  []string     `json:"-"` // those a shopper can pay in
	Collections []Collection `json:"-"` // of the Ometria account
	// HoldsContacts reports whether the Ometria account already has contacts.
	HoldsContacts bool `json:"-"`
}

// FirstFailure returns the first check that failed for good, or nil.
func (r Report) FirstFailure() *Check {
	for i := range r.Checks {
		if !r.Checks[i].OK && r.Checks[i].Failure != "" {
			return &r.Checks[i]
		}
	}
	return nil
}
