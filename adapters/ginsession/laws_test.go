package ginsession_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/djinn-go/djinn/adapters/ginsession"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/adaptertest"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	m.Run()
}

func TestLaws(t *testing.T) {
	adaptertest.Run(t, adaptertest.Framework{
		Name:  "gin, error middleware outside",
		Build: func(app adaptertest.App) http.Handler { return build(app, true) },
		Waived: map[string]string{
			"stream/early-hints-sent": "gin's own WriteHeader only takes note of a 103",
		},
	})
}

// With the error middleware inside, it answers what handlers put into c.Errors,
// but a session that cannot be saved is known only after it.
func TestLawsErrorMiddlewareInside(t *testing.T) {
	t.Parallel()
	adaptertest.Run(t, adaptertest.Framework{
		Name:  "gin, error middleware inside",
		Build: func(app adaptertest.App) http.Handler { return build(app, false) },
		Waived: map[string]string{
			"stream/early-hints-sent": "gin's own WriteHeader only takes note of a 103",
			"fault/on-error":          "mounted inside, error middleware cannot see what happens outside of it",
			"cost/untouched":          "TestLaws counts",
			"cost/handle":             "TestLaws counts",
		},
	})
}

func build(app adaptertest.App, errorsOutside bool) http.Handler {
	r := gin.New()
	if err := r.SetTrustedProxies(app.Proxies); err != nil {
		panic(err)
	}
	if app.Recovery == adaptertest.RecoveryOutside {
		r.Use(gin.CustomRecoveryWithWriter(io.Discard, func(c *gin.Context, _ any) { c.AbortWithStatus(500) }))
	}
	if app.OnError != nil && errorsOutside {
		r.Use(answerErrors(app))
	}
	for _, m := range app.Managers {
		r.Use(ginsession.Middleware(m, options(app)...))
	}
	if app.Style == adaptertest.StyleBare {
		r.Use(func(c *gin.Context) { c.Next() })
	}
	if app.OnError != nil && !errorsOutside {
		r.Use(answerErrors(app))
	}
	if app.Recovery == adaptertest.RecoveryInside {
		r.Use(gin.CustomRecoveryWithWriter(io.Discard, func(c *gin.Context, _ any) { c.AbortWithStatus(500) }))
	}
	if app.Before != nil {
		r.Use(ginsession.Handle(func(c *ginsession.Context) { app.Before(ginCtx{c}) }))
	}
	for path, h := range app.Routes {
		switch app.Style {
		case adaptertest.StyleOwnContext:
			r.Any(path, ginsession.HandleWith(newShop, func(c shop) { h(c) }))
		case adaptertest.StyleFrom:
			r.Any(path, func(c *gin.Context) { h(newShop(c)) })
		default:
			r.Any(path, ginsession.Handle(func(c *ginsession.Context) { h(ginCtx{c}) }))
		}
	}
	for _, path := range app.Silent {
		if app.Style == adaptertest.StyleContext {
			r.Any(path, ginsession.Handle(func(c *ginsession.Context) { c.Status(http.StatusNoContent) }))
		} else {
			r.Any(path, func(c *gin.Context) { c.Status(http.StatusNoContent) })
		}
	}
	for path, h := range app.Mounts {
		r.Any(path, gin.WrapH(h))
	}
	return r
}

// options are what the program asks of the middleware.
func options(app adaptertest.App) (opts []ginsession.Option) {
	if app.Skip != nil {
		opts = append(opts, ginsession.WithSkipper(func(c *gin.Context) bool { return app.Skip(c.Request) }))
	}
	if app.AdapterError != nil {
		opts = append(opts, ginsession.WithErrorHandler(func(c *gin.Context, err error) { app.AdapterError(c.Writer, c.Request, err) }))
	}
	return opts
}

// shop is a team's own context, which asks From.
type shop struct{ ginCtx }

func newShop(c *gin.Context) shop { return shop{ginCtx{&ginsession.Context{Context: c}}} }

func (c shop) Session() *core.Session { return ginsession.From(c.c.Context) }

// answerErrors is error middleware as Gin's documentation shows it.
func answerErrors(app adaptertest.App) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Next()
		if last := c.Errors.Last(); last != nil && !c.Writer.Written() {
			app.OnError(c.Writer, c.Request, last.Err)
		}
	}
}

type ginCtx struct{ c *ginsession.Context }

func (c ginCtx) Session() *core.Session        { return c.c.Session() }
func (c ginCtx) Writer() http.ResponseWriter   { return c.c.Writer }
func (c ginCtx) Request() *http.Request        { return c.c.Request }
func (c ginCtx) Status(code int)               { c.c.Status(code) }
func (c ginCtx) Redirect(code int, url string) { c.c.Redirect(code, url) }
func (c ginCtx) String(code int, text string)  { c.c.String(code, "%s", text) }
func (c ginCtx) JSON(code int, v any)          { c.c.JSON(code, v) }
func (c ginCtx) Fail(err error)                { _ = c.c.Error(err) }
