package echov5session_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"testing"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"

	"github.com/djinn-go/djinn/adapters/echov5session"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/adaptertest"
)

func TestLaws(t *testing.T) {
	adaptertest.Run(t, adaptertest.Framework{Name: "echo v5", Build: mounting{}.build})
}

// Echo answers HEAD with the GET handler here, and holds its answer until it ends.
func TestLawsAutoHandleHEAD(t *testing.T) {
	t.Parallel()
	adaptertest.Run(t, adaptertest.Framework{Name: "echo v5, HEAD by GET", Build: mounting{autoHEAD: true}.build, Waived: counted})
}

// The same, with the sessions inside what holds the answer.
func TestLawsAutoHandleHEADOutside(t *testing.T) {
	t.Parallel()
	adaptertest.Run(t, adaptertest.Framework{
		Name:  "echo v5, HEAD by GET, mounted per route",
		Build: mounting{autoHEAD: true, perRoute: true}.build, Waived: counted,
	})
}

// counted are the cases that TestLaws has run alone.
var counted = map[string]string{"cost/untouched": "TestLaws counts", "cost/handle": "TestLaws counts"}

// Middleware of Echo's that puts a writer of its own around the response.
func TestLawsInsideBodyDump(t *testing.T) {
	t.Parallel()
	dump := middleware.BodyDump(func(*echo.Context, []byte, []byte, error) {})
	adaptertest.Run(t, adaptertest.Framework{Name: "echo v5, inside BodyDump", Build: mounting{outer: dump}.build, Waived: counted})
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
			adaptertest.Run(t, adaptertest.Framework{
				Name: "echo v5, inside Gzip", Build: mounting{outer: outer}.build, Waived: waived,
			})
		})
	}
}

// mounting is a way to mount the sessions.
type mounting struct {
	autoHEAD bool
	perRoute bool                // instead of for all
	outer    echo.MiddlewareFunc // mounted before the sessions, if any
}

func (mt mounting) build(app adaptertest.App) http.Handler {
	e := echo.NewWithConfig(echo.Config{
		Logger: slog.New(slog.DiscardHandler),
		Router: echo.NewRouter(echo.RouterConfig{AutoHandleHEAD: mt.autoHEAD}),
	})
	e.IPExtractor = extractor(app.Proxies)
	if app.Style == adaptertest.StyleBare {
		e.Use(func(next echo.HandlerFunc) echo.HandlerFunc { return func(c *echo.Context) error { return next(c) } })
	}
	if app.OnError != nil {
		e.HTTPErrorHandler = func(c *echo.Context, err error) {
			if res, _ := echo.UnwrapResponse(c.Response()); !res.Committed {
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
	var inner []echo.MiddlewareFunc
	for _, m := range app.Managers {
		inner = append(inner, echov5session.Middleware(m, options(app)...))
	}
	if app.Recovery == adaptertest.RecoveryInside {
		inner = append(inner, middleware.Recover())
	}
	if app.Before != nil {
		inner = append(inner, func(next echo.HandlerFunc) echo.HandlerFunc {
			return func(c *echo.Context) error {
				app.Before(&echoCtx{c: &echov5session.Context{Context: c}})
				return next(c)
			}
		})
	}
	if !mt.perRoute {
		e.Use(inner...)
		inner = nil
	} else {
		e.RouteNotFound("/*", func(*echo.Context) error { return echo.ErrNotFound }, inner...)
	}
	for path, h := range app.Routes {
		mt.add(e, path, inner, handler(app.Style, h))
	}
	for _, path := range app.Silent {
		if app.Style == adaptertest.StyleContext {
			mt.add(e, path, inner, echov5session.Handle(func(c *echov5session.Context) error { return c.NoContent(http.StatusNoContent) }))
		} else {
			mt.add(e, path, inner, func(c *echo.Context) error { return c.NoContent(http.StatusNoContent) })
		}
	}
	for path, h := range app.Mounts {
		mt.add(e, path, inner, echo.WrapHandler(h))
	}
	return e
}

// add registers h for every method.
func (mt mounting) add(e *echo.Echo, path string, inner []echo.MiddlewareFunc, h echo.HandlerFunc) {
	if !mt.autoHEAD {
		e.Any(path, h, inner...)
		return
	}
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		e.Add(method, path, h, inner...)
	}
}

// options are what the program asks of the middleware.
func options(app adaptertest.App) (opts []echov5session.Option) {
	if app.Skip != nil {
		opts = append(opts, echov5session.WithSkipper(func(c *echo.Context) bool { return app.Skip(c.Request()) }))
	}
	if app.AdapterError != nil {
		opts = append(opts, echov5session.WithErrorHandler(func(c *echo.Context, err error) { app.AdapterError(c.Response(), c.Request(), err) }))
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
		return echov5session.HandleWith(newShop, func(c *shop) error { h(c); return c.err })
	case adaptertest.StyleFrom:
		return func(c *echo.Context) error {
			ctx := newShop(c)
			h(ctx)
			return ctx.err
		}
	default:
		return echov5session.Handle(func(c *echov5session.Context) error {
			ctx := &echoCtx{c: c}
			h(ctx)
			return ctx.err
		})
	}
}

// shop is a team's own context, which asks From.
type shop struct{ echoCtx }

func newShop(c *echo.Context) *shop { return &shop{echoCtx{c: &echov5session.Context{Context: c}}} }

func (c *shop) Session() *core.Session { return echov5session.From(c.c.Context) }

// echoCtx returns the first error of its methods, as a handler would.
type echoCtx struct {
	c   *echov5session.Context
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
		err = echo.NewHTTPError(int(status), "").Wrap(err)
	}
	c.keep(err)
}
