package exampletest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/examples/internal/setup"
)

// Build is an example's newHandler.
type Build func(*setup.Env) (http.Handler, error)

// Start serves an example on a new SQLite database until the test ends, and
// returns its URL. The store is what wrap makes of it; nil leaves it alone.
func Start(t testing.TB, build Build, wrap func(core.Store) core.Store) string {
	t.Helper()
	return start(t, build, wrap, setup.Settings{})
}

// start is Start on the engine of these settings.
func start(t testing.TB, build Build, wrap func(core.Store) core.Store, s setup.Settings) string {
	t.Helper()
	s.DatabaseURL, s.CookieName, s.SecretKey = databases["sqlite"](t), "sessionid", "a key for tests"
	env, err := setup.Open(t.Context(), s, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(env.Close)
	if wrap != nil {
		env.Store = wrap(env.Store)
	}
	handler, err := build(env)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// Routes walks through all routes of an example with a cookie jar, on each engine.
func Routes(t *testing.T, build Build) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, start(t, build, nil, e.settings(t)))
			t.Run("count", func(t *testing.T) { c.t = t; walkCount(c, "/plain", "/untouched") })
			t.Run("page", func(t *testing.T) { c.t = t; walkPage(c, e) })
			t.Run("cart", func(t *testing.T) { c.t = t; walkCart(c, e) })
			t.Run("remember", func(t *testing.T) { c.t = t; walkRemember(c) })
			t.Run("login", func(t *testing.T) { c.t = t; walkLogin(c, e) })
			t.Run("refused", func(t *testing.T) { c.t = t; walkRefused(c) })
		})
	}
}

// Shop walks through all routes of an example without a panel, on a table.
func Shop(t *testing.T, routes func(*core.Manager) http.Handler) {
	e := engine{bare: true}
	c := newClient(t, Start(t, ofShop(routes), nil))
	t.Run("count", func(t *testing.T) { c.t = t; walkCount(c, "/plain") })
	t.Run("page", func(t *testing.T) { c.t = t; walkPage(c, e) })
	t.Run("cart", func(t *testing.T) { c.t = t; walkCart(c, e) })
	t.Run("remember", func(t *testing.T) { c.t = t; walkRemember(c) })
	t.Run("login", func(t *testing.T) { c.t = t; walkLogin(c, e) })
	t.Run("refused", func(t *testing.T) { c.t = t; walkRefused(c) })
}

// ShopFailures is [Failures] for an example without a panel.
func ShopFailures(t *testing.T, routes func(*core.Manager) http.Handler) {
	Failures(t, ofShop(routes))
}

// ofShop is the Build of a program that makes its own Manager.
func ofShop(routes func(*core.Manager) http.Handler) Build {
	return func(env *setup.Env) (http.Handler, error) {
		m, err := core.New(env.Store, core.Config{SecretKey: env.SecretKey, CookieName: env.CookieName})
		if err != nil {
			return nil, err
		}
		return routes(m), nil
	}
}

// StartShop is [Start] for an example without a panel.
func StartShop(t testing.TB, routes func(*core.Manager) http.Handler) string {
	return Start(t, ofShop(routes), nil)
}

func walkCount(c *client, untouched ...string) {
	for _, path := range untouched {
		a := c.get(path)
		c.wantStatus(a, http.StatusOK)
		c.wantNoCookie(a)
		if got := a.Header.Get("Vary"); got != "" {
			c.t.Errorf("%s: got Vary %q, want none: the session was not touched", path, got)
		}
	}
	a := c.get("/peek")
	c.wantJSON(a, "count", 0)
	c.wantNoCookie(a)

	c.wantJSON(c.get("/count"), "count", 1)
	if c.key() == "" {
		c.t.Fatal("/count: got no cookie, want one")
	}
	c.wantJSON(c.get("/count"), "count", 2)
	a = c.get("/peek")
	c.wantJSON(a, "count", 2)
	c.wantNoCookie(a)
	if got := a.Header.Get("Vary"); got != "Cookie" {
		c.t.Errorf("/peek: got Vary %q, want Cookie", got)
	}
}

func walkPage(c *client, e engine) {
	a := c.get("/")
	c.wantStatus(a, http.StatusOK)
	c.wantText(a, "You have been here 3 times", "Hello, stranger")
	if strings.Contains(a.body, c.key()) {
		c.t.Error("/: the page contains the session key, want it masked")
	}
	if e.bare {
		return
	}
	c.wantText(a, "The session is saved",
		e.read, e.saved, e.where, "Set-Cookie: sessionid="+c.key()[:4]+"••••;", "not loaded: no item is known yet")
	if got := strings.Contains(a.body, `class="count"`); got != e.counted {
		c.t.Errorf("/: the panel counts statements or calls: %t, want %t", got, e.counted)
	}
	a = c.get("/untouched")
	c.wantText(a, "The handler does not use the session", "not loaded", "not accessed", "not modified", "not saved")
	if strings.Contains(a.body, "SELECT") || strings.Contains(a.body, "cache Get") || strings.Contains(a.body, "The response begins") {
		c.t.Error("/untouched: the panel speaks of a session that was used")
	}
}

