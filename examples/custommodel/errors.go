package main

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/djinn-go/djinn/core"
)

// Errors of the visitor's.
var (
	errNoPage   = errors.New("there is no such page")
	errNoDevice = errors.New("this account has no such session")
	errToken    = errors.New("the form does not have the token of this session")
)

// errorPages shows what went wrong as a page. It goes around the session
// middleware, which reports a session that cannot be loaded or saved as every
// Gin middleware should: with a status and c.Error.
func errorPages(c *gin.Context) {
	c.Next()
	if last := c.Errors.Last(); last != nil && !c.Writer.Written() {
		if c.Writer.Status() == http.StatusServiceUnavailable {
			c.Header("Retry-After", "5")
		}
		c.HTML(c.Writer.Status(), "problem.html", problemOf(c.Writer.Status(), last.Err))
	}
}

// fail leaves an error to errorPages.
func fail(c *gin.Context, status int, err error) {
	c.Status(status)
	_ = c.Error(err)
	c.Abort()
}

// sameOrigin refuses forms that another site sends: those for signing in, too, which
// have no session yet and so no token.
func sameOrigin() gin.HandlerFunc {
	csrf := http.NewCrossOriginProtection()
	return func(c *gin.Context) {
		if err := csrf.Check(c.Request); err != nil {
			fail(c, http.StatusForbidden, err)
		}
	}
}

// problem is what the visitor is told when something went wrong, and where to go.
type problem struct {
	Status      int
	Title, Text string
	Path, Link  string
}

func problemOf(status int, err error) problem {
	p := problem{status, http.StatusText(status), "Please go back and try again.", "/", "Go to your devices"}
	switch {
	case errors.Is(err, core.ErrInterrupted):
		p.Title = "You were signed out"
		p.Text = "Your session ended while this request was under way. Sign in to see how things stand."
		p.Path, p.Link = "/login", "Sign in"
	case errors.Is(err, errNoDevice):
		p.Title = "You have no such session"
		p.Text = "It may have been signed out already. Your list of devices is up to date."
	case status == http.StatusForbidden:
		p.Title = "That form was not ours"
		p.Text = "It came from another site, or from a page that you opened before you signed in. Nothing was changed."
	case status == http.StatusNotFound:
		p.Title = "There is no such page"
		p.Text = "The address may be mistyped."
	case status == http.StatusMethodNotAllowed:
		p.Title = "That is not a page"
		p.Text = "It takes a button to do this, not an address. Nothing was changed."
	case status == http.StatusServiceUnavailable:
		p.Title = "We cannot get at your session right now"
		p.Text = "You have not been signed out. Please try again in a moment."
		p.Link = "Try again"
	}
	return p
}
