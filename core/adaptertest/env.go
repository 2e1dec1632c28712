package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/djinn-go/djinn/core"
)

// cookieName is the name of the session cookie.
const cookieName = "sessionid"

// patience turns what hangs into a failure.
const patience = 10 * time.Second

// errStop ends a case that cannot go on.
var errStop = errors.New("adaptertest: the case cannot go on")

// env is what a case works with: a program on a real server, a browser, a store.
type env struct {
	fw      Framework
	store   *probe
	m       *core.Manager
	handler http.Handler
	server  *httptest.Server
	client  *http.Client

	// transport is the case's own: a server that closes takes the idle
	// connections of http.DefaultTransport with it, also those of other cases.
	transport *http.Transport

	mu         sync.Mutex
	failures   []error
	unmeasured string   // why allocations could not be counted
	warnings   []string // reasons of events that are warnings
}

func newEnv(fw Framework) *env {
	e := &env{fw: fw, store: newProbe(), transport: new(http.Transport)}
	e.m = e.manager(nil)
	e.client = e.browser()
	return e
}

// manager makes a manager on the store, with the settings that change makes.
func (e *env) manager(change func(*core.Config)) *core.Manager {
	cfg := core.Config{
		SecretKey: "adaptertest",
		Logger:    slog.New(slog.DiscardHandler),
		Observer: func(_ context.Context, ev core.Event) {
			if isWarning(ev.Kind) {
				e.mu.Lock()
				defer e.mu.Unlock()
				e.warnings = append(e.warnings, ev.Reason)
			}
		},
	}
	if change != nil {
		change(&cfg)
	}
	m, err := core.New(e.store, cfg)
	if err != nil {
		e.fatalf("core.New: %v", err)
	}
	return m
}

// browser is a client that keeps cookies and follows no redirect.
func (e *env) browser() *http.Client {
	jar, _ := cookiejar.New(nil) // never fails
	return &http.Client{
		Transport:     e.transport,
		Jar:           jar,
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// start serves app, with the routes that every program has, behind the net/http
// middleware given, the first one outermost.
func (e *env) start(app App, outside ...func(http.Handler) http.Handler) {
	if app.Managers == nil {
		app.Managers = []*core.Manager{e.m}
	}
	routes := map[string]func(Ctx){
		"/seed":  func(c Ctx) { c.Session().Set("user", "aladdin"); c.String(http.StatusOK, "seeded") },
		"/peek":  func(c Ctx) { c.String(http.StatusOK, fmt.Sprint(c.Session().Get("user"))) },
		"/plain": func(c Ctx) { c.String(http.StatusOK, "plain") },
		"/flush": func(c Ctx) { c.Session().Flush(); c.String(http.StatusOK, "bye") },
	}
	for path, h := range app.Routes {
		routes[path] = h
	}
	app.Routes = routes
	e.handler = e.fw.Build(app)
	for i := len(outside) - 1; i >= 0; i-- {
		e.handler = outside[i](e.handler)
	}
	e.server = httptest.NewUnstartedServer(e.handler)
	e.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	e.server.Start()
}

// route serves a program of one route.
func (e *env) route(path string, h func(Ctx)) { e.start(App{Routes: map[string]func(Ctx){path: h}}) }

// stop stops the server, when all requests have ended.
func (e *env) stop() {
	e.client.CloseIdleConnections()
	if e.server != nil {
		e.server.Close()
		e.server = nil
	}
}

// errorf says what is wrong and goes on.
func (e *env) errorf(format string, args ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.failures = append(e.failures, fmt.Errorf(format, args...))
}

// fatalf says what is wrong and ends the case. For the case's own goroutine.
func (e *env) fatalf(format string, args ...any) {
	e.errorf(format, args...)
	panic(errStop)
}

// answer is a response that has been read.
type answer struct {
	*http.Response
	body string
}

// send sends a request and reads the response.
func (e *env) send(client *http.Client, r *http.Request) (*answer, error) {
	resp, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return &answer{resp, string(body)}, err
}

// request makes a request for path.
func (e *env) request(method, path string) *http.Request {
	r, err := http.NewRequest(method, e.server.URL+path, nil)
	if err != nil {
		e.fatalf("%v", err)
	}
	return r
}

// do sends a request with the browser.
func (e *env) do(method, path string) *answer {
	a, err := e.send(e.client, e.request(method, path))
	if err != nil {
		e.fatalf("%s %s: %v", method, path, err)
	}
	return a
}

func (e *env) get(path string) *answer { return e.do(http.MethodGet, path) }

// seed gives the browser a session and forgets what that took.
func (e *env) seed() {
	e.wantBody(e.get("/seed"), http.StatusOK, "seeded")
	if e.cookie() == "" {
		e.fatalf("a session set in a handler: got no cookie")
	}
	e.store.took()
}

// cookie is the browser's session cookie, empty if it has none.
func (e *env) cookie() string {
	u, _ := url.Parse(e.server.URL)
	for _, c := range e.client.Jar.Cookies(u) {
		if c.Name == cookieName {
			return c.Value
		}
	}
	return ""
}

// isWarning reports whether somebody should look at events of this kind, and they are
// no failures of the store.
func isWarning(k core.EventKind) bool {
	switch k {
	case core.EventLoaded, core.EventSaved, core.EventConflict, core.EventCleared, core.EventUndecodable, core.EventFailed:
		return false
	}
	return true
}

// reported are the reasons of the warnings so far.
func (e *env) reported() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string(nil), e.warnings...)
}

// setCookies are the Set-Cookie lines of a name.
func setCookies(a *answer, name string) []string {
	var lines []string
	for _, line := range a.Header["Set-Cookie"] {
		if strings.HasPrefix(line, name+"=") {
			lines = append(lines, line)
		}
	}
	return lines
}
