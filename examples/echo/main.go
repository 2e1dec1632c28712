// Command echo is the example shop on Echo. Run it and open the URL it prints:
//
//	go run ./examples/echo
package main

import (
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/djinn-go/djinn/adapters/echosession"
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

func routes(m *core.Manager) *echo.Echo {
	e := echo.New()
	e.HTTPErrorHandler = errorPage
	e.Use(middleware.Recover(), sameOrigin(), echosession.Middleware(m))

	e.GET("/", echosession.Handle(home))
	e.GET("/untouched", untouched)
	e.POST("/cart", echosession.Handle(changeCart))
	e.POST("/remember", echosession.Handle(remember))
	e.POST("/login", echosession.Handle(login))
	e.POST("/logout", echosession.Handle(logout))

	e.GET("/count", echosession.Handle(count))
	e.GET("/peek", echosession.Handle(peek))
	e.GET("/plain", plain)
	e.GET("/whoami", echosession.Handle(whoami))
	return e
}

// home counts the visit and shows the page.
func home(c *echosession.Context) error {
	view := page.New("Echo", c.Request())
	s := c.Session() // nothing is loaded before the first use

	visits.Update(s, func(n int) int { return n + 1 })
	view.Visits = visits.Get(s)
	view.User = user.Get(s)
	view.Cart = cart.Get(s)
	view.Remember = !s.ExpireAtBrowserClose()
	return render(c, "home.html", view)
}

// untouched is behind the session middleware too, and does not use the session.
func untouched(c echo.Context) error {
	return render(c, "untouched.html", page.New("Echo", c.Request()))
}

// render writes straight to the response. Echo's own c.Render fills a buffer
// first, and the foot of the page could not tell yet how the session was saved.
func render(c echo.Context, name string, view *page.View) error {
	c.Response().Header().Set(echo.HeaderContentType, echo.MIMETextHTMLCharsetUTF8)
	return page.Templates.ExecuteTemplate(c.Response(), name, view)
}

// changeCart puts an item into the cart or takes one out.
func changeCart(c *echosession.Context) error {
	item, change := c.FormValue("item"), shop.Cart.Add
	if !shop.Known(item) {
		return echo.NewHTTPError(http.StatusBadRequest, "no such item")
	}
	if c.FormValue("do") == "remove" {
		change = shop.Cart.Remove
	}
	cart.Update(c.Session(), func(lines shop.Cart) shop.Cart { return change(lines, item) })
	return c.Redirect(http.StatusSeeOther, page.Back(c.Request()))
}

// remember chooses how long the session lives.
func remember(c *echosession.Context) error {
	if c.FormValue("keep") == "browser" {
		c.Session().SetExpiry(0) // until the browser closes
	} else {
		c.Session().ResetExpiry() // what Config says: two weeks
	}
	return c.Redirect(http.StatusSeeOther, page.Back(c.Request()))
}

// login gives the session a new key, so that one which somebody planted before is
// worth nothing afterwards.
func login(c *echosession.Context) error {
	name, ok := shop.UserName(c.FormValue("user"))
	if !ok {
		return echo.NewHTTPError(http.StatusBadRequest, "the form field user is missing or too long")
	}
	c.Session().CycleKey()
	user.Set(c.Session(), name)
	return done(c, name)
}

// logout ends the session, with all that is in it.
func logout(c *echosession.Context) error {
	c.Session().Flush()
	return done(c, "")
}

// done answers a script with JSON and sends a browser back to the page.
func done(c *echosession.Context, name string) error {
	if page.WantsJSON(c.Request()) {
		return c.JSON(http.StatusOK, echo.Map{"user": name})
	}
	return c.Redirect(http.StatusSeeOther, page.Back(c.Request()))
}

func count(c *echosession.Context) error {
	visits.Update(c.Session(), func(n int) int { return n + 1 })
	return c.JSON(http.StatusOK, echo.Map{"count": visits.Get(c.Session())})
}

func peek(c *echosession.Context) error {
	return c.JSON(http.StatusOK, echo.Map{"count": visits.Get(c.Session())})
}

func plain(c echo.Context) error {
	return c.JSON(http.StatusOK, echo.Map{"session": "untouched"})
}

func whoami(c *echosession.Context) error {
	return c.JSON(http.StatusOK, echo.Map{"user": user.Get(c.Session())})
}
