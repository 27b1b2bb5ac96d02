package page

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ometria/ometria-bigcommerce/connection"
)

// pages are the templates by name, each with the layout around it.
type pages map[string]*template.Template

// view is what the layout gets. Data is the page's own.
type view struct {
	Signed  bool
	Name    string
	Role    role
	Admin   bool
	Notice  string
	Current string // path of the page, for the navigation
	Data    any

	flush func() // nil unless the page goes out as it is written
}

// Flush sends what stands on a page so far, if the page goes out as it is
// written: it is painted while the rest is looked up.
func (v view) Flush() string {
	if v.flush != nil {
		v.flush()
	}
	return ""
}

// message is a page that says one thing.
type message struct {
	Title string
	Text  string
	Retry bool // trying again may help; only an address that was read can be read again
	Back  link // to what the address is about, if that is there
}

// link leads to an address of ours.
type link struct{ Address, Text string }

var (
	notThere   = message{Title: "There is nothing here", Text: "The page was moved, or what it showed was removed."}
	notAllowed = message{Title: "Not allowed", Text: "Your token's role does not allow this. Ask somebody whose role is admin."}
	ourFault   = message{Title: "Something went wrong on our side", Text: "Nothing is lost. Try again; the service's log has the cause.", Retry: true}
)

// parsePages parses every template with the layout and the shared parts,
// whose names begin with an underscore.
func (s *site) parsePages() (pages, error) {
	shared := template.New("").Funcs(s.functions())
	if _, err := shared.ParseFS(templateFiles, "templates/_*.html"); err != nil {
		return nil, fmt.Errorf("parse shared templates: %w", err)
	}
	names, err := fs.Glob(templateFiles, "templates/[a-z]*.html")
	if err != nil {
		return nil, fmt.Errorf("list templates: %w", err)
	}
	parsed := pages{}
	for _, name := range names {
		t, err := shared.Clone()
		if err == nil {
			t, err = t.ParseFS(templateFiles, name)
		}
		if err != nil {
			return nil, fmt.Errorf("parse %s: %w", name, err)
		}
		parsed[strings.TrimSuffix(path.Base(name), ".html")] = t
	}
	return parsed, nil
}

// show writes a page to a visitor who may not be signed in.
func (s *site) show(c *gin.Context, status int, name string, data any) {
	current, signed := s.sessionOf(c)
	s.write(c, status, name, "layout", view{Signed: signed, Name: current.Name, Role: current.Role, Admin: current.Role == admin, Data: data})
}

// say shows a message. It leads back to the record or connection that the
// address is about, or to the same address if it can be asked for again.
func (s *site) say(c *gin.Context, status int, m message) {
	m.Retry = m.Retry && c.Request.Method == http.MethodGet
	m.Back = s.about(c.Request.URL.Path)
	if m.Retry && m.Back.Address == s.base+c.Request.URL.Path {
		m.Back = link{}
	}
	s.show(c, status, "message", m)
}

// about is the record or the connection that an address is about, whatever is
// done with it there.
func (s *site) about(address string) link {
	parts := strings.Split(strings.Trim(address, "/"), "/")
	if len(parts) < 2 || parts[0] != "connections" || parts[1] == "new" {
		return link{}
	}
	if len(parts) >= 5 && parts[2] == "records" && connection.Entity(parts[3]).Valid() {
		return link{s.url(parts[:5]...), recordName(parts[3], parts[4])}
	}
	return link{s.url(parts[:2]...), "the connection"}
}

// show writes a page.
func (v *visit) show(status int, name string, data any) {
	v.site.write(v.Context, status, name, "layout", v.view(data))
}

// stream writes a page as it comes: data looks up what takes long once the
// heading is out, and what then goes wrong has to be said on the page.
func (v *visit) stream(name string, data any) {
	page := v.view(data)
	page.Notice, page.Current, page.flush = v.site.notice(v.Context), v.Request.URL.Path, v.Writer.Flush
	v.Header("Content-Type", "text/html; charset=utf-8")
	v.Status(http.StatusOK)
	if err := v.site.pages[name].ExecuteTemplate(v.Writer, "layout", page); err != nil && v.Request.Context().Err() == nil {
		v.site.Logger.ErrorContext(v.Request.Context(), "draw page", "route", v.FullPath(), "err", err)
		panic(http.ErrAbortHandler) // what is cut off must not look whole
	}
}

// fragment writes a part of a page, for its script to put in place.
func (v *visit) fragment(name, part string, data any) {
	v.site.write(v.Context, http.StatusOK, name, part, v.view(data))
}

func (v *visit) view(data any) view {
	return view{Signed: true, Name: v.session.Name, Role: v.session.Role, Admin: v.admin(), Data: data}
}

func (s *site) write(c *gin.Context, status int, name, part string, v view) {
	if part == "layout" {
		v.Notice = s.notice(c)
	}
	v.Current = c.Request.URL.Path
	var out bytes.Buffer // whole or not at all
	if err := s.pages[name].ExecuteTemplate(&out, part, v); err != nil {
		s.Logger.ErrorContext(c.Request.Context(), "draw page", "route", c.FullPath(), "err", err)
		c.String(http.StatusInternalServerError, ourFault.Title)
		return
	}
	c.Data(status, "text/html; charset=utf-8", out.Bytes())
}

// sentence makes a sentence of the API's words.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	text = strings.ToUpper(text[:1]) + text[1:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}
