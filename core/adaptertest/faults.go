package adaptertest

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/djinn-go/djinn/core"
)

var faultCases = []testCase{
	{"fault/load", 6, "a store that is down would show a logged-in visitor an anonymous page", faultLoad},
	{"fault/load-bodyless", 6, "the same, for an answer without a body", faultLoadBodyless},
	{"fault/load-flushed", 6, "the same, for a stream", faultLoadFlushed},
	{"fault/load-handled", 6, "a handler could not decide for itself", faultLoadHandled},
	{"fault/load-looked-at", 6, "a handler that looked at the error turned a failure into its own answer", faultLoadLookedAt},
	{"fault/err-loads-nothing", 1, "asking for the session's error loaded it", errLoadsNothing},
	{"fault/load-fail-open", 6, "a page that can do without the session could not", faultLoadFailOpen},
	{"fault/config-fail-open", 6, "a site that can do without sessions could not", faultConfigFailOpen},
	{"fault/load-untouched", 1, "pages that need no session would fail with the store", faultUntouched},
	{"fault/save", 6, "the visitor would believe that it was saved", faultSave},
	{"fault/save-bodyless", 6, "the same, for an answer without a body", faultSaveBodyless},
	{"fault/write-fails", 6, "a stream would go on for nobody", faultWriteFails},
	{"fault/on-error", 6, "the user's own error page would not be asked", faultOnError},
	{"fault/error-handler", 6, "the setting would do nothing", faultErrorHandler},
	{"fault/encode", 6, "a value that cannot be kept would be lost in silence", faultEncode},
	{"fault/flush", 4, "the visitor would believe to be logged out", faultFlush},
}

// errStore is what the broken store says. It must not reach a client.
var errStore = errors.New("dial tcp 10.1.2.3: connection refused")

// wantNothingLeaked wants neither the handler's response nor the store's error.
func (e *env) wantNothingLeaked(a *answer, handlers string) {
	for _, secret := range []string{handlers, errStore.Error(), "10.1.2.3"} {
		if strings.Contains(a.body, secret) {
			e.errorf("%s: got body %q, want nothing of %q in it", a.Request.URL.Path, a.body, secret)
		}
	}
}

// wantUnavailable wants the adapter's own answer to a store that is down.
func (e *env) wantUnavailable(a *answer) {
	e.wantStatus(a, http.StatusServiceUnavailable)
	e.wantHeader(a, "Retry-After", "5")
	e.wantHeader(a, "Etag", "")
	e.wantHeader(a, "Cache-Control", "")
	e.wantCookies(a, 0)
	e.wantNothingLeaked(a, "handler")
	if got := a.Header.Get("Content-Type"); strings.Contains(got, "handler") {
		e.errorf("%s: got the handler's Content-Type", a.Request.URL.Path)
	}
}

// anonymous is a handler that takes a visitor without a user for anonymous.
func anonymous(answer func(Ctx)) func(Ctx) {
	return func(c Ctx) {
		h := c.Writer().Header()
		h.Set("ETag", `"handler"`)
		h.Set("Cache-Control", "public, max-age=3600")
		h.Set("Content-Type", "text/handler")
		h.Set("Content-Length", "18")
		c.Session().Get("user")
		answer(c)
	}
}

func faultyLoad(e *env, respond func(Ctx)) *answer {
	e.route("/page", anonymous(respond))
	e.seed()
	e.store.fail("load", errStore)
	a := e.get("/page")
	return a
}

func faultLoad(e *env) {
	e.wantUnavailable(faultyLoad(e, func(c Ctx) { c.String(http.StatusOK, "handler: log in ...") }))
	e.store.fail("load", nil)
	e.wantUser("aladdin")
}

func faultLoadBodyless(e *env) {
	e.wantUnavailable(faultyLoad(e, func(c Ctx) { c.Writer().Header().Del("Content-Length"); c.Status(http.StatusNoContent) }))
}

func faultLoadFlushed(e *env) {
	e.wantUnavailable(faultyLoad(e, func(c Ctx) {
		_ = http.NewResponseController(c.Writer()).Flush()
		_, _ = io.WriteString(c.Writer(), "handler: log in ...")
	}))
}

func faultLoadHandled(e *env) {
	e.route("/page", func(c Ctx) {
		c.Session().Get("user")
		if c.Session().Err() != nil {
			c.Session().FailOpen()
			c.String(http.StatusAccepted, "come back later")
		}
	})
	e.seed()
	e.store.fail("load", errStore)
	a := e.get("/page")
	e.wantBody(a, http.StatusAccepted, "come back later")
	e.wantCookies(a, 0)
}

func faultLoadLookedAt(e *env) {
	e.wantUnavailable(faultyLoad(e, func(c Ctx) {
		c.Session().Get("user")
		if c.Session().Err() == nil {
			e.errorf("Err after a failed load: got nil, want the failure")
		}
		c.String(http.StatusOK, "handler: log in ...")
	}))
}

