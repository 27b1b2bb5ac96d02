package bigcommercesim

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// scriptsMost is the limit of one API account (page "Scripts").
const scriptsMost = 10

// scriptOrder is the body of POST and PUT; nil for what is not given.
type scriptOrder struct {
	Name            *string   `json:"name"`
	Description     *string   `json:"description"`
	HTML            *string   `json:"html"`
	Src             *string   `json:"src"`
	AutoUninstall   *bool     `json:"auto_uninstall"`
	LoadMethod      *string   `json:"load_method"`
	Location        *string   `json:"location"`
	Visibility      *string   `json:"visibility"`
	Kind            *string   `json:"kind"`
	APIClientID     *string   `json:"api_client_id"`
	ConsentCategory *string   `json:"consent_category"`
	Enabled         *bool     `json:"enabled"`
	ChannelID       *int64    `json:"channel_id"`
	IntegrityHashes *[]string `json:"integrity_hashes"`
}

func set[T any](field *T, given *T) {
	if given != nil {
		*field = *given
	}
}

func (o scriptOrder) apply(to *script) {
	set(&to.Name, o.Name)
	set(&to.Description, o.Description)
	set(&to.HTML, o.HTML)
	set(&to.Src, o.Src)
	set(&to.AutoUninstall, o.AutoUninstall)
	set(&to.LoadMethod, o.LoadMethod)
	set(&to.Location, o.Location)
	set(&to.Visibility, o.Visibility)
	set(&to.Kind, o.Kind)
	set(&to.ConsentCategory, o.ConsentCategory)
	set(&to.Enabled, o.Enabled)
	set(&to.ChannelID, o.ChannelID)
	set(&to.IntegrityHashes, o.IntegrityHashes)
}

// check holds a script to the rules of scripts.v3.
func (sc *script) check() map[string]string {
	wrong := map[string]string{}
	if sc.Name == "" || len(sc.Name) > 255 {
		wrong["name"] = "error.path.missing"
	}
	for name, field := range map[string]struct {
		value string
		valid []string
	}{
		"load_method": {sc.LoadMethod, []string{"default", "async", "defer"}},
		"location":    {sc.Location, []string{"head", "footer"}},
		"visibility":  {sc.Visibility, []string{"storefront", "all_pages", "checkout", "order_confirmation"}},
		"kind":        {sc.Kind, []string{"src", "script_tag"}},
		// An omitted category is kept as unknown.
		"consent_category": {sc.ConsentCategory, []string{"essential", "functional", "analytics", "targeting", "unknown"}},
	} {
		if !slices.Contains(field.valid, field.value) {
			wrong[name] = "error.expected.enum"
		}
	}
	switch sc.Kind {
	case "src":
		if u, err := url.Parse(sc.Src); err != nil || u.Scheme != "https" || u.Host == "" {
			wrong["src"] = "must be an absolute https URL"
		}
		if sc.HTML != "" {
			wrong["html"] = "must be empty with kind src"
		}
		if len(sc.IntegrityHashes) > 5 {
			wrong["integrity_hashes"] = "at most five"
		}
	case "script_tag":
		if strings.Count(sc.HTML, "<script") != 1 || len(sc.HTML) > 65_536 {
			wrong["html"] = "must hold exactly one script tag"
		}
		if sc.Src != "" {
			wrong["src"] = "must be empty with kind script_tag"
		}
		if sc.LoadMethod != "default" {
			wrong["load_method"] = "must be default with kind script_tag"
		}
	}
	return wrong
}

// pagesOf reports whether a visibility needs the checkout scope as well.
func (sc *script) reachesCheckout() bool {
	return sc.Visibility == "all_pages" || sc.Visibility == "checkout"
}

func (s *Server) scriptsOf(a *APIAccount) []*script {
	var own []*script
	for _, sc := range s.scripts {
		if sc.APIClientID == a.ClientID {
			own = append(own, sc)
		}
	}
	return own
}

