package adaptertest

import (
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/djinn-go/djinn/core"
)

var cookieCases = []testCase{
	{"cookie/junk", 3, "anybody could make the site ask its store for nonsense, or answer 500", junkCookies},
	{"cookie/unknown-key", 3, "an attacker could plant a key and wait for its victim to log in", unknownKey},
	{"cookie/none-is-new", 3, "two visitors would share a session", newKeys},
	{"cookie/unknown-read", 13, "a page that only reads takes away the cookie of a log-in that was faster, or of another program on the host", unknownRead},
	{"cookie/stale-read", 13, "a slow page that ends after a log-in gives the browser the old cookie back: logged out", staleRead},
	{"cookie/stale-set", 13, "so does one that sets an item to what it was", staleSet},
	{"cookie/stale-extend", 13, "so does every page of a site that extends sessions with every request", staleExtend},
	{"cookie/stale-logout", 13, "a slow page that ends after a log-out and a new log-in takes the new cookie away", staleLogout},
}

// junkCookies asks the handler itself: no client sends all of these.
func junkCookies(e *env) {
	e.start(App{})
	junk := map[string]string{
		"empty":        "",
		"too short":    "abc",
		"over-long":    strings.Repeat("a", 10_000),
		"quoted":       `"` + strings.Repeat("a", 32) + `"`,
		"NUL":          strings.Repeat("a", 31) + "\x00",
		"not ASCII":    strings.Repeat("é", 16),
		"a path":       "../../../../../../../etc/passwd.",
		"SQL":          "' OR session_key LIKE '%' --     ",
		"sent twice":   strings.Repeat("a", 32) + "; " + cookieName + "=" + strings.Repeat("b", 32),
		"comma joined": strings.Repeat("a", 32) + "," + strings.Repeat("b", 32),
	}
	for name, value := range junk {
		r := httptest.NewRequest(http.MethodGet, "/peek", nil)
		r.Header["Cookie"] = []string{cookieName + "=" + value}
		w := httptest.NewRecorder()
		e.handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK || w.Body.String() != "<nil>" {
			e.errorf("a cookie that is %s: got status %d and body %q, want 200 and an anonymous visitor", name, w.Code, w.Body)
		}
		e.wantCalls("a cookie that is "+name, "")
	}
}

func unknownKey(e *env) {
	e.start(App{})
	planted := core.NewSessionKey()
	r := e.request(http.MethodGet, "/seed")
	r.Header.Set("Cookie", cookieName+"="+planted)
	a, err := e.send(e.client, r)
	if err != nil {
		e.fatalf("%v", err)
	}
	e.wantCookies(a, 1)
	if got := e.cookie(); got == planted || got == "" {
		e.errorf("a planted key: got it adopted: %t, a cookie: %t; want a new key", got == planted, got != "")
	}
	e.wantUser("aladdin")
}

func unknownRead(e *env) {
	e.start(App{})
	for _, path := range []string{"/peek", "/flush"} {
		r := e.request(http.MethodGet, path)
		r.Header.Set("Cookie", cookieName+"="+core.NewSessionKey())
		a, err := e.send(e.client, r)
		if err != nil {
			e.fatalf("%v", err)
		}
		e.wantStatus(a, http.StatusOK)
		e.wantCookies(a, 0)
	}
}

func staleRead(e *env) { stale(e, false, func(s *core.Session) { s.Get("user") }) }

func staleSet(e *env) { stale(e, false, func(s *core.Session) { s.Set("user", "aladdin") }) }

func staleExtend(e *env) { stale(e, true, func(*core.Session) {}) }

// stale lets a slow request use the session, while the visitor logs in elsewhere, which
// gives the session another key. What the slow one answers then must leave the browser's
// cookie alone.
func stale(e *env, everyRequest bool, use func(*core.Session)) {
	e.m = e.manager(func(cfg *core.Config) { cfg.SaveEveryRequest = everyRequest })
	began, goOn := make(chan struct{}), make(chan struct{})
	e.start(App{Routes: map[string]func(Ctx){
		"/slow": func(c Ctx) {
			use(c.Session())
			close(began)
			<-goOn
			c.String(http.StatusOK, "slow")
		},
		"/login": func(c Ctx) {
			c.Session().CycleKey()
			c.Session().Set("user", "jasmine")
			c.String(http.StatusOK, "welcome")
		},
	}})
	e.seed()
	slow := e.request(http.MethodGet, "/slow")
	done := make(chan *answer, 1)
	go func() {
		a, err := e.send(e.client, slow)
		if err != nil {
			e.errorf("%v", err)
		}
		done <- a
	}()
	<-began
	e.wantBody(e.get("/login"), http.StatusOK, "welcome")
	close(goOn)
	if a := <-done; a != nil {
		e.wantCookies(a, 0)
	}
	e.wantUser("jasmine")
}

// staleLogout: the slow request has seen a session that ended meanwhile.
func staleLogout(e *env) {
	began, goOn := make(chan struct{}), make(chan struct{})
	e.start(App{Routes: map[string]func(Ctx){
		"/slow": func(c Ctx) {
			close(began)
			<-goOn
			c.Session().Get("user") // unknown by now
			c.String(http.StatusOK, "slow")
		},
	}})
	e.seed()
	slow := e.request(http.MethodGet, "/slow")
	done := make(chan *answer, 1)
	go func() {
		a, err := e.send(e.client, slow)
		if err != nil {
			e.errorf("%v", err)
		}
		done <- a
	}()
	<-began
	e.wantBody(e.get("/flush"), http.StatusOK, "bye")
	e.wantBody(e.get("/seed"), http.StatusOK, "seeded")
	close(goOn)
	if a := <-done; a != nil {
		e.wantCookies(a, 0)
	}
	e.wantUser("aladdin")
}

func newKeys(e *env) {
	e.start(App{})
	e.seed()
	first := e.cookie()
	e.client = e.browser()
	e.seed()
	if e.cookie() == first {
		e.errorf("a second visitor got the first one's key")
	}
}
