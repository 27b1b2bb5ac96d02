package page

import "net/http"

// role is the least that a visitor needs.
type role string

const (
	admin   role = "admin"
	support role = "support"
)

// route is one address of the page.
type route struct {
	method string
	path   string
	role   role
	do     func(v *visit) error
}

func (s *site) routes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{get, "/", support, s.showConnections},
		{get, "/live", support, s.showTiles},
		{post, "/sign-out", support, s.signOut},
	}
}
