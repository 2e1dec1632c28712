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
	cfg := newConfig(m, opts)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if _, ok := m.Lookup(c.Request().Context()); ok || cfg.skip(c) {
				return next(c)
			}
			x := &exchange{c: c, res: c.Response(), cfg: cfg}
			x.under = x.res.Writer
			c.SetRequest(x.Begin(m, x.under, c.Request()))
			x.SetClientIP(x)
			x.res.Writer = x.Writer() // and stays: errors are answered after us
			return x.serve(next)
		}
	}
}

// exchange is a request under this middleware, in one allocation.
type exchange struct {
	core.RequestBinding
	c     echo.Context
	res   *echo.Response
	under http.ResponseWriter // res.Writer as it was
	cfg   *config
	over  bool // the exchange has ended
}

// ClientIP is for core.
func (x *exchange) ClientIP() string { return x.c.RealIP() }

// serve calls the rest of the chain. A panic passes through.
func (x *exchange) serve(next echo.HandlerFunc) error {
	returned := false
	defer func() {
		if !returned {
			_ = x.finish(nil, true)
		}
	}()
	err := next(x.c)
	returned = true
	return x.finish(err, err != nil)
}

// finish commits what no write has committed, unless the answer is still to be
// given: to a panic, or to an error.
func (x *exchange) finish(err error, unanswered bool) error {
	if unanswered && !x.Committed() && x.CommitFlush() == nil {
		x.res.Before(x.answered)
		return err
	}
	defer x.End()
	if failed := x.Commit(x.res.Status); failed != nil {
		return x.fail(failed)
	}
	return err
}

// answered ends the exchange when the answer to an error or panic begins. Echo
// calls it from Response.WriteHeader, whatever writers outer middleware such as
// Gzip has put below that since. If the session cannot be saved, the
// HTTPErrorHandler is asked again, about that, and the answer under way is dropped.
func (x *exchange) answered() {
	if x.over {
		return
	}
	x.over = true
	err := x.Commit(x.res.Status)
	x.End()
	if err == nil {
		return
	}
	if w := x.res.Writer; w != http.ResponseWriter(x.Writer()) {
		x.under = w // outer middleware has ended and taken our writer out with its own
	}
	if err := x.fail(err); err != nil {
		x.c.Echo().HTTPErrorHandler(err, x.c)
	}
	x.res.Writer, x.res.Committed = x.Writer(), true // which lets nothing through any more
}

// fail makes the response as it was before the handler began and answers with the
// error of the commit, or returns what the HTTPErrorHandler is to answer.
func (x *exchange) fail(err error) error {
	x.ResetHeader()
	x.res.Writer, x.res.Committed, x.res.Size, x.res.Status = x.under, false, 0, http.StatusOK
	x.c.SetResponse(x.res) // echo.WrapMiddleware leaves its own
	if x.cfg.answer != nil {
		x.cfg.answer(err, x.c)
		return nil
	}
	status := core.StatusCode(err)
	if status == http.StatusServiceUnavailable {
		x.res.Header().Set("Retry-After", "5")
	}
	return echo.NewHTTPError(status).SetInternal(err)
}
