package lograce

import (
	"context"
	"net/http"
	"testing"
	"time"

	ginsessions "github.com/gin-contrib/sessions"
	ginsessionsgorm "github.com/gin-contrib/sessions/gorm"
	ginmemstore "github.com/gin-contrib/sessions/memstore"
	"github.com/gin-gonic/gin"
	"github.com/gorilla/sessions"
	echosessions "github.com/labstack/echo-contrib/session"
	"github.com/labstack/echo/v4"
	wader "github.com/wader/gormstore/v2"
	"gorm.io/gorm"

	"github.com/djinn-go/djinn/gormstore/dbtest"
)

const cookieName = "session"

var signingKey = []byte("0123456789abcdef0123456789abcdef")

// waderSite opens a site on gorilla/sessions with wader/gormstore.
func waderSite(t *testing.T) *site {
	db := dbtest.SQLite.Open(t, nil)
	store := wader.New(db, signingKey)
	return &site{
		handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s, _ := store.Get(r, cookieName) // with an error, it is a new one
			serveGorilla(w, r, s)
		}),
		cookie: cookieName,
		slow:   keepers,
		ends:   deleteRows(db),
	}
}

// deleteRows is how an operator ends all sessions of wader/gormstore.
func deleteRows(db *gorm.DB) map[string]end {
	return map[string]end{
		"delete": func(context.Context, *race) error { return db.Exec("DELETE FROM sessions").Error },
	}
}

// echoContribSite opens a site on echo-contrib with gorilla's files.
func echoContribSite(t *testing.T) *site {
	e := echo.New()
	e.Use(echosessions.Middleware(sessions.NewFilesystemStore(t.TempDir(), signingKey)))
	e.GET("/:request", func(c echo.Context) error {
		s, _ := echosessions.Get(cookieName, c)
		serveGorilla(c.Response(), c.Request(), s)
		return nil
	})
	return &site{handler: e, cookie: cookieName, slow: keepers}
}

// serveGorilla saves the session where the handler has changed it.
func serveGorilla(w http.ResponseWriter, r *http.Request, s *sessions.Session) {
	g := &gorillaSession{s: s, w: w, r: r}
	serveMoves(w, r, g)
	if g.changed {
		g.save()
	}
}

// gorillaSession is a session of gorilla/sessions. There is no way to give one a
// new key.
type gorillaSession struct {
	s       *sessions.Session
	w       http.ResponseWriter
	r       *http.Request
	changed bool
}

func (g *gorillaSession) user() string {
	user, _ := g.s.Values["user"].(string)
	return user
}

func (g *gorillaSession) setUser(name string) { g.s.Values["user"], g.changed = name, true }
func (g *gorillaSession) write()              { g.s.Values["item"], g.changed = time.Now().UnixNano(), true }
func (g *gorillaSession) touch()              { g.changed = true }
func (g *gorillaSession) rotate()             {}
func (g *gorillaSession) logOut()             { g.s.Options.MaxAge, g.changed = -1, true }
func (g *gorillaSession) save()               { _ = g.s.Save(g.r, g.w) }

// ginContribSite opens a site on gin-contrib/sessions.
func ginContribSite(open func(*testing.T) (ginsessions.Store, map[string]end)) func(*testing.T) *site {
	return func(t *testing.T) *site {
		store, ends := open(t)
		gin.SetMode(gin.ReleaseMode)
		engine := gin.New()
		engine.Use(ginsessions.Sessions(cookieName, store))
		engine.GET("/:request", func(c *gin.Context) {
			g := &ginContribSession{s: ginsessions.Default(c)}
			serveMoves(c.Writer, c.Request, g)
			if g.changed {
				g.save()
			}
		})
		return &site{handler: engine, cookie: cookieName, slow: keepers, ends: ends}
	}
}

func ginContribMemory(*testing.T) (ginsessions.Store, map[string]end) {
	return ginmemstore.NewStore(signingKey), nil
}

func ginContribTable(t *testing.T) (ginsessions.Store, map[string]end) {
	db := dbtest.SQLite.Open(t, nil)
	return ginsessionsgorm.NewStore(db, false, signingKey), deleteRows(db)
}

// ginContribSession is a session of gin-contrib/sessions, which has no rotation
// either.
type ginContribSession struct {
	s       ginsessions.Session
	changed bool
}

func (g *ginContribSession) user() string {
	user, _ := g.s.Get("user").(string)
	return user
}

func (g *ginContribSession) set(name string, value any) {
	g.s.Set(name, value)
	g.changed = true
}

func (g *ginContribSession) setUser(name string) { g.set("user", name) }
func (g *ginContribSession) write()              { g.set("item", time.Now().UnixNano()) }
func (g *ginContribSession) touch()              { g.set("touched", true) }
func (g *ginContribSession) rotate()             {}
func (g *ginContribSession) save()               { _ = g.s.Save() }

func (g *ginContribSession) logOut() {
	g.s.Clear()
	g.s.Options(ginsessions.Options{Path: "/", MaxAge: -1})
	g.changed = true
}
