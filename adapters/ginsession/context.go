package ginsession

import (
	"github.com/gin-gonic/gin"

	"github.com/djinn-go/djinn/core"
)

// Context is Gin's context and the session. Like Gin's it is for the handler
// alone and must not be kept.
type Context struct {
	*gin.Context
}

// Session returns the request's session; see [From].
func (c *Context) Session() *core.Session { return From(c.Context) }

// Handle makes a Gin handler of one that takes a [Context].
//
// Handle costs one allocation a request more than a handler with Gin's own context
// and [From]. In Gin's list of routes and its debug output a handler under Handle has
// the name of a function of this package, because the name is that of the code and not
// of the value; with From it has its own.
func Handle(h func(c *Context)) gin.HandlerFunc {
	return HandleWith(func(c *gin.Context) *Context { return &Context{c} }, h)
}

// HandleWith makes a Gin handler of one that takes a context type of your own,
// which newContext makes for each request.
func HandleWith[C any](newContext func(c *gin.Context) C, h func(C)) gin.HandlerFunc {
	return func(c *gin.Context) { h(newContext(c)) }
}

// From returns the request's session, that of the innermost [Middleware]. It
// panics if there is none, which is a mistake in the program; [core.FromContext]
// with c.Request.Context() asks. Where a program has several managers,
// [core.Manager.Session] tells them apart.
func From(c *gin.Context) *core.Session {
	s, ok := core.FromContext(c.Request.Context())
	if !ok {
		panic("ginsession: this request has no session: call router.Use(ginsession.Middleware(m)) " +
			"before declaring the route, and do not skip it with WithSkipper")
	}
	return s
}
