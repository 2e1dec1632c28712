package echov5session

import (
	"net/http"

	"github.com/labstack/echo/v5"

	"github.com/djinn-go/djinn/core"
)

// Middleware gives every request a session of m, with Echo.Use, Echo.Pre, a group
// or a route. Mounted twice, the outer one works; two managers with different
// cookie names get along.
func Middleware(m *core.Manager, opts ...Option) echo.MiddlewareFunc {
	cfg := newConfig(opts)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			if _, ok := m.Lookup(c.Request().Context()); ok || cfg.skip(c) {
				return next(c)
			}
			x := &exchange{c: c, cfg: cfg}
			x.begin(m)
			return x.serve(next)
		}
	}
}

// exchange is a request under this middleware, in one allocation.
type exchange struct {
	core.RequestBinding
	writer writer
	front  front
	c      *echo.Context
	cfg    *config

	res    *echo.Response
	under  http.ResponseWriter // res.ResponseWriter as it was
	answer http.ResponseWriter // what to answer errors with: c.Response() as it was
}

// begin puts the writers in their places: one below Echo's response, which also
// sees what is written after the middleware has returned, and one above whatever
// outer middleware has put around it.
func (x *exchange) begin(m *core.Manager) {
	x.answer = x.c.Response()
	res, err := echo.UnwrapResponse(x.answer)
	if err != nil { // a writer without Unwrap hides it
		res = echo.NewResponse(x.answer, x.c.Logger())
		x.answer = res
		x.c.SetResponse(res)
	}
	x.res, x.under = res, res.ResponseWriter
	x.c.SetRequest(x.Begin(m, x.under, x.c.Request()))
	x.SetClientIP(x)
	x.writer = writer{Writer: x.Writer(), x: x}
	res.ResponseWriter = &x.writer // and stays: errors are answered after us
	if x.answer != http.ResponseWriter(res) {
		x.front = front{x.answer, x}
		x.c.SetResponse(&x.front)
	}
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
	x.c.SetResponse(x.answer) // echo.WrapMiddleware leaves its own
	later, failed := x.Leave(x.res.Status, answered)
	if later {
		x.writer.last = true
		return err
	}
	defer x.End()
	if failed != nil {
		return x.fail(failed)
	}
	return err
}

// fail makes the response as it was before the handler began and answers with the
// error of the commit, or returns what the HTTPErrorHandler is to answer.
func (x *exchange) fail(err error) error {
	x.ResetHeader()
	x.res.ResponseWriter, x.res.Committed, x.res.Size, x.res.Status = x.under, false, 0, http.StatusOK
	x.c.SetResponse(x.answer)
	switch {
	case x.cfg.answer != nil:
		x.cfg.answer(x.c, err)
		return nil
	case x.AnswerError(x.c.Response(), x.c.Request(), err):
		return nil
	}
	status := core.StatusCode(err)
	return echo.NewHTTPError(status, http.StatusText(status)).Wrap(err)
}
