package main

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/djinn-go/djinn/adapters/ginsession"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/auth"
	"github.com/djinn-go/djinn/gormstore"
)

// What the session holds, besides what core/auth keeps there. Nobody has a session
// who is not signed in.
const (
	csrfToken core.Key[string] = "csrf_token" // every form sends it along
	message   core.Key[string] = "message"    // shown once, on the next page
)

// site is what the handlers need.
type site struct {
	devices    *gormstore.Store[DeviceSession]
	accounts   accounts
	logins     *auth.Auth
	cookieName string
}

// signedIn makes a Gin handler of one for those who are signed in, whose forms have
// the token of their session.
func (s *site) signedIn(h func(c *ginsession.Context, who account)) gin.HandlerFunc {
	return ginsession.Handle(func(c *ginsession.Context) {
		who, ok, err := s.user(c)
		switch {
		case err != nil:
			fail(c.Context, core.StatusCode(err), err)
		case !ok:
			c.Redirect(http.StatusSeeOther, s.loginPath(c))
		case c.Request.Method != http.MethodGet && !tokenFits(c):
			fail(c.Context, http.StatusForbidden, errToken)
		default:
			h(c, who)
		}
	})
}

// user returns who is signed in.
func (s *site) user(c *ginsession.Context) (account, bool, error) {
	return auth.GetUser(c.Request.Context(), s.logins, c.Session(), s.accounts.byID)
}

// tokenFits reports whether a form comes from a page that this session was shown.
func tokenFits(c *ginsession.Context) bool {
	token := csrfToken.Get(c.Session())
	return token != "" && subtle.ConstantTimeCompare([]byte(c.PostForm("csrf_token")), []byte(token)) == 1
}

// loginPath is where somebody who is not signed in is sent. Cookies are given to
// those who sign in and to nobody else, so who has one was signed in before. Why that
// is over, whether by another browser, a new password or time, is not known any more.
func (s *site) loginPath(c *ginsession.Context) string {
	if _, err := c.Cookie(s.cookieName); err == nil {
		return "/login?why=ended"
	}
	return "/login"
}

// reasons are what the log-in page says to those who did not ask for it.
var reasons = map[string]string{
	"ended": "You were signed out.",
	"left":  "You have signed out.",
}

// loginForm is what the log-in page shows.
type loginForm struct {
	Username string
	Reason   string
	Wrong    bool
}

// Demos are the accounts for those who look around.
func (loginForm) Demos() []Demo { return demos }

func (s *site) loginPage(c *ginsession.Context) {
	_, ok, err := s.user(c)
	switch {
	case err != nil:
		fail(c.Context, core.StatusCode(err), err)
	case ok:
		c.Redirect(http.StatusSeeOther, "/")
	default:
		c.HTML(http.StatusOK, "login.html", loginForm{Reason: reasons[c.Query("why")]})
	}
}

// login checks the password and begins a session, under a new key.
func (s *site) login(c *ginsession.Context) {
	name := strings.TrimSpace(c.PostForm("username"))
	who, ok, err := s.accounts.authenticate(c.Request.Context(), name, c.PostForm("password"))
	if err != nil {
		fail(c.Context, core.StatusCode(err), err)
		return
	}
	if !ok {
		c.HTML(http.StatusUnprocessableEntity, "login.html", loginForm{Username: name, Wrong: true})
		return
	}
	if err := s.logins.Login(c.Session(), who.forSession()); err != nil {
		fail(c.Context, http.StatusInternalServerError, err)
		return
	}
	csrfToken.Set(c.Session(), rand.Text())
	c.Redirect(http.StatusSeeOther, "/")
}

// logout ends this browser's session.
func (s *site) logout(c *ginsession.Context, _ account) {
	s.logins.Logout(c.Session())
	c.Redirect(http.StatusSeeOther, "/login?why=left")
}