func errLoadsNothing(e *env) {
	e.route("/page", func(c Ctx) {
		if err := c.Session().Err(); err != nil {
			e.errorf("Err of a session that nobody has used: got %v, want nil", err)
		}
		c.String(http.StatusOK, "plain")
	})
	e.seed()
	e.store.fail("load", errStore)
	a := e.get("/page")
	e.wantBody(a, http.StatusOK, "plain")
	e.wantCalls("Err of a session that nobody has used", "")
	if got := strings.Join(a.Header.Values("Vary"), ", "); strings.Contains(got, "Cookie") {
		e.errorf("Err of a session that nobody has used: got Vary %q, want no Cookie in it", got)
	}
}

func faultLoadFailOpen(e *env) {
	e.route("/page", func(c Ctx) {
		c.Session().FailOpen()
		c.Session().Get("user")
		c.String(http.StatusOK, "news")
	})
	e.seed()
	e.store.fail("load", errStore)
	a := e.get("/page")
	e.wantBody(a, http.StatusOK, "news")
	e.wantCookies(a, 0)
}

func faultConfigFailOpen(e *env) {
	e.m = e.manager(func(cfg *core.Config) { cfg.FailOpen = true })
	e.start(App{})
	e.seed()
	e.store.fail("load", errStore)
	a := e.get("/peek")
	e.wantBody(a, http.StatusOK, "<nil>")
	e.wantCookies(a, 0)
}

func faultUntouched(e *env) {
	e.start(App{})
	e.seed()
	e.store.fail("load", errStore)
	e.wantBody(e.get("/plain"), http.StatusOK, "plain")
}

func faultySave(e *env, respond func(Ctx)) *answer {
	e.route("/page", anonymous(func(c Ctx) { setJasmine(c.Session()); respond(c) }))
	e.seed()
	e.store.fail("update", errStore)
	return e.get("/page")
}

func faultSave(e *env) {
	e.wantUnavailable(faultySave(e, func(c Ctx) { c.String(http.StatusOK, "handler: bought ...") }))
	e.store.fail("update", nil)
	e.wantUser("aladdin")
}

func faultSaveBodyless(e *env) {
	e.wantUnavailable(faultySave(e, func(c Ctx) { c.Writer().Header().Del("Content-Length"); c.Status(http.StatusNoContent) }))
}

func faultWriteFails(e *env) {
	e.wantUnavailable(faultySave(e, func(c Ctx) {
		if _, err := io.WriteString(c.Writer(), "handler: bought ..."); err == nil {
			e.errorf("a write after the commit failed: got no error, want one that ends the handler")
		}
	}))
}

func faultOnError(e *env) {
	page := func(w http.ResponseWriter, r *http.Request, err error) {
		var store *core.StoreError
		if !errors.As(err, &store) {
			e.errorf("the user's error page: got %v, want the StoreError in its chain", err)
		}
		errorPage(w, r, err)
	}
	e.start(App{OnError: page, Routes: map[string]func(Ctx){
		"/silent": func(c Ctx) { setJasmine(c.Session()) },
		"/page":   func(c Ctx) { setJasmine(c.Session()); c.String(http.StatusOK, "handler: bought ...") },
	}})
	e.seed()
	for _, op := range []string{"update", "load"} {
		e.store.fail(op, errStore)
		e.wantBody(e.get("/page"), http.StatusServiceUnavailable, "error page 503")
		e.wantBody(e.get("/silent"), http.StatusServiceUnavailable, "error page 503")
	}
}

func faultErrorHandler(e *env) {
	e.m = e.manager(func(cfg *core.Config) {
		cfg.ErrorHandler = func(w http.ResponseWriter, r *http.Request, err error) {
			w.WriteHeader(http.StatusTeapot)
			_, _ = io.WriteString(w, "from the setting")
		}
	})
	e.route("/page", anonymous(func(c Ctx) { setJasmine(c.Session()); c.String(http.StatusOK, "handler: bought ...") }))
	e.seed()
	for _, op := range []string{"update", "load"} {
		e.store.fail(op, errStore)
		a := e.get("/page")
		e.wantBody(a, http.StatusTeapot, "from the setting")
		e.wantHeader(a, "Etag", "")
		e.wantCookies(a, 0)
	}
}

func faultEncode(e *env) {
	e.route("/page", func(c Ctx) { c.Session().Set("channel", make(chan int)); c.String(http.StatusOK, "handler") })
	e.seed()
	a := e.get("/page")
	e.wantStatus(a, http.StatusInternalServerError)
	e.wantNothingLeaked(a, "handler")
	e.wantCookies(a, 0)
	e.wantUser("aladdin")
}

func faultFlush(e *env) {
	e.start(App{})
	e.seed()
	e.store.fail("delete", errStore)
	a := e.get("/flush")
	e.wantCalls("a logout that fails, tried once", "delete")
	e.wantStatus(a, http.StatusServiceUnavailable)
	e.wantNothingLeaked(a, "bye")
	e.wantCookies(a, 0)
	e.wantUser("aladdin")
}
