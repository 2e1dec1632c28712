package ginsession

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/djinn-go/djinn/core"
)

// Middleware gives every request a session of m. Mounted twice, the outer one
// works; two managers with different cookie names get along.
func Middleware(m *core.Manager, opts ...Option) gin.HandlerFunc {
	cfg := newConfig(opts)
	return func(c *gin.Context) {
		if _, ok := m.Lookup(c.Request.Context()); ok || cfg.skip(c) {
			c.Next()
			return
		}
		x := &exchange{c: c, cfg: cfg}
		x.writer = writer{ResponseWriter: c.Writer, x: x}
		c.Request = x.Begin(m, c.Writer, c.Request)
		x.SetClientIP(c)
		c.Writer = &x.writer // and stays: an unknown route is answered after us
		x.serve()
	}
}

// exchange is a request under this middleware, in one allocation.
type exchange struct {
	core.RequestBinding
	writer writer
	c      *gin.Context
	cfg    *config
}

// serve calls the rest of the chain. A panic passes through.
func (x *exchange) serve() {
	returned := false
	defer func() { x.finish(returned) }()
	x.c.Next()
	returned = true
}

// finish commits what no write has committed, unless the answer is still to be
// given by an outer middleware: to a panic, or to an error.
func (x *exchange) finish(returned bool) {
	w := &x.writer
	if !x.Committed() && w.Written() { // past us: Engine.HandleContext goes back to Gin's own writer
		if err := x.CommitHijacked(); err != nil {
			_ = x.c.Error(err)
		}
		x.End()
		return
	}
	recorded := len(x.c.Errors) > 0 && w.Status() == http.StatusOK
	later, err := x.Leave(w.Status(), returned && !recorded)
	if later {
		w.last = true
		return
	}
	if err != nil {
		x.fail(err)
	}
	x.End()
}

// fail answers with the error of the commit. From here on what is written to the
// context goes out, and what is written to the handler's writer does not.
func (x *exchange) fail(err error) {
	c := x.c
	x.ResetHeader()
	c.Writer = x.writer.ResponseWriter
	c.Abort()
	switch {
	case x.cfg.answer != nil:
		x.cfg.answer(c, err)
	case x.AnswerError(c.Writer, c.Request, err):
	default:
		c.Status(core.StatusCode(err))
		_ = c.Error(err)
	}
}
