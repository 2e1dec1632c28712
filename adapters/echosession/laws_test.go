package echosession_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/djinn-go/djinn/adapters/echosession"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/adaptertest"
)

func TestLaws(t *testing.T) {
	adaptertest.Run(t, adaptertest.Framework{Name: "echo", Build: mounting{}.build})
}

// counted are the cases that TestLaws has run alone.
var counted = map[string]string{"cost/untouched": "TestLaws counts", "cost/handle": "TestLaws counts"}

// Middleware of Echo's that puts a writer of its own into the response, and takes
// it out again before errors are answered.
func TestLawsInsideBodyDump(t *testing.T) {
	t.Parallel()
	dump := middleware.BodyDump(func(echo.Context, []byte, []byte) {})
	adaptertest.Run(t, adaptertest.Framework{Name: "echo, inside BodyDump", Build: mounting{dump}.build, Waived: counted})
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
		"cost/untouched": "TestLaws counts", "cost/handle": "TestLaws counts",
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
	e.IPExtractor = extractor(app.Proxies)
	if app.Style == adaptertest.StyleBare {
		e.Use(func(next echo.HandlerFunc) echo.HandlerFunc { return func(c echo.Context) error { return next(c) } })
	}
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
		e.Use(echosession.Middleware(m, options(app)...))
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
		e.Any(path, handler(app.Style, h))
	}
	for _, path := range app.Silent {
		if app.Style == adaptertest.StyleContext {
			e.Any(path, echosession.Handle(func(c *echosession.Context) error { return c.NoContent(http.StatusNoContent) }))
		} else {
			e.Any(path, func(c echo.Context) error { return c.NoContent(http.StatusNoContent) })
		}
	}
	for path, h := range app.Mounts {
		e.Any(path, echo.WrapHandler(h))
	}
	return e
}

// options are what the program asks of the middleware.
func options(app adaptertest.App) (opts []echosession.Option) {
	if app.Skip != nil {
		opts = append(opts, echosession.WithSkipper(func(c echo.Context) bool { return app.Skip(c.Request()) }))
	}
	if app.AdapterError != nil {
		opts = append(opts, echosession.WithErrorHandler(func(err error, c echo.Context) { app.AdapterError(c.Response(), c.Request(), err) }))
	}
	return opts
}

// extractor believes those proxies and nobody else.
func extractor(proxies []string) echo.IPExtractor {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, text := range proxies {
		_, network, err := net.ParseCIDR(text)
		if err != nil {
			panic(err)
		}
		trust = append(trust, echo.TrustIPRange(network))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}

// handler writes h in one of the styles.
func handler(style adaptertest.Style, h func(adaptertest.Ctx)) echo.HandlerFunc {
	switch style {
	case adaptertest.StyleOwnContext:
		return echosession.HandleWith(newShop, func(c *shop) error { h(c); return c.err })
	case adaptertest.StyleFrom:
		return func(c echo.Context) error {
			ctx := newShop(c)
			h(ctx)
			return ctx.err
		}
	default:
		return echosession.Handle(func(c *echosession.Context) error {
			ctx := &echoCtx{c: c}
			h(ctx)
			return ctx.err
		})
	}
}

// shop is a team's own context, which asks From.
type shop struct{ echoCtx }

func newShop(c echo.Context) *shop { return &shop{echoCtx{c: &echosession.Context{Context: c}}} }

func (c *shop) Session() *core.Session { return echosession.From(c.c.Context) }

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
