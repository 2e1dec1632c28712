package echosession

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/djinn-go/djinn/core"
)

// Middleware gives every request a session of m, with Echo.Use or Echo.Pre.
// Mounted twice, the outer one works; two managers with different cookie names get
// along.
func Middleware(m *core.Manager, opts ...Option) echo.MiddlewareFunc {
	cfg := newConfig(opts)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if _, ok := m.Lookup(c.Request().Context()); ok || cfg.skip(c) {
				return next(c)
			}
			x := &exchange{c: c, cfg: cfg, saved: saved{c.Response(), c.Response().Writer}}
			c.SetRequest(x.Begin(m, x.saved.writer, c.Request()))
			x.SetClientIP(x)
			x.saved.res.Writer = x.Writer() // and stays: errors are answered after us
			return x.serve(next)
		}
	}
}

// exchange is a request under this middleware, in one allocation.
type exchange struct {
	core.RequestBinding
	c     echo.Context
	cfg   *config
	saved saved
	ended bool
}

// saved is Echo's response as it was before the handler, for the answer to a failure.
type saved struct {
	res    *echo.Response
	writer http.ResponseWriter
}

// restore makes the response as it was: nothing has been written.
func (s saved) restore(c echo.Context) {
	s.res.Writer, s.res.Committed, s.res.Size, s.res.Status = s.writer, false, 0, http.StatusOK
	c.SetResponse(s.res) // echo.WrapMiddleware leaves its own
}

// ClientIP is for core.
func (x *exchange) ClientIP() string { return x.c.RealIP() }

// serve calls the rest of the chain. A panic passes through.
func (x *exchange) serve(next echo.HandlerFunc) error {
	returned := false
	defer func() {
		if !returned {
			_ = x.finish(nil, false)
		}
	}()
	err := next(x.c)
	returned = true
	return x.finish(err, err == nil)
}

// finish commits what no write has committed, unless the answer is still to be
// given: to a panic, or to an error.
func (x *exchange) finish(err error, answered bool) error {
	later, failed := x.Leave(x.saved.res.Status, answered)
	if later {
		x.saved.res.Before(x.answer)
		return err
	}
	defer x.End()
	if failed != nil {
		return x.fail(failed)
	}
	return err
}

// answer ends the exchange when the answer to an error or panic begins. Echo
// calls it from Response.WriteHeader, whatever writers outer middleware such as
// Gzip has put below that since. If the session cannot be saved, the
// HTTPErrorHandler is asked again, about that, and the answer under way is dropped.
func (x *exchange) answer() {
	if x.ended {
		return
	}
	x.ended = true
	res := x.saved.res
	err := x.Commit(res.Status)
	x.End()
	if err == nil {
		return
	}
	if res.Writer != http.ResponseWriter(x.Writer()) {
		x.saved.writer = res.Writer // outer middleware has ended and taken our writer out with its own
	}
	if err := x.fail(err); err != nil {
		x.c.Echo().HTTPErrorHandler(err, x.c)
	}
	res.Writer, res.Committed = x.Writer(), true // which lets nothing through any more
}

// fail answers with the error of the commit, or returns what the HTTPErrorHandler is
// to answer.
func (x *exchange) fail(err error) error {
	x.ResetHeader()
	x.saved.restore(x.c)
	switch {
	case x.cfg.answer != nil:
		x.cfg.answer(err, x.c)
		return nil
	case x.AnswerError(x.c.Response(), x.c.Request(), err):
		return nil
	}
	return echo.NewHTTPError(core.StatusCode(err)).SetInternal(err)
}
