package main

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/djinn-go/djinn/adapters/ginsession"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/auth"
)

// The items that Go's pages use. Django's views know them by the same names.
const (
	goCount     core.Key[int]    = "go_count"
	djangoCount core.Key[int]    = "django_count"
	nickname    core.Key[string] = "nickname"
)

// maxNickname is the length of the longest nickname, in bytes.
const maxNickname = 60

// site is the part of the site that has moved to Go.
type site struct {
	logins   *auth.Auth
	accounts accounts
}

// home greets whoever is logged in, on whichever side that was.
func (s *site) home(c *ginsession.Context) {
	user, ok, err := auth.GetUser(c.Request.Context(), s.logins, c.Session(), s.accounts.byID)
	if err != nil {
		fail(c.Context, core.StatusCode(err), err)
		return
	}
	c.HTML(http.StatusOK, "home.html", gin.H{
		"LoggedIn":    ok,
		"User":        user,
		"GoCount":     goCount.Get(c.Session()),
		"DjangoCount": djangoCount.Get(c.Session()),
		"Nickname":    nickname.Get(c.Session()),
		"MaxNickname": maxNickname,
		"Items":       items(c.Session()),
	})
}

// count changes an item that Django shows. Update runs again if another request,
// Django's or Go's, was faster.
func (s *site) count(c *ginsession.Context) {
	goCount.Update(c.Session(), func(n int) int { return n + 1 })
	c.Redirect(http.StatusSeeOther, "/")
}

// rename sets the nickname that Django's profile page shows.
func (s *site) rename(c *ginsession.Context) {
	name := strings.Join(strings.Fields(strings.ToValidUTF8(c.PostForm("nickname"), "")), " ")
	switch {
	case len(name) > maxNickname:
		fail(c.Context, http.StatusBadRequest, errors.New("nickname: too long"))
		return
	case name == "":
		nickname.Delete(c.Session())
	default:
		nickname.Set(c.Session(), name)
	}
	c.Redirect(http.StatusSeeOther, "/")
}

func (s *site) loginPage(c *ginsession.Context) {
	c.HTML(http.StatusOK, "login.html", loginForm{})
}

// loginForm is what the log-in page shows.
type loginForm struct {
	Username string
	Wrong    bool
}

// DemoUser and DemoPassword are for those who look around.
func (loginForm) DemoUser() string { return demoUser }

// DemoPassword is the password of DemoUser.
func (loginForm) DemoPassword() string { return demoPassword }

// login logs in a user of Django's, for both sides: Django's request.user knows
// them from now on.
func (s *site) login(c *ginsession.Context) {
	name := strings.TrimSpace(c.PostForm("username"))
	user, ok, err := s.accounts.authenticate(c.Request.Context(), name, c.PostForm("password"))
	if errors.Is(err, errHasher) {
		c.Redirect(http.StatusSeeOther, "/accounts/login/") // Django can
		return
	}
	if err != nil {
		fail(c.Context, core.StatusCode(err), err)
		return
	}
	if !ok {
		c.HTML(http.StatusUnprocessableEntity, "login.html", loginForm{Username: name, Wrong: true})
		return
	}
	if err := s.logins.Login(c.Session(), user.forSession()); err != nil {
		fail(c.Context, http.StatusInternalServerError, err)
		return
	}
	// As Django does at a log-in, make a CSRF token worthless that somebody may
	// have planted before: Django gives out a new one with its next form.
	c.SetCookie("csrftoken", "", -1, "/", "", false, false)
	c.Redirect(http.StatusSeeOther, "/")
}

// logout ends the session: the visitor is anonymous on both sides.
func (s *site) logout(c *ginsession.Context) {
	s.logins.Logout(c.Session())
	c.Redirect(http.StatusSeeOther, "/")
}
