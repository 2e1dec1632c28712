// Command echo is a small shop on Echo: a visit counter, a cart and a log-in, kept in
// the sessions of a database. Run it and open the URL it prints:
//
//	go run ./examples/echo
package main

import (
	"context"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"gorm.io/gorm"

	"github.com/djinn-go/djinn/adapters/echosession"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/examples/internal/page"
	"github.com/djinn-go/djinn/examples/internal/setup"
	"github.com/djinn-go/djinn/examples/internal/shop"
	"github.com/djinn-go/djinn/gormstore"
)

// What the session holds. Each key knows the type of its item.
const (
	visits core.Key[int]       = "count"
	user   core.Key[string]    = "user"
	cart   core.Key[shop.Cart] = "cart"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

// run opens the database and serves the shop until ctx ends.
func run(ctx context.Context) error {
	settings, err := setup.Shop(os.Getenv, os.Stderr) // ADDR, DATABASE_URL, SECRET_KEY, …
	if err != nil {
		return err
	}
	db, err := gorm.Open(settings.Dialector, settings.GORM) // sqlite.Open("…"), &gorm.Config{}
	if err != nil {
		return err
	}
	store, err := gormstore.New(db) // the table django_session
	if err != nil {
		return err
	}
	if err := store.Migrate(ctx); err != nil {
		return err
	}
	m, err := core.New(store, core.Config{
		SecretKey:  settings.SecretKey,
		CookieName: settings.CookieName,
	})
	if err != nil {
		return err
	}
	go m.ClearPeriodically(ctx, time.Hour, core.ClearOptions{})
	return setup.Serve(ctx, settings.Addr, routes(m), os.Stdout)
}

func routes(m *core.Manager) *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = errorPage
	e.Renderer = &echo.TemplateRenderer{Template: page.Templates}
	e.Use(middleware.Recover(), sameOrigin(), echosession.Middleware(m))

	e.GET("/", echosession.Handle(home))
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
	s := c.Session() // nothing is loaded before the first use
	visits.Update(s, func(n int) int { return n + 1 })
	return c.Render(http.StatusOK, "shop.html", page.Shop{
		Framework: "Echo",
		Visits:    visits.Get(s),
		User:      user.Get(s),
		Cart:      cart.Get(s),
		Remember:  !s.ExpireAtBrowserClose(),
	})
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
	return c.Redirect(http.StatusSeeOther, "/")
}

// remember chooses how long the session lives.
func remember(c *echosession.Context) error {
	if c.FormValue("keep") == "browser" {
		c.Session().SetExpiry(0) // until the browser closes
	} else {
		c.Session().ResetExpiry() // what Config says: two weeks
	}
	return c.Redirect(http.StatusSeeOther, "/")
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
	return c.Redirect(http.StatusSeeOther, "/")
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
