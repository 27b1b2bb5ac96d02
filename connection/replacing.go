package connection

import "slices"

// Replacing is what the change of a connection's authentication has still to
// do. It holds ids alone, and is empty once all is done.
type Replacing struct {
	// Wanted is to take the place of the authentication in force; nil when none
	// is. It waits until both its accounts have let us in.
	Wanted *Replacement `json:"wanted,omitempty"`
	// Left are those that were in force, or were wanted and did not do: what was
	// made with them is still to be removed with them. BigCommerce shows webhooks
	// and scripts to the API account alone that made them (API accounts).
	Left []Replacement `json:"left,omitempty"`
}

// Replacement is an authentication that is not in force, and what was put into
// the store with it.
type Replacement struct {
	AuthenticationID AuthenticationID `json:"authentication_id"`
	Installed        Installed        `json:"installed"` // hooks and scripts
}

// Empty reports whether nothing is to be done.
func (r Replacing) Empty() bool { return r.Wanted == nil && len(r.Left) == 0 }

// Authentications lists them, the wanted one first.
func (r Replacing) Authentications() (ids []AuthenticationID) {
	if r.Wanted != nil {
		ids = append(ids, r.Wanted.AuthenticationID)
	}
	for _, left := range r.Left {
		ids = append(ids, left.AuthenticationID)
	}
	return ids
}

// Of returns what is known of one of them, or nil.
func (r *Replacing) Of(id AuthenticationID) *Replacement {
	if r.Wanted != nil && r.Wanted.AuthenticationID == id {
		return r.Wanted
	}
	at := slices.IndexFunc(r.Left, func(left Replacement) bool { return left.AuthenticationID == id })
	if at < 0 {
		return nil
	}
	return &r.Left[at]
}

// Leave takes id from those left, and with it what was made.
func (r *Replacing) Leave(id AuthenticationID) (left Replacement) {
	left.AuthenticationID = id
	r.Left = slices.DeleteFunc(r.Left, func(one Replacement) bool {
		if one.AuthenticationID == id {
			left = one
		}
		return one.AuthenticationID == id
	})
	return left
}

// With is the connection as one of its authentications sees it: with the hooks
// and scripts that were made with that one.
func (c Connection) With(id AuthenticationID) Connection {
	if c.AuthenticationID == id {
		return c
	}
	c.AuthenticationID, c.Installed = id, Installed{}
	if other := c.Replacing.Of(id); other != nil {
		c.Installed = other.Installed
	}
	return c
}

// Keeps reports whether a hook or script, by its id, is noted with another
// authentication than id that is in force or wanted: two authentications may be
// of one API account, which then has one set of both.
func (c Connection) Keeps(id AuthenticationID, hook int64, script string) bool {
	noted := func(i Installed) bool {
		return slices.ContainsFunc(i.Hooks, func(h Hook) bool { return h.ID == hook }) ||
			slices.ContainsFunc(i.Scripts, func(s Script) bool { return s.ID == script })
	}
	wanted := c.Replacing.Wanted
	return c.AuthenticationID != id && noted(c.Installed) ||
		wanted != nil && wanted.AuthenticationID != id && noted(wanted.Installed)
}
