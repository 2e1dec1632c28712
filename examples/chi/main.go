// Command chi is a small shop on chi, and for all that matters on net/http: a visit
// counter, a cart and a log-in, kept in the sessions of a database. Run it and open the
// URL it prints:
//
//	go run ./examples/chi
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"gorm.io/gorm"

	"github.com/djinn-go/djinn/adapters/chisession"
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

func routes(m *core.Manager) *chi.Mux {
	r := chi.NewRouter()
	// Refuse forms that another site sends with the visitor's cookie.
	csrf := http.NewCrossOriginProtection()
	csrf.SetDenyHandler(problem(http.StatusForbidden))
	r.Use(middleware.Recoverer, csrf.Handler, chisession.Middleware(m, chisession.WithErrorHandler(sessionError)))
	r.NotFound(problem(http.StatusNotFound))

	r.Get("/", home)
	r.Post("/cart", changeCart)
	r.Post("/remember", remember)
	r.Post("/login", login)
	r.Post("/logout", logout)

	r.Get("/count", count)
	r.Get("/peek", peek)
	r.Get("/plain", plain)
	r.Get("/whoami", whoami)
	return r
}

// home counts the visit and shows the page.
func home(w http.ResponseWriter, r *http.Request) {
	s := chisession.From(r) // nothing is loaded before the first use
	visits.Update(s, func(n int) int { return n + 1 })
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = page.Templates.ExecuteTemplate(w, "shop.html", page.Shop{
		Framework: "chi",
		Visits:    visits.Get(s),
		User:      user.Get(s),
		Cart:      cart.Get(s),
		Remember:  !s.ExpireAtBrowserClose(),
	}) // the client may have gone
}

// changeCart puts an item into the cart or takes one out.
func changeCart(w http.ResponseWriter, r *http.Request) {
	item, change := r.PostFormValue("item"), shop.Cart.Add
	if !shop.Known(item) {
		page.WriteProblem(w, r, http.StatusBadRequest)
		return
	}
	if r.PostFormValue("do") == "remove" {
		change = shop.Cart.Remove
	}
	cart.Update(chisession.From(r), func(lines shop.Cart) shop.Cart { return change(lines, item) })
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// remember chooses how long the session lives.
func remember(w http.ResponseWriter, r *http.Request) {
	if r.PostFormValue("keep") == "browser" {
		chisession.From(r).SetExpiry(0) // until the browser closes
	} else {
		chisession.From(r).ResetExpiry() // what Config says: two weeks
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// login gives the session a new key, so that one which somebody planted before is
// worth nothing afterwards.
func login(w http.ResponseWriter, r *http.Request) {
	name, ok := shop.UserName(r.PostFormValue("user"))
	if !ok {
		page.WriteProblem(w, r, http.StatusBadRequest)
		return
	}
	s := chisession.From(r)
	s.CycleKey()
	user.Set(s, name)
	done(w, r, name)
}

// logout ends the session, with all that is in it.
func logout(w http.ResponseWriter, r *http.Request) {
	chisession.From(r).Flush()
	done(w, r, "")
}

// done answers a script with JSON and sends a browser back to the page.
func done(w http.ResponseWriter, r *http.Request, name string) {
	if page.WantsJSON(r) {
		writeJSON(w, map[string]any{"user": name})
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func count(w http.ResponseWriter, r *http.Request) {
	s := chisession.From(r)
	visits.Update(s, func(n int) int { return n + 1 })
	writeJSON(w, map[string]any{"count": visits.Get(s)})
}

func peek(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, map[string]any{"count": visits.Get(chisession.From(r))})
}

func plain(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, map[string]any{"session": "untouched"})
}

func whoami(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, map[string]any{"user": user.Get(chisession.From(r))})
}

func writeJSON(w http.ResponseWriter, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body) // the client may have gone
}