func walkCart(c *client, e engine) {
	for _, do := range []string{"add", "add", "remove"} {
		a := c.post("/cart", url.Values{"item": {"lamp"}, "do": {do}})
		c.wantStatus(a, http.StatusSeeOther)
	}
	a := c.post("/cart", url.Values{"item": {"carpet"}, "do": {"add"}})
	a = c.get(a.Header.Get("Location"))
	c.wantText(a, "1 in the cart", "€ 528.00")
	if !e.bare {
		c.wantText(a, "the form you sent", `{&#34;id&#34;:&#34;lamp&#34;,&#34;quantity&#34;:1}`)
	}
	c.wantStatus(c.post("/cart", url.Values{"item": {"palace"}, "do": {"add"}}), http.StatusBadRequest)
}

func walkRemember(c *client) {
	a := c.post("/remember", url.Values{"keep": {"browser"}})
	if got := a.Header.Get("Set-Cookie"); got == "" || strings.Contains(got, "Max-Age") {
		c.t.Error("remember until the browser closes: want a cookie without Max-Age")
	}
	c.wantText(c.get("/"), `value="browser" checked`)
	a = c.post("/remember", url.Values{"keep": {"weeks"}})
	if got := a.Header.Get("Set-Cookie"); !strings.Contains(got, "Max-Age=1209600") {
		c.t.Error("remember for two weeks: want a cookie with Max-Age=1209600")
	}
	c.wantText(c.get("/"), `value="weeks" checked`)
}

func walkLogin(c *client, e engine) {
	const accept, js = "Accept", "application/json"
	before := c.key()
	c.wantJSON(c.get("/whoami"), "user", "")
	c.wantJSON(c.post("/login", url.Values{"user": {" Ali  Baba "}}, accept, js), "user", "Ali Baba")
	rotated := c.key()
	if rotated == before {
		c.t.Error("/login: the session key is the old one, want a new one")
	}
	c.wantJSON(c.get("/whoami"), "user", "Ali Baba")
	c.wantText(c.get("/"), "Welcome back, Ali Baba", "You have been here")

	a := c.post("/logout", nil)
	c.wantStatus(a, http.StatusSeeOther)
	if got := c.key(); got != "" {
		c.t.Error("/logout: the browser still has a cookie, want none")
	}
	c.wantText(c.get(a.Header.Get("Location")), e.deleted, "This is your first visit")

	a = c.post("/login", url.Values{"user": {"<b>Morgiana</b>"}})
	c.wantStatus(a, http.StatusSeeOther)
	c.wantText(c.get(a.Header.Get("Location")), "&lt;b&gt;Morgiana&lt;/b&gt;", e.rotated)
	c.wantJSON(c.post("/logout", nil, accept, js), "user", "")

	thief := newClient(c.t, c.base)
	a = thief.get("/whoami", "Cookie", "sessionid="+rotated)
	if e.copies {
		thief.wantJSON(a, "user", "Ali Baba")
	} else {
		thief.wantJSON(a, "user", "")
	}
}

func walkRefused(c *client) {
	const html = "text/html,application/xhtml+xml"
	c.wantStatus(c.post("/login", url.Values{"user": {"  "}}), http.StatusBadRequest)
	a := c.get("/no-such-page", "Accept", html)
	c.wantStatus(a, http.StatusNotFound)
	c.wantText(a, "There is no such page")
	a = c.post("/logout", nil, "Sec-Fetch-Site", "cross-site", "Accept", html)
	c.wantStatus(a, http.StatusForbidden)
	c.wantText(a, "That form was not ours")
}

// Failures checks what a visitor sees when the session cannot be loaded, or ends
// in the middle of a request.
func Failures(t *testing.T, build Build) {
	var down, ending bool
	c := newClient(t, Start(t, build, func(s core.Store) core.Store {
		return &faulty{s, &down, &ending}
	}))
	c.wantJSON(c.get("/count"), "count", 1)
	key := c.key()

	down = true
	for path, title := range map[string]string{"/": "We cannot get at your session", "/whoami": "We cannot get at your session"} {
		a := c.get(path, "Accept", "text/html")
		c.wantStatus(a, http.StatusServiceUnavailable)
		c.wantText(a, title, "You have not been logged out")
		c.wantNoCookie(a)
		if a.Header.Get("Retry-After") == "" {
			t.Errorf("%s: got no Retry-After, want one", path)
		}
		if strings.Contains(a.body, "Welcome") || strings.Contains(a.body, "Hello") {
			t.Errorf("%s: the error page contains some of the page that failed", path)
		}
	}
	a := c.get("/count")
	c.wantStatus(a, http.StatusServiceUnavailable)
	c.wantText(a, `"error"`)
	down = false
	if c.key() != key {
		t.Error("after a failure of the store the browser has another cookie, want the same")
	}
	c.wantJSON(c.get("/count"), "count", 2)

	ending = true
	a = c.get("/", "Accept", "text/html")
	c.wantStatus(a, http.StatusBadRequest)
	c.wantText(a, "you logged out in another window")
}

// faulty is a real store on a bad day. The flags change between requests.
type faulty struct {
	core.Store
	down, ending *bool
}

func (s *faulty) Load(ctx context.Context, key string) (core.Record, error) {
	if *s.down {
		return core.Record{}, context.DeadlineExceeded
	}
	return s.Store.Load(ctx, key)
}

func (s *faulty) Update(ctx context.Context, rec core.Record) (string, error) {
	if *s.ending { // somebody logs out just now
		if _, err := s.Delete(ctx, rec.Key); err != nil {
			return "", err
		}
	}
	return s.Store.Update(ctx, rec)
}
