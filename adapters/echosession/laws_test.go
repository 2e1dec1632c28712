package echosession_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/djinn-go/djinn/adapters/echosession"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/adaptertest"
)

func TestLaws(t *testing.T) {
	t.Parallel()
	adaptertest.Run(t, adaptertest.Framework{Name: "echo", Build: mounting{}.build})
}

// Middleware of Echo's that puts a writer of its own into the response, and takes
// it out again before errors are answered.
func TestLawsInsideBodyDump(t *testing.T) {
	t.Parallel()
	dump := middleware.BodyDump(func(echo.Context, []byte, []byte) {})
	adaptertest.Run(t, adaptertest.Framework{Name: "echo, inside BodyDump", Build: mounting{dump}.build})
}

// Gzip holds back the status, and more of what it is given the larger MinLength is.
func TestLawsInsideGzip(t *testing.T) {
	t.Parallel()
	const vary, twice = "Gzip adds to Vary, which the case compares", "the case compresses itself, and Gzip once more"
	waived := map[string]string{
		"untouched/no-io": vary, "cache/vary": vary, "error/page-reads-session": vary,
		"wrapped/gzip-inside": twice, "wrapped/gzip-outside": twice,
		"wrapped/timeout-gzip-inside": twice, "wrapped/timeout-gzip-outside": twice,
		"wrapped/gzip-timeout-inside": twice, "wrapped/gzip-timeout-outside": twice,
		"stream/early-hints-sent": "Gzip does not hand on informational responses",
	}
	for _, minLength := range []int{0, 1024} {
		outer := middleware.GzipWithConfig(middleware.GzipConfig{MinLength: minLength})
		t.Run(fmt.Sprint(minLength), func(t *testing.T) {
			t.Parallel()
			adaptertest.Run(t, adaptertest.Framework{Name: "echo, inside Gzip", Build: mounting{outer}.build, Waived: waived})
		})
	}
}

// mounting is what the sessions are mounted in, if anything.
type mounting struct{ outer echo.MiddlewareFunc }

func (mt mounting) build(app adaptertest.App) http.Handler {
	e := echo.New()
	e.Logger.SetOutput(io.Discard)
	e.IPExtractor = echo.ExtractIPDirect()
	if app.OnError != nil {
		e.HTTPErrorHandler = func(err error, c echo.Context) {
			if !c.Response().Committed {
				app.OnError(c.Response(), c.Request(), err)
			}
		}
	}
	if app.Recovery == adaptertest.RecoveryOutside {
		e.Use(middleware.Recover())
	}
	if mt.outer != nil {
		e.Use(mt.outer)
	}
	for _, m := range app.Managers {
		e.Use(echosession.Middleware(m))
	}
	if app.Recovery == adaptertest.RecoveryInside {
		e.Use(middleware.Recover())
	}
	if app.Before != nil {
		e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
			return func(c echo.Context) error {
				app.Before(&echoCtx{c: &echosession.Context{Context: c}})
				return next(c)
			}
		})
	}
	for path, h := range app.Routes {
		e.Any(path, echosession.Handle(func(c *echosession.Context) error {
			ctx := &echoCtx{c: c}
			h(ctx)
			return ctx.err
		}))
	}
	for path, h := range app.Mounts {
		e.Any(path, echo.WrapHandler(h))
	}
	return e
}

// echoCtx returns the first error of its methods, as a handler would.
type echoCtx struct {
	c   *echosession.Context
	err error
}

func (c *echoCtx) keep(err error) {
	if c.err == nil {
		c.err = err
	}
}

func (c *echoCtx) Session() *core.Session        { return c.c.Session() }
func (c *echoCtx) Writer() http.ResponseWriter   { return c.c.Response() }
func (c *echoCtx) Request() *http.Request        { return c.c.Request() }
func (c *echoCtx) Status(code int)               { c.keep(c.c.NoContent(code)) }
func (c *echoCtx) Redirect(code int, url string) { c.keep(c.c.Redirect(code, url)) }
func (c *echoCtx) String(code int, text string)  { c.keep(c.c.String(code, text)) }
func (c *echoCtx) JSON(code int, v any)          { c.keep(c.c.JSON(code, v)) }

func (c *echoCtx) Fail(err error) {
	var status adaptertest.StatusError
	if errors.As(err, &status) {
		err = echo.NewHTTPError(int(status)).SetInternal(err)
	}
	c.keep(err)
}
