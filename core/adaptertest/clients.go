package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/djinn-go/djinn/core"
)

var clientCases = []testCase{
	{"client/known", 4, "a user could not tell which of the sessions to end", clientKnown},
	{"client/forged", 4, "an intruder's session would show an address of the intruder's choice", clientForged},
	{"client/config", 4, "behind a proxy every session would show the proxy's address", clientConfig},
	{"client/after-request", 4, "a goroutine would take the next visitor for its own", clientAfterRequest},
}

// agent is what the browser of a case calls itself.
const agent = "adaptertest/1"

// whoSends is a program that answers with the client, as the handler and the
// observer (and so the store) see it.
func whoSends(e *env, clientIP func(*http.Request) string) {
	var mu sync.Mutex
	saved := ""
	e.m = e.manager(func(cfg *core.Config) {
		cfg.ClientIP = clientIP
		cfg.Observer = func(ctx context.Context, _ core.Event) {
			mu.Lock()
			defer mu.Unlock()
			saved = clientText(ctx)
		}
	})
	e.route("/who", func(c Ctx) {
		s := c.Session()
		s.Set("user", "aladdin")
		if err := s.Save(c.Request().Context()); err != nil {
			e.errorf("Save: got %v, want nil", err)
		}
		mu.Lock()
		defer mu.Unlock()
		c.String(http.StatusOK, clientText(c.Request().Context())+", saved for "+saved)
	})
}

func clientText(ctx context.Context) string {
	client, ok := core.ClientInfoFrom(ctx)
	if !ok {
		return "nobody"
	}
	return fmt.Sprint(client.IP, " ", client.UserAgent)
}

// wantClient sends a request with the headers in which proxies tell an address.
func (e *env) wantClient(forwarded, ip string) {
	r := e.request(http.MethodGet, "/who")
	r.Header.Set("User-Agent", agent)
	if forwarded != "" {
		for _, name := range []string{"X-Forwarded-For", "X-Real-Ip", "True-Client-Ip"} {
			r.Header.Set(name, forwarded)
		}
	}
	a, err := e.send(e.client, r)
	if err != nil {
		e.fatalf("%v", err)
	}
	who := ip + " " + agent
	e.wantBody(a, http.StatusOK, who+", saved for "+who)
}

func clientKnown(e *env) {
	whoSends(e, nil)
	e.wantClient("", "127.0.0.1")
}

func clientForged(e *env) {
	whoSends(e, nil)
	e.wantClient("203.0.113.7", "127.0.0.1")
}

func clientConfig(e *env) {
	whoSends(e, func(r *http.Request) string { return r.Header.Get("X-Real-Ip") })
	e.wantClient("203.0.113.7", "203.0.113.7")
	e.wantClient("", "127.0.0.1")
}

func clientAfterRequest(e *env) {
	var mu sync.Mutex
	var kept context.Context
	e.route("/who", func(c Ctx) {
		mu.Lock()
		defer mu.Unlock()
		kept = c.Request().Context()
		c.String(http.StatusOK, "kept")
	})
	e.wantBody(e.get("/who"), http.StatusOK, "kept")
	e.get("/plain")
	e.stop() // waits until the handlers have returned
	mu.Lock()
	defer mu.Unlock()
	if got := clientText(kept); got != "nobody" {
		e.errorf("core.ClientInfoFrom after the request: got %q, want no client", got)
	}
}

// errFull is why a store of the application's refuses.
var errFull = fmt.Errorf("%w: five devices are enough for 10.1.2.3", core.ErrRefused)

func refused(e *env) {
	var mu sync.Mutex
	var failed, rejected int
	e.m = e.manager(func(cfg *core.Config) {
		cfg.Observer = func(_ context.Context, ev core.Event) {
			mu.Lock()
			defer mu.Unlock()
			switch ev.Kind {
			case core.EventFailed:
				failed++
			case core.EventRefused:
				rejected++
			}
		}
	})
	e.start(App{Routes: map[string]func(Ctx){
		"/login": func(c Ctx) { setJasmine(c.Session()); c.String(http.StatusOK, "handler: welcome") },
		"/try": func(c Ctx) {
			setJasmine(c.Session())
			if err := c.Session().Save(c.Request().Context()); !errors.Is(err, core.ErrRefused) {
				e.errorf("Save: got %v, want ErrRefused", err)
			}
			c.Session().FailOpen() // the answer is the handler's
			c.String(http.StatusConflict, "handler: no room")
		},
	}})
	for _, op := range []string{"create", "update"} {
		if op == "update" {
			e.store.fail("create", nil)
			e.seed()
		}
		e.store.fail(op, errFull)
		rows, cookie := e.store.rows(), e.cookie()
		a := e.get("/login")
		e.wantStatus(a, http.StatusForbidden)
		e.wantNothingLeaked(a, "handler")
		e.wantCookies(a, 0)
		a = e.get("/try")
		e.wantBody(a, http.StatusConflict, "handler: no room")
		e.wantCookies(a, 0)
		e.wantRows("a refused "+op, rows)
		if e.cookie() != cookie {
			e.errorf("a refused %s: the browser's cookie changed", op)
		}
	}
	e.wantUser("aladdin")
	mu.Lock()
	defer mu.Unlock()
	if failed > 0 || rejected < 4 {
		e.errorf("4 refused saves: got %d EventFailed and %d EventRefused, want none and one each", failed, rejected)
	}
}
