package echosession

import (
	"github.com/labstack/echo/v4"

	"github.com/djinn-go/djinn/core"
)

// Context is Echo's context and the session. Like Echo's it is for the handler
// alone and must not be kept.
type Context struct {
	echo.Context
}

// Session returns the request's session; see [From].
func (c *Context) Session() *core.Session { return From(c.Context) }

// Handle makes an Echo handler of one that takes a [Context].
//
// Handle costs one allocation a request more than a handler with Echo's own context
// and [From]. Echo names a route by its handler's code, so under Handle it has the name
// of a function of this package: set Route.Name, which Echo.GET and the like return, or
// use From.
func Handle(h func(c *Context) error) echo.HandlerFunc {
	return HandleWith(func(c echo.Context) *Context { return &Context{c} }, h)
}

// HandleWith makes an Echo handler of one that takes a context type of your own,
// which newContext makes for each request.
func HandleWith[C any](newContext func(c echo.Context) C, h func(C) error) echo.HandlerFunc {
	return func(c echo.Context) error { return h(newContext(c)) }
}

// From returns the request's session, that of the innermost [Middleware]. It
// panics if there is none, which is a mistake in the program; [core.FromContext]
// with c.Request().Context() asks. Where a program has several managers,
// [core.Manager.Session] tells them apart.
func From(c echo.Context) *core.Session {
	s, ok := core.FromContext(c.Request().Context())
	if !ok {
		panic("echosession: this request has no session: call e.Use(echosession.Middleware(m)), " +
			"and do not skip the route with WithSkipper")
	}
	return s
}
