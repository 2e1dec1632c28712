// Command tour is the example shop with a panel on its page that explains what the
// session did in each request, on every engine that SESSION_ENGINE names. Run it and
// open the URL it prints:
//
//	go run ./examples/tour
//
// How a program of your own is put together is easier to see in examples/gin, echo and
// chi.
package main

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/djinn-go/djinn/adapters/ginsession"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/examples/internal/page"
	"github.com/djinn-go/djinn/examples/internal/setup"
	"github.com/djinn-go/djinn/examples/internal/shop"
	"github.com/djinn-go/djinn/examples/internal/trace"
)

// What the session holds. Each key knows the type of its item.
const (
	visits core.Key[int]       = "count"
	user   core.Key[string]    = "user"
	cart   core.Key[shop.Cart] = "cart"
)

func main() { setup.Main(newHandler) }

// newHandler ties the store to the settings, and the routes to both.
func newHandler(env *setup.Env) (http.Handler, error) {
	m, err := core.New(env.Store, core.Config{
		SecretKey:  env.SecretKey,
		CookieName: env.CookieName,
		CookieAge:  env.CookieAge,
		Observer:   trace.Observe, // for the panel at the foot of the page
	})
	if err != nil {
		return nil, err
	}
	return trace.Handler(env.CookieName, env.Engine, routes(m)), nil
}

func routes(m *core.Manager) *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	r := gin.Default()
	r.SetHTMLTemplate(page.Templates)
	r.Use(errorPages, sameOrigin(), ginsession.Middleware(m))
	r.NoRoute(func(c *gin.Context) { page.WriteProblem(c.Writer, c.Request, http.StatusNotFound) })

	r.GET("/", ginsession.Handle(home))
	r.GET("/untouched", untouched)
	r.POST("/cart", ginsession.Handle(changeCart))
	r.POST("/remember", ginsession.Handle(remember))
	r.POST("/login", ginsession.Handle(login))
	r.POST("/logout", ginsession.Handle(logout))

	r.GET("/count", ginsession.Handle(count))
	r.GET("/peek", ginsession.Handle(peek))
	r.GET("/plain", plain)
	r.GET("/whoami", ginsession.Handle(whoami))
	return r
}

// home counts the visit and shows the page.
func home(c *ginsession.Context) {
	view := page.New("Gin", c.Request)
	s := c.Session() // nothing is loaded before the first use

	visits.Update(s, func(n int) int { return n + 1 })
	view.Visits = visits.Get(s)
	view.User = user.Get(s)
	view.Cart = cart.Get(s)
	view.Remember = !s.ExpireAtBrowserClose()
	c.HTML(http.StatusOK, "home.html", view)
}

// untouched is behind the session middleware too, and does not use the session.
func untouched(c *gin.Context) {
	c.HTML(http.StatusOK, "untouched.html", page.New("Gin", c.Request))
}

// changeCart puts an item into the cart or takes one out.
func changeCart(c *ginsession.Context) {
	item, change := c.PostForm("item"), shop.Cart.Add
	if !shop.Known(item) {
		fail(c.Context, http.StatusBadRequest, errors.New("cart: no such item"))
		return
	}
	if c.PostForm("do") == "remove" {
		change = shop.Cart.Remove
	}
	cart.Update(c.Session(), func(lines shop.Cart) shop.Cart { return change(lines, item) })
	c.Redirect(http.StatusSeeOther, page.Back(c.Request))
}

// remember chooses how long the session lives.
func remember(c *ginsession.Context) {
	if c.PostForm("keep") == "browser" {
		c.Session().SetExpiry(0) // until the browser closes
	} else {
		c.Session().ResetExpiry() // what Config says: two weeks
	}
	c.Redirect(http.StatusSeeOther, page.Back(c.Request))
}

// login gives the session a new key, so that one which somebody planted before is
// worth nothing afterwards.
func login(c *ginsession.Context) {
	name, ok := shop.UserName(c.PostForm("user"))
	if !ok {
		fail(c.Context, http.StatusBadRequest, errors.New("login: the form field user is missing or too long"))
		return
	}
	c.Session().CycleKey()
	user.Set(c.Session(), name)
	done(c, name)
}

// logout ends the session, with all that is in it.
func logout(c *ginsession.Context) {
	c.Session().Flush()
	done(c, "")
}

// done answers a script with JSON and sends a browser back to the page.
func done(c *ginsession.Context, name string) {
	if c.NegotiateFormat(gin.MIMEHTML, gin.MIMEJSON) == gin.MIMEJSON {
		c.JSON(http.StatusOK, gin.H{"user": name})
		return
	}
	c.Redirect(http.StatusSeeOther, page.Back(c.Request))
}

func count(c *ginsession.Context) {
	visits.Update(c.Session(), func(n int) int { return n + 1 })
	c.JSON(http.StatusOK, gin.H{"count": visits.Get(c.Session())})
}

func peek(c *ginsession.Context) {
	c.JSON(http.StatusOK, gin.H{"count": visits.Get(c.Session())})
}

func plain(c *gin.Context) {
	c.JSON(http.StatusOK, gin.H{"session": "untouched"})
}

func whoami(c *ginsession.Context) {
	c.JSON(http.StatusOK, gin.H{"user": user.Get(c.Session())})
}
