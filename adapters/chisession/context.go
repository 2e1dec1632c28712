package chisession

import (
	"net/http"

	"github.com/djinn-go/djinn/core"
)

// Context is a request, its response and its session, for teams that like
// handlers with one parameter. It must not be kept after the request.
type Context struct {
	// W is the response.
	W http.ResponseWriter
	// R is the request.
	R *http.Request
}

// Session returns the request's session; see [From].
func (c *Context) Session() *core.Session { return From(c.R) }

// Handle makes a net/http handler of one that takes a [Context].
//
// Handle costs at most one allocation a request more than a plain handler and [From].
func Handle(h func(c *Context)) http.HandlerFunc {
	return HandleWith(func(w http.ResponseWriter, r *http.Request) *Context { return &Context{w, r} }, h)
}

// HandleWith makes a net/http handler of one that takes a context type of your
// own, which newContext makes for each request.
func HandleWith[C any](newContext func(w http.ResponseWriter, r *http.Request) C, h func(C)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { h(newContext(w, r)) }
}

// From returns the request's session, that of the innermost [Middleware]. It
// panics if there is none, which is a mistake in the program; [core.FromContext]
// with r.Context() asks. Where a program has several managers,
// [core.Manager.Session] tells them apart.
func From(r *http.Request) *core.Session {
	s, ok := core.FromContext(r.Context())
	if !ok {
		panic("chisession: this request has no session: call router.Use(chisession.Middleware(m)), " +
			"do not skip the route with WithSkipper, and pass the request that the handler was given")
	}
	return s
}
