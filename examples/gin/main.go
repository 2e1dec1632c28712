// Command gin is a small shop on Gin: a visit counter, a cart and a log-in, kept in the
// sessions of a database. Run it and open the URL it prints:
//
//	go run ./examples/gin
package main

import (
	"context"
	"errors"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/djinn-go/djinn/adapters/ginsession"
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

func routes(m *core.Manager) *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	r := gin.Default()
	r.SetHTMLTemplate(page.Templates)
	r.Use(errorPages, sameOrigin(), ginsession.Middleware(m))
	r.NoRoute(func(c *gin.Context) { page.WriteProblem(c.Writer, c.Request, http.StatusNotFound) })

	r.GET("/", ginsession.Handle(home))
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
	s := c.Session() // nothing is loaded before the first use
	visits.Update(s, func(n int) int { return n + 1 })
	c.HTML(http.StatusOK, "shop.html", page.Shop{
		Framework: "Gin",
		Visits:    visits.Get(s),
		User:      user.Get(s),
		Cart:      cart.Get(s),
		Remember:  !s.ExpireAtBrowserClose(),
	})
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
	c.Redirect(http.StatusSeeOther, "/")
}

// remember chooses how long the session lives.
func remember(c *ginsession.Context) {
	if c.PostForm("keep") == "browser" {
		c.Session().SetExpiry(0) // until the browser closes
	} else {
		c.Session().ResetExpiry() // what Config says: two weeks
	}
	c.Redirect(http.StatusSeeOther, "/")
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
	c.Redirect(http.StatusSeeOther, "/")
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
