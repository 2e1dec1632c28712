package adaptertest

import (
	"net/http"
	"strings"
)

func (e *env) wantStatus(a *answer, status int) {
	if a.StatusCode != status {
		e.errorf("%s %s: got status %d and body %q, want status %d", a.Request.Method, a.Request.URL.Path, a.StatusCode, a.body, status)
	}
}

func (e *env) wantBody(a *answer, status int, body string) {
	e.wantStatus(a, status)
	if a.body != body {
		e.errorf("%s %s: got body %q, want %q", a.Request.Method, a.Request.URL.Path, a.body, body)
	}
}

// wantCookies wants n session cookies set. The values stay out of the message.
func (e *env) wantCookies(a *answer, n int) {
	if got := len(setCookies(a, cookieName)); got != n {
		e.errorf("%s %s: got %d Set-Cookie of %s, want %d", a.Request.Method, a.Request.URL.Path, got, cookieName, n)
	}
}

// wantUser wants the browser's session to hold that user, "<nil>" for none.
func (e *env) wantUser(user string) {
	e.wantBody(e.get("/peek"), http.StatusOK, user)
}

// wantCalls wants the store to have been asked this since the last look.
func (e *env) wantCalls(what, calls string) {
	if got := e.store.took(); got != calls {
		e.errorf("%s: the store was asked %q, want %q", what, got, calls)
	}
}

func (e *env) wantRows(what string, n int) {
	if got := e.store.rows(); got != n {
		e.errorf("%s: got %d rows in the store, want %d", what, got, n)
	}
}

// wantReported wants that something was refused, and said so.
func (e *env) wantReported(what string) {
	if len(e.reported()) == 0 {
		e.errorf("%s: it was not reported: got no warning", what)
	}
}

func (e *env) wantNothingReported() {
	if got := e.reported(); len(got) > 0 {
		e.errorf("got the warnings %q, want none", got)
	}
}

func (e *env) wantHeader(a *answer, name, value string) {
	if got := strings.Join(a.Header.Values(name), ", "); got != value {
		e.errorf("%s %s: got %s %q, want %q", a.Request.Method, a.Request.URL.Path, name, got, value)
	}
}
