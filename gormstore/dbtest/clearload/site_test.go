//go:build nightly

package clearload

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
	"github.com/djinn-go/djinn/gormstore/dbtest"
)

var visits = core.Key[int]("visits")

// site is a program with sessions in a database.
type site struct {
	db        *gorm.DB
	store     *gormstore.Store[gormstore.DjangoSession]
	handler   http.Handler
	payload   gormstore.Payload // of about 500 bytes, as the site wrote it
	deadlocks atomic.Int64      // that somebody was told of
}

// newSite opens d with a pool as a service has it, and Django's table.
func newSite(t testing.TB, d dbtest.Database) *site {
	t.Helper()
	s := &site{db: d.Open(t, nil)}
	pool, err := s.db.DB()
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(20)
	pool.SetMaxIdleConns(20)
	if s.store, err = gormstore.New(s.db); err != nil {
		t.Fatal(err)
	}
	if err := s.store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	m, err := core.New(s.store, core.Config{
		SecretKey: "only for tests",
		Logger:    slog.New(slog.DiscardHandler),
		Observer:  func(_ context.Context, e core.Event) { s.note(e.Err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	s.handler = m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session := m.Session(r.Context())
		switch {
		case !session.Has(string(visits)):
			w.WriteHeader(http.StatusGone)
			return
		case r.Method == http.MethodPost:
			visits.Update(session, func(n int) int { return n + 1 })
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	s.payload = s.write(t, m)
	return s
}

// write saves a session and returns what is in the table then. Any row can have it:
// the signature does not cover the key.
func (s *site) write(t testing.TB, m *core.Manager) gormstore.Payload {
	t.Helper()
	session := m.Open(t.Context(), "")
	visits.Set(session, 0)
	var noise strings.Builder // which does not compress
	for range 9 {
		noise.WriteString(core.NewSessionKey())
	}
	session.Set("noise", noise.String())
	if err := session.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	var row gormstore.DjangoSession
	if err := s.db.Take(&row).Error; err != nil {
		t.Fatal(err)
	}
	if n := len(row.SessionData); n < 400 || n > 600 {
		t.Fatalf("a row's data has %d bytes, want about 500", n)
	}
	if err := s.db.Delete(&row).Error; err != nil {
		t.Fatal(err)
	}
	return row.SessionData
}

// note counts err if it is a deadlock.
func (s *site) note(err error) {
	var (
		pg *pgconn.PgError
		my *mysql.MySQLError
	)
	if errors.As(err, &pg) && pg.Code == "40P01" || errors.As(err, &my) && my.Number == 1213 {
		s.deadlocks.Add(1)
	}
}