func (s *Server) listScripts(c *call) reply {
	if r := c.paging(maxLimit); r != nil {
		return *r
	}
	channels := c.list("channel_id:in")
	sort, desc := c.text("sort"), c.text("direction") == "desc"
	if r := c.bad(); r != nil {
		return *r
	}
	own := slices.DeleteFunc(s.scriptsOf(c.account), func(sc *script) bool {
		return !among(channels, strconv.FormatInt(sc.ChannelID, 10))
	})
	slices.SortStableFunc(own, func(a, b *script) int {
		order := 0
		switch sort {
		case "name":
			order = cmp.Compare(a.Name, b.Name)
		case "description":
			order = cmp.Compare(a.Description, b.Description)
		case byModified:
			order = a.DateModified.Compare(b.DateModified.Time)
		}
		if desc {
			return -order
		}
		return order
	})
	return listV3(c, slicePage(c, own), len(own))
}

func (s *Server) createScript(c *call) reply {
	var in scriptOrder
	if r := c.body(&in); r != nil {
		return *r
	}
	now := offsetTime{s.options.Now().UTC()}
	sc := &script{
		UUID: uuid.NewString(), APIClientID: c.account.ClientID, LoadMethod: "default", Location: "head",
		Visibility: "storefront", Kind: "src", ConsentCategory: "unknown", Enabled: true, ChannelID: 1,
		DateCreated: now, DateModified: now,
	}
	in.apply(sc)
	wrong := sc.check()
	if !s.isStorefront(sc.ChannelID) {
		wrong["channel_id"] = "no such storefront channel"
	}
	if len(wrong) > 0 {
		return invalid("JSON data is missing or invalid", wrong)
	}
	if sc.reachesCheckout() && !c.account.holds([]string{checkout}, c.Method) {
		return missingScope()
	}
	if len(s.scriptsOf(c.account)) >= scriptsMost {
		return invalid("The maximum number of scripts has been reached", map[string]string{"name": "at most 10 scripts"})
	}
	if err := s.keep(line{Op: opPut, Entity: "scripts", Record: sc}); err != nil {
		return failV3(500, "Internal server error")
	}
	s.putScript(sc)
	return object(sc)
}

// findScript returns the account's script of the path, or the 404.
func (s *Server) findScript(c *call) (*script, *reply) {
	for _, sc := range s.scriptsOf(c.account) {
		if sc.UUID == c.PathValue("uuid") {
			return sc, nil
		}
	}
	r := reply{404, errorV3{404, "Script not found", statusCodesPage, map[string]string{}}}
	return nil, &r
}

func (s *Server) getScript(c *call) reply {
	sc, missing := s.findScript(c)
	if missing != nil {
		return *missing
	}
	return object(sc)
}

func (s *Server) updateScript(c *call) reply {
	old, missing := s.findScript(c)
	if missing != nil {
		return *missing
	}
	var in scriptOrder
	if r := c.body(&in); r != nil {
		return *r
	}
	sc := *old
	in.apply(&sc)
	sc.DateModified = offsetTime{s.options.Now().UTC()}
	wrong := sc.check()
	if !s.isStorefront(sc.ChannelID) {
		wrong["channel_id"] = "no such storefront channel"
	}
	if len(wrong) > 0 {
		return invalid("JSON data is missing or invalid", wrong)
	}
	if sc.reachesCheckout() && !c.account.holds([]string{checkout}, c.Method) {
		return missingScope()
	}
	if err := s.keep(line{Op: opPut, Entity: "scripts", Record: &sc}); err != nil {
		return failV3(500, "Internal server error")
	}
	s.putScript(&sc)
	return object(&sc)
}

func (s *Server) deleteScript(c *call) reply {
	sc, missing := s.findScript(c)
	if missing != nil {
		return *missing
	}
	if err := s.keep(line{Op: opDelete, Entity: "scripts", Key: sc.UUID}); err != nil {
		return failV3(500, "Internal server error")
	}
	s.dropScript(sc.UUID)
	return reply{status: 204}
}

func (s *Server) putScript(sc *script) {
	for n, old := range s.scripts {
		if old.UUID == sc.UUID {
			s.scripts[n] = sc
			return
		}
	}
	s.scripts = append(s.scripts, sc)
}

func (s *Server) dropScript(id string) {
	s.scripts = slices.DeleteFunc(s.scripts, func(sc *script) bool { return sc.UUID == id })
}
