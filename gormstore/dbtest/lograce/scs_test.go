package lograce

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
)

// scsSite opens a site on alexedwards/scs.
func scsSite(idle time.Duration) func(*testing.T) *site {
	return func(*testing.T) *site {
		m := scs.New()
		m.Store = memstore.NewWithCleanupInterval(0)
		m.IdleTimeout = idle
		m.ErrorFunc = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusInternalServerError) }
		return &site{
			handler: m.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				serveMoves(w, r, &scsSession{m, r.Context()})
			})),
			cookie: m.Cookie.Name,
			slow:   slow,
			ends: map[string]end{
				"delete": func(_ context.Context, r *race) error { return m.Store.Delete(r.browser()) },
			},
		}
	}
}

// scsSession is a session of scs. Its errors show in what comes of the race.
type scsSession struct {
	m   *scs.SessionManager
	ctx context.Context
}

func (s *scsSession) user() string        { return s.m.GetString(s.ctx, "user") }
func (s *scsSession) setUser(name string) { s.m.Put(s.ctx, "user", name) }
func (s *scsSession) write()              { s.m.Put(s.ctx, "item", time.Now().UnixNano()) }
func (s *scsSession) touch()              { s.m.Put(s.ctx, "touched", true) }
func (s *scsSession) rotate()             { _ = s.m.RenewToken(s.ctx) }
func (s *scsSession) logOut()             { _ = s.m.Destroy(s.ctx) }

func (s *scsSession) save() {
	_, _, _ = s.m.Commit(s.ctx)
}
