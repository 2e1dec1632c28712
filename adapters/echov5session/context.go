package echov5session

import (
	"github.com/labstack/echo/v5"

	"github.com/djinn-go/djinn/core"
)

// Context is Echo's context and the session. Like Echo's it is for the handler
// alone and must not be kept.
type Context struct {
	*echo.Context
}

// Session returns the request's session; see [From].
func (c *Context) Session() *core.Session { return From(c.Context) }

// Handle makes an Echo handler of one that takes a [Context].
//
// Handle costs one allocation a request more than a handler with Echo's own context
// and [From].
func Handle(h func(c *Context) error) echo.HandlerFunc {
	return HandleWith(func(c *echo.Context) *Context { return &Context{c} }, h)
}

// HandleWith makes an Echo handler of one that takes a context type of your own,
// which newContext makes for each request.
func HandleWith[C any](newContext func(c *echo.Context) C, h func(C) error) echo.HandlerFunc {
	return func(c *echo.Context) error { return h(newContext(c)) }
}

// From returns the request's session, that of the innermost [Middleware]. It
// panics if there is none, which is a mistake in the program; [core.FromContext]
// with c.Request().Context() asks. Where a program has several managers,
// [core.Manager.Session] tells them apart.
func From(c *echo.Context) *core.Session {
	s, ok := core.FromContext(c.Request().Context())
	if !ok {
		panic("echov5session: this request has no session: call e.Use(echov5session.Middleware(m)), " +
			"and do not skip the route with WithSkipper")
	}
	return s
}
