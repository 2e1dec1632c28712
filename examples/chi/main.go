// Command chi is the example shop on chi, and for all that matters on net/http.
// Run it and open the URL it prints:
//
//	go run ./examples/chi
package main

import (
	"encoding/json"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/djinn-go/djinn/adapters/chisession"
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
		SecretKey:    env.SecretKey,
		CookieName:   env.CookieName,
		CookieAge:    env.CookieAge,
		ErrorHandler: sessionError,
		Observer:     trace.Observe, // for the panel at the foot of the page
	})
	if err != nil {
		return nil, err
	}
	return trace.Handler(env.CookieName, env.Engine, routes(m)), nil
}

func routes(m *core.Manager) *chi.Mux {
	r := chi.NewRouter()
	// Refuse forms that another site sends with the visitor's cookie.
	csrf := http.NewCrossOriginProtection()
	csrf.SetDenyHandler(problem(http.StatusForbidden))
	r.Use(middleware.Recoverer, csrf.Handler, chisession.Middleware(m))
	r.NotFound(problem(http.StatusNotFound))

	r.Get("/", home)
	r.Get("/untouched", untouched)
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
	view := page.New("chi", r)
	s := chisession.From(r) // nothing is loaded before the first use

	visits.Update(s, func(n int) int { return n + 1 })
	view.Visits = visits.Get(s)
	view.User = user.Get(s)
	view.Cart = cart.Get(s)
	view.Remember = !s.ExpireAtBrowserClose()
	render(w, "home.html", view)
}

// untouched is behind the session middleware too, and does not use the session.
func untouched(w http.ResponseWriter, r *http.Request) {
	render(w, "untouched.html", page.New("chi", r))
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
	http.Redirect(w, r, page.Back(r), http.StatusSeeOther)
}

// remember chooses how long the session lives.
func remember(w http.ResponseWriter, r *http.Request) {
	if r.PostFormValue("keep") == "browser" {
		chisession.From(r).SetExpiry(0) // until the browser closes
	} else {
		chisession.From(r).ResetExpiry() // what Config says: two weeks
	}
	http.Redirect(w, r, page.Back(r), http.StatusSeeOther)
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
	http.Redirect(w, r, page.Back(r), http.StatusSeeOther)
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

func render(w http.ResponseWriter, name string, view *page.View) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = page.Templates.ExecuteTemplate(w, name, view) // the client may have gone
}

func writeJSON(w http.ResponseWriter, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body) // the client may have gone
}
