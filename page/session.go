package page

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

const (
	sessionCookie  = "obc_session"
	noticeCookie   = "obc_notice"
	sessionPurpose = "page session"
	sessionLasts   = 12 * time.Hour
	sessionRenewed = sessionLasts / 2 // or less is left when a page is opened: nobody is sent away amid a form
	// Wrong tokens, of all visitors together. A right one always gets in, whatever
	// others try: tokens are long and random, which is what keeps guessing out.
	wrongTokensPerSecond = 5
	wrongTokensAtOnce    = 30
)

// session is who visits, sealed in a cookie. The token is the API's: a session
// ends when the token is taken out of the configuration.
type session struct {
	Token  string    `json:"token"`
	Role   role      `json:"role"`
	Name   string    `json:"name"`
	EndsAt time.Time `json:"ends_at"`
}

// visit is one request of a signed-in visitor.
type visit struct {
	*gin.Context
	site    *site
	session session
	api     *apiclient.Client
}

// admin reports whether the visitor may change things.
func (v *visit) admin() bool { return v.session.Role == admin }

// visited lets visitors with a role through and shows what goes wrong.
func (s *site) visited(needs role, do func(v *visit) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		current, ok := s.sessionOf(c)
		if !ok {
			s.toSignIn(c)
			return
		}
		v := &visit{Context: c, site: s, session: current, api: s.client(current.Token)}
		if current.EndsAt.Sub(s.Now()) < sessionRenewed && !byScript(c) {
			current.EndsAt = s.Now().Add(sessionLasts)
			if err := s.remember(c, current); err != nil {
				s.Logger.ErrorContext(c.Request.Context(), "renew session", "err", err)
			}
		}
		if needs == admin && !v.admin() {
			v.say(http.StatusForbidden, notAllowed)
			return
		}
		if err := do(v); err != nil {
			v.fail(err)
		}
	}
}

// byScript reports whether the page's script asks, whoever sits before it.
func byScript(c *gin.Context) bool {
	return strings.HasSuffix(c.FullPath(), "/live") || strings.HasSuffix(c.FullPath(), "/events")
}

// fail shows an error that no page has a place for.
func (v *visit) fail(err error) {
	problem, refused := errors.AsType[*apiclient.Problem](err)
	switch {
	case refused && problem.Status == http.StatusUnauthorized:
		v.site.forget(v.Context)
		v.site.toSignIn(v.Context)
	case refused && problem.Status == http.StatusForbidden:
		v.say(http.StatusForbidden, notAllowed)
	case refused && problem.Status == http.StatusNotFound:
		v.missing()
	case refused && problem.Status < http.StatusInternalServerError:
		v.say(problem.Status, message{Title: problem.Title, Text: sentence(problem.Detail)})
	case refused:
		v.say(problem.Status, message{Title: "That did not work", Text: sentence(problem.Detail), Retry: true})
	case v.Request.Context().Err() != nil: // nobody is left to read it
		v.Abort()
	default:
		v.site.Logger.ErrorContext(v.Request.Context(), "page failed", "route", v.FullPath(), "err", err)
		v.say(http.StatusInternalServerError, ourFault)
	}
}

func (v *visit) say(status int, m message) { v.site.say(v.Context, status, m) }

// missing says that there is nothing here. A way back to a connection is shown
// only if that is still there.
func (v *visit) missing() {
	if id := v.Param("connection_id"); id != "" {
		if _, err := v.api.Connection(v.Request.Context(), id); err == nil {
			v.say(http.StatusNotFound, notThere)
			return
		}
	}
	v.show(http.StatusNotFound, "message", notThere)
}

// to sends the visitor to another page, after a form: reloading it repeats
// nothing. notice, if any, is shown there once.
func (v *visit) to(path, notice string) error {
	if notice != "" {
		v.site.setCookie(v.Context, noticeCookie, url.QueryEscape(notice), time.Minute)
	}
	v.Redirect(http.StatusSeeOther, v.site.base+path)
	return nil
}

