package adaptertest

import (
	"net/http"
	"strings"

	"github.com/djinn-go/djinn/core"
)

var cacheCases = []testCase{
	{"cache/vary", 12, "a cache would show one visitor another one's page", cacheVary},
	{"cache/private", 12, "a shared cache would hand one visitor's cookie to the next", cachePrivate},
	{"secret/error", 11, "an error page would show the key", secretError},
}

func cacheVary(e *env) {
	e.route("/langs", func(c Ctx) {
		c.Writer().Header().Set("Vary", "Accept-Language")
		c.Session().Get("user")
		c.String(http.StatusOK, "hello")
	})
	e.wantHeader(e.get("/peek"), "Vary", "Cookie")
	e.wantHeader(e.get("/langs"), "Vary", "Accept-Language, Cookie")
	a := e.get("/seed")
	e.wantHeader(a, "Vary", "Cookie")
	e.wantHeader(e.get("/plain"), "Vary", "")
}

func cachePrivate(e *env) {
	e.route("/page", func(c Ctx) {
		c.Writer().Header().Set("Cache-Control", "public, max-age=60")
		setJasmine(c.Session())
		c.String(http.StatusOK, "hello")
	})
	a := e.get("/page")
	got := a.Header.Get("Cache-Control")
	if strings.Contains(got, "public") || !strings.Contains(got, "private") || !strings.Contains(got, "max-age=60") {
		e.errorf("a response that sets the cookie: got Cache-Control %q, want private, max-age kept", got)
	}
}

func secretError(e *env) {
	e.start(App{})
	e.seed()
	for _, op := range []string{"load", "update"} {
		e.store.fail(op, &core.StoreError{Op: core.Op(op), Err: errStore})
		a := e.get("/seed")
		e.wantNothingLeaked(a, e.cookie())
	}
}
