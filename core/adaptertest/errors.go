package adaptertest

import (
	"fmt"
	"net/http"

	"github.com/djinn-go/djinn/core"
)

var errorCases = []testCase{
	{"error/4xx", 7, "a form that fails validation would lose the session", error4xx},
	{"error/5xx", 7, "half-done work would be kept", error5xx},
	{"error/flush", 4, "a logout handler that fails later would not log out", errorFlush},
	{"error/page-reads-session", 7, "an error page would greet nobody, or be cached for all", errorPageReads},
	{"error/page-writes-session", 7, "a message set for the next page would be lost", errorPageWrites},
	{"error/unknown-route", 7, "a session touched by middleware would be lost at a 404", unknownRoute},
	{"error/save-fails", 6, "the visitor would believe that it was saved", errorSaveFails},
	{"error/refused", 6, "a visitor would be let in whom the application refuses, or be told that the site is down", refused},
	{"error/logout-500", 4, "a logout that answers 500 would leave the old cookie alive", logout500},
}

func failing(code int, touch func(*core.Session)) func(Ctx) {
	return func(c Ctx) { touch(c.Session()); c.Fail(StatusError(code)) }
}

func setJasmine(s *core.Session) { s.Set("user", "jasmine") }

func error4xx(e *env) {
	e.start(App{OnError: errorPage, Routes: map[string]func(Ctx){"/fail": failing(422, setJasmine)}})
	a := e.get("/fail")
	e.wantBody(a, 422, "error page 422")
	e.wantCookies(a, 1)
	e.wantUser("jasmine")
	e.wantNothingReported()
}

func error5xx(e *env) {
	e.start(App{OnError: errorPage, Routes: map[string]func(Ctx){"/fail": failing(500, setJasmine)}})
	e.seed()
	a := e.get("/fail")
	e.wantBody(a, 500, "error page 500")
	e.wantCookies(a, 0)
	e.wantUser("aladdin")
}

func errorFlush(e *env) {
	e.start(App{OnError: errorPage, Routes: map[string]func(Ctx){"/fail": failing(500, (*core.Session).Flush)}})
	e.seed()
	e.wantBody(e.get("/fail"), 500, "error page 500")
	e.wantRows("Flush, then an error", 0)
}

func errorPageReads(e *env) {
	page := func(w http.ResponseWriter, r *http.Request, _ error) {
		s, ok := core.FromContext(r.Context())
		if !ok {
			e.errorf("the error page: got no session in its request's context")
			return
		}
		user := s.Get("user")
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(w, "not for you, %v", user)
	}
	e.start(App{OnError: page, Routes: map[string]func(Ctx){"/fail": func(c Ctx) { c.Fail(StatusError(404)) }}})
	e.seed()
	a := e.get("/fail")
	e.wantBody(a, 404, "not for you, aladdin")
	e.wantHeader(a, "Vary", "Cookie")
	e.wantNothingReported()
}

func errorPageWrites(e *env) {
	page := func(w http.ResponseWriter, r *http.Request, err error) {
		if s, ok := core.FromContext(r.Context()); ok {
			setJasmine(s)
		}
		errorPage(w, r, err)
	}
	e.start(App{OnError: page, Routes: map[string]func(Ctx){"/fail": func(c Ctx) { c.Fail(StatusError(404)) }}})
	a := e.get("/fail")
	e.wantBody(a, 404, "error page 404")
	e.wantCookies(a, 1)
	e.wantUser("jasmine")
}

func unknownRoute(e *env) {
	e.start(App{Before: func(c Ctx) {
		if c.Request().URL.Path == "/nowhere" {
			setJasmine(c.Session())
		}
	}})
	a := e.get("/nowhere")
	e.wantStatus(a, http.StatusNotFound)
	e.wantCookies(a, 1)
	e.wantUser("jasmine")
	e.wantNothingReported()
}

func errorSaveFails(e *env) {
	e.start(App{OnError: errorPage, Routes: map[string]func(Ctx){"/fail": failing(422, setJasmine)}})
	e.seed()
	e.store.fail("update", errStore)
	a := e.get("/fail")
	e.wantStatus(a, http.StatusServiceUnavailable)
	e.wantNothingLeaked(a, "error page 422")
	e.wantCookies(a, 0)
	e.store.fail("update", nil)
	e.wantUser("aladdin")
}

func logout500(e *env) {
	e.route("/logout", func(c Ctx) { c.Session().Flush(); c.String(http.StatusInternalServerError, "mail server down") })
	e.seed()
	old := e.cookie()
	e.wantBody(e.get("/logout"), http.StatusInternalServerError, "mail server down")
	e.wantRows("a logout that answers 500", 0)
	r := e.request(http.MethodGet, "/peek")
	r.Header.Set("Cookie", cookieName+"="+old)
	a, err := e.send(&http.Client{Transport: e.transport, Timeout: patience}, r)
	if err != nil {
		e.fatalf("%v", err)
	}
	e.wantBody(a, http.StatusOK, "<nil>")
}