func (s *site) sessionOf(c *gin.Context) (session, bool) {
	sealed, err := c.Cookie(sessionCookie)
	if err != nil {
		return session{}, false
	}
	plain, err := s.Sealer.Open(sealed, sessionPurpose)
	if err != nil {
		return session{}, false
	}
	var found session
	if json.Unmarshal(plain, &found) != nil || found.Token == "" || !s.Now().Before(found.EndsAt) {
		return session{}, false
	}
	return found, true
}

// toSignIn asks who is there. A GET comes back to where it was.
func (s *site) toSignIn(c *gin.Context) {
	target := s.base + "/sign-in"
	if path := c.Request.URL.Path; c.Request.Method == http.MethodGet && path != "/" && !strings.HasSuffix(path, "/events") {
		target += "?next=" + url.QueryEscape(path)
	}
	c.Redirect(http.StatusSeeOther, target)
	c.Abort()
}

type signInPage struct {
	Next  string
	Error string
}

func (s *site) showSignIn(c *gin.Context) {
	s.show(c, http.StatusOK, "sign_in", signInPage{Next: next(c.Query("next"))})
}

// signIn trades a token for a session. Which tokens there are is the API's to
// know.
func (s *site) signIn(c *gin.Context) {
	token := strings.TrimSpace(c.PostForm("token"))
	page := signInPage{Next: next(c.PostForm("next"))}
	if token == "" {
		page.Error = "Enter the token that you were given."
		s.show(c, http.StatusUnprocessableEntity, "sign_in", page)
		return
	}
	who, err := s.client(token).Token(c.Request.Context())
	if problem, refused := errors.AsType[*apiclient.Problem](err); refused && problem.Status == http.StatusUnauthorized {
		if !s.signInsAt.Allow() {
			c.Header("Retry-After", "1") // by then the limit has room
			page.Error = "Too many wrong tokens were tried. Check that you copied yours whole, wait a minute and try again."
			s.show(c, http.StatusTooManyRequests, "sign_in", page)
			return
		}
		page.Error = "No such token. Check that you copied it whole, or ask whoever runs this service for one."
		s.show(c, http.StatusUnauthorized, "sign_in", page)
		return
	}
	if err == nil {
		err = s.remember(c, session{Token: token, Role: role(who.Role), Name: who.Name, EndsAt: s.Now().Add(sessionLasts)})
	}
	if err != nil {
		s.Logger.ErrorContext(c.Request.Context(), "sign in", "err", err)
		s.show(c, http.StatusInternalServerError, "message", ourFault)
		return
	}
	c.Redirect(http.StatusSeeOther, s.base+page.Next)
}

// next is where to go after signing in: an address of ours, or the first page.
func next(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.Contains(path, `\`) {
		return "/"
	}
	return path
}

func (s *site) signOut(v *visit) error {
	s.forget(v.Context)
	return v.to("/sign-in", "")
}

func (s *site) remember(c *gin.Context, who session) error {
	plain, err := json.Marshal(who)
	if err != nil {
		return fmt.Errorf("encode session: %w", err)
	}
	sealed, err := s.Sealer.Seal(plain, sessionPurpose)
	if err != nil {
		return fmt.Errorf("seal session: %w", err)
	}
	s.setCookie(c, sessionCookie, sealed, sessionLasts)
	return nil
}

func (s *site) forget(c *gin.Context) { s.setCookie(c, sessionCookie, "", -time.Second) }

func (s *site) setCookie(c *gin.Context, name, value string, lasts time.Duration) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: name, Value: value, Path: s.base + "/", MaxAge: int(lasts / time.Second),
		Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// notice takes what the page before wanted said.
func (s *site) notice(c *gin.Context) string {
	text, err := c.Cookie(noticeCookie)
	if err != nil || text == "" {
		return ""
	}
	s.setCookie(c, noticeCookie, "", -time.Second)
	return text
}

func isNotFound(err error) bool {
	problem, ok := errors.AsType[*apiclient.Problem](err)
	return ok && problem.Status == http.StatusNotFound
}
