package adaptertest

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/core"
)

var optionCases = []testCase{
	{"option/skipper", 1, "a route that is to have no session has one", optionSkipper},
	{"option/error-handler", 6, "a part of a site could not answer in its own way", optionErrorHandler},
	{"option/from", 1, "a handler with the framework's own context has no session", optionFrom},
	{"option/own-context", 1, "a team's own context has no session", optionOwnContext},
	{"option/no-middleware", 6, "a forgotten middleware is a riddle", optionNoMiddleware},
	{"option/trusted-proxy", 4, "behind a proxy every session would show the proxy's address, or one of an intruder's choice", optionTrustedProxy},
}

// Allocations cannot be counted beside other tests, so these are not parallel.
var costCases = []testCase{
	{"cost/untouched", 1, "every page would pay for sessions", costUntouched},
	{"cost/handle", 1, "the adapter's own context would be dear", costHandle},
}

func optionSkipper(e *env) {
	has := func(c Ctx) {
		_, ok := core.FromContext(c.Request().Context())
		c.JSON(http.StatusOK, ok)
	}
	e.start(App{
		Skip:   func(r *http.Request) bool { return r.URL.Path == "/health" },
		Routes: map[string]func(Ctx){"/health": has, "/shop": has},
	})
	for path, want := range map[string]string{"/health": "false", "/shop": "true"} {
		if got := strings.TrimSpace(e.get(path).body); got != want {
			e.errorf("%s has a session: got %s, want %s", path, got, want)
		}
	}
}

func optionErrorHandler(e *env) {
	e.start(App{
		AdapterError: func(w http.ResponseWriter, _ *http.Request, err error) {
			var enc *core.EncodeError
			if !errors.As(err, &enc) {
				e.errorf("the error handler: got %v, want the EncodeError", err)
			}
			w.WriteHeader(http.StatusTeapot)
			_, _ = w.Write([]byte("sorry"))
		},
		Routes: map[string]func(Ctx){"/broken": func(c Ctx) {
			c.Session().Set("channel", make(chan int))
			c.String(http.StatusOK, "handler: fine")
		}},
	})
	e.wantBody(e.get("/broken"), http.StatusTeapot, "sorry")
	e.seed() // and everything else is as it was
	e.wantUser("aladdin")
}

func optionFrom(e *env) { optionStyle(e, StyleFrom) }

func optionOwnContext(e *env) { optionStyle(e, StyleOwnContext) }

func optionStyle(e *env, style Style) {
	e.start(App{Style: style, Routes: map[string]func(Ctx){
		"/page": func(c Ctx) { c.Session().Set("user", "aladdin"); c.String(http.StatusOK, "lamp") },
	}})
	a := e.get("/page")
	e.wantBody(a, http.StatusOK, "lamp")
	e.wantCookies(a, 1)
	e.wantUser("aladdin")
}

func optionNoMiddleware(e *env) {
	for _, style := range []Style{StyleContext, StyleFrom} {
		said := ""
		e.start(App{Managers: []*core.Manager{}, Style: style, Routes: map[string]func(Ctx){"/page": func(c Ctx) {
			defer func() { said, _ = recover().(string) }()
			c.Session()
		}}})
		e.get("/page")
		e.stop()
		if !strings.Contains(said, "iddleware") {
			e.errorf("a session without the middleware: got panic %q, want one that names the cure", said)
		}
	}
}

func optionTrustedProxy(e *env) {
	forwarded := func(address string) http.Header { return http.Header{"X-Forwarded-For": {address}} }
	for _, tt := range []struct {
		name    string
		proxies []string
		remote  string
		header  http.Header
		config  func(*http.Request) string
		want    string
	}{
		{"no header", []string{"10.0.0.0/8"}, "10.0.0.1:1", nil, nil, "10.0.0.1"},
		{"a trusted proxy", []string{"10.0.0.0/8"}, "10.0.0.1:1", forwarded("203.0.113.7"), nil, "203.0.113.7"},
		{"forged", []string{"10.0.0.0/8"}, "198.51.100.7:1", forwarded("203.0.113.7"), nil, "198.51.100.7"},
		{"forged, nobody is trusted", nil, "10.0.0.1:1", forwarded("203.0.113.7"), nil, "10.0.0.1"},
		{"forged in front of the proxy's own", []string{"10.0.0.0/8"}, "10.0.0.1:1", forwarded("203.0.113.7, 198.51.100.7"), nil, "198.51.100.7"},
		{"a unix socket", nil, "@", nil, nil, "invalid IP"},
		{"IPv6", nil, "[2001:db8::1]:1", nil, nil, "2001:db8::1"},
		{"Config.ClientIP wins", []string{"10.0.0.0/8"}, "10.0.0.1:1", forwarded("203.0.113.7"), func(*http.Request) string { return "192.0.2.9" }, "192.0.2.9"},
	} {
		m := e.manager(func(cfg *core.Config) { cfg.ClientIP = tt.config })
		h := e.fw.Build(App{Managers: []*core.Manager{m}, Proxies: tt.proxies, Routes: map[string]func(Ctx){"/": func(c Ctx) {
			client, _ := core.ClientInfoFrom(c.Request().Context())
			c.String(http.StatusOK, client.IP.String())
		}}})
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = tt.remote
		for name, values := range tt.header {
			r.Header[name] = values
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Body.String(); got != tt.want {
			e.errorf("%s: the client's address: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

// The promise: a request that does not use its session costs at most two allocations
// more than the framework with one middleware that does nothing, and the adapter's
// context at most one more.
const (
	untouchedCost = 2
	handleCost    = 1
)

func costUntouched(e *env) {
	bare, untouched := e.allocations(StyleBare), e.allocations(StyleFrom)
	if e.unmeasured == "" && untouched > bare+untouchedCost {
		e.errorf("an untouched request: got %v allocations, want at most %v: the framework's %v and %d", untouched, bare+untouchedCost, bare, untouchedCost)
	}
}

func costHandle(e *env) {
	untouched, handled := e.allocations(StyleFrom), e.allocations(StyleContext)
	if e.unmeasured == "" && handled > untouched+handleCost {
		e.errorf("the adapter's context: got %v allocations, want at most %v: those of the framework's context and %d", handled, untouched+handleCost, handleCost)
	}
}

// allocations counts those of a request that is answered with 204 and nothing else,
// with the junk in its cookies that every request has.
func (e *env) allocations(style Style) float64 {
	app := App{Managers: []*core.Manager{e.m}, Style: style, Silent: []string{"/silent"}}
	if style == StyleBare {
		app.Managers = []*core.Manager{}
	}
	h := e.fw.Build(app)
	r := httptest.NewRequest(http.MethodGet, "/silent", nil)
	r.Header.Set("Cookie", "theme=dark; "+cookieName+"=abcdefghijklmnopqrstuvwxyz012345")
	w := nowhere{http.Header{}}
	defer func() {
		if p := recover(); p != nil { // by AllocsPerRun, beside parallel tests
			e.unmeasured = fmt.Sprint(p)
		}
	}()
	return testing.AllocsPerRun(200, func() { h.ServeHTTP(w, r) })
}

// nowhere is a response that costs nothing.
type nowhere struct{ header http.Header }

func (w nowhere) Header() http.Header         { return w.header }
func (w nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (w nowhere) WriteHeader(int)             {}
