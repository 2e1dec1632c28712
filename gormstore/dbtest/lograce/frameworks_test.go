package lograce

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/labstack/echo/v4"
	echov5 "github.com/labstack/echo/v5"

	"github.com/djinn-go/djinn/adapters/chisession"
	"github.com/djinn-go/djinn/adapters/echosession"
	"github.com/djinn-go/djinn/adapters/echov5session"
	"github.com/djinn-go/djinn/adapters/ginsession"
	"github.com/djinn-go/djinn/core"
)

// framework mounts the handler of a site, with sessions of m.
type framework struct {
	name  string
	mount func(m *core.Manager) http.Handler
}

var (
	netHTTP = framework{"net/http", func(m *core.Manager) http.Handler {
		return m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			serveDjinn(w, r, m.Session(r.Context()))
		}))
	}}
	onGin = framework{"ginsession", func(m *core.Manager) http.Handler {
		gin.SetMode(gin.ReleaseMode)
		engine := gin.New()
		engine.Use(ginsession.Middleware(m))
		engine.GET("/:request", ginsession.Handle(func(c *ginsession.Context) {
			serveDjinn(c.Writer, c.Request, c.Session())
		}))
		return engine
	}}
	onEcho = framework{"echosession", func(m *core.Manager) http.Handler {
		e := echo.New()
		e.Use(echosession.Middleware(m))
		e.GET("/:request", echosession.Handle(func(c *echosession.Context) error {
			serveDjinn(c.Response(), c.Request(), c.Session())
			return nil
		}))
		return e
	}}
	onEchoV5 = framework{"echov5session", func(m *core.Manager) http.Handler {
		e := echov5.New()
		e.Use(echov5session.Middleware(m))
		e.GET("/:request", echov5session.Handle(func(c *echov5session.Context) error {
			serveDjinn(c.Response(), c.Request(), c.Session())
			return nil
		}))
		return e
	}}
	onChi = framework{"chisession", func(m *core.Manager) http.Handler {
		router := chi.NewRouter()
		router.Use(chisession.Middleware(m))
		router.Get("/{request}", chisession.Handle(func(c *chisession.Context) {
			serveDjinn(c.W, c.R, c.Session())
		}))
		return router
	}}
)

// djinnSession is a session of djinn.
type djinnSession struct {
	*core.Session
	ctx context.Context
}

func serveDjinn(w http.ResponseWriter, r *http.Request, s *core.Session) {
	serveMoves(w, r, djinnSession{s, r.Context()})
}

const userKey core.Key[string] = "user"

func (s djinnSession) user() string        { return userKey.Get(s.Session) }
func (s djinnSession) setUser(name string) { userKey.Set(s.Session, name) }
func (s djinnSession) write()              { s.Set("item", time.Now().UnixNano()) }
func (s djinnSession) touch()              { s.MarkModified() }
func (s djinnSession) rotate()             { s.CycleKey() }
func (s djinnSession) logOut()             { s.Flush() }
func (s djinnSession) save()               { _ = s.Save(s.ctx) } // the engine answers for it
