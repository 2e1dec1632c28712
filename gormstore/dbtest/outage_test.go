package dbtest

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

const outageCount core.Key[int] = "count"

// outage is a site on a real database that is about to fail it.
type outage struct {
	t      *testing.T
	db     *gorm.DB
	m      *core.Manager
	cookie string
	during func() // runs in the handler, after the session was loaded
}

// newOutage opens a site whose visitor has a session with count 1. All statements
// go over one connection, so that a setting of it is a setting of the site.
func newOutage(t *testing.T, d Database) *outage {
	t.Helper()
	o := &outage{t: t, db: d.Open(t, nil)}
	pool, err := o.db.DB()
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(1)
	store, err := gormstore.New(o.db)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.m, err = core.New(store, core.Config{
		SecretKey:    "only for tests",
		StoreTimeout: 500 * time.Millisecond,
		Logger:       slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	s := o.m.Open(t.Context(), "")
	outageCount.Set(s, 1)
	if err := s.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.cookie = s.Key()
	return o
}

// visit makes a request that reads the session and, if write, changes it. It fails
// the test if the failure looks like anything but a 503 with the cookie left alone.
func (o *outage) visit(write bool) (status int) {
	o.t.Helper()
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: "sessionid", Value: o.cookie})
	w := httptest.NewRecorder()
	start := time.Now()
	o.m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := o.m.Session(r.Context())
		outageCount.Get(s)
		if o.during != nil {
			o.during()
		}
		if write {
			outageCount.Update(s, func(n int) int { return n + 1 })
		}
		_, _ = io.WriteString(w, "the handler's page")
	})).ServeHTTP(w, r)
	if d := time.Since(start); d > 5*time.Second {
		o.t.Errorf("the answer took %v, with a deadline of 500ms for each call of the store", d)
	}
	if w.Code != http.StatusOK {
		if w.Code != http.StatusServiceUnavailable || w.Header()["Set-Cookie"] != nil || strings.Contains(w.Body.String(), "handler") {
			o.t.Errorf("response = %d %q, Set-Cookie %q; want 503, nothing of the handler's, no cookie", w.Code, w.Body, w.Header()["Set-Cookie"])
		}
		if strings.Contains(w.Body.String(), o.cookie) {
			o.t.Error("the error page shows the key")
		}
	}
	return w.Code
}

func (o *outage) want(what string, write bool, status int) {
	o.t.Helper()
	if got := o.visit(write); got != status {
		o.t.Errorf("%s: status = %d, want %d", what, got, status)
	}
}

// count returns the stored item.
func (o *outage) count() int {
	o.t.Helper()
	s := o.m.Open(context.Background(), o.cookie)
	n := outageCount.Get(s)
	if err := s.Err(); err != nil {
		o.t.Fatal(err)
	}
	return n
}

func (o *outage) exec(sql string) {
	o.t.Helper()
	if err := o.db.Exec(sql).Error; err != nil {
		o.t.Fatal(err)
	}
}

func eachServer(t *testing.T, f func(t *testing.T, d Database)) {
	t.Parallel()
	for _, d := range []Database{SQLite, Postgres, MySQL} {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			f(t, d)
		})
	}
}

// A table that is not there is a failure, and not a site full of strangers.
func TestTableMissing(t *testing.T) {
	eachServer(t, func(t *testing.T, d Database) {
		o := newOutage(t, d)
		o.exec("ALTER TABLE django_session RENAME TO elsewhere")
		o.want("reading", false, http.StatusServiceUnavailable)
		o.want("writing", true, http.StatusServiceUnavailable)
		o.exec("ALTER TABLE elsewhere RENAME TO django_session")
		o.want("with the table back", true, http.StatusOK)
		if got := o.count(); got != 2 {
			t.Errorf("count = %d, want 2", got)
		}
	})
}

func TestDatabaseReadOnly(t *testing.T) {
	on := map[string][2]string{
		SQLite.Name:   {"PRAGMA query_only = 1", "PRAGMA query_only = 0"},
		Postgres.Name: {"SET default_transaction_read_only = on", "SET default_transaction_read_only = off"},
		MySQL.Name:    {"SET SESSION TRANSACTION READ ONLY", "SET SESSION TRANSACTION READ WRITE"},
	}
	eachServer(t, func(t *testing.T, d Database) {
		o := newOutage(t, d)
		o.exec(on[d.Name][0])
		o.want("reading", false, http.StatusOK)
		o.want("writing", true, http.StatusServiceUnavailable)
		o.exec(on[d.Name][1])
		if got := o.count(); got != 1 {
			t.Errorf("count = %d, want 1: as it was", got)
		}
		o.want("writable again", true, http.StatusOK)
	})
}

// Somebody holds a lock for longer than the deadline. SQLite waits for a lock
// without looking at the context, so its busy_timeout is what counts there.
func TestDatabaseLocked(t *testing.T) {
	lock := map[string][2]string{
		SQLite.Name:   {"BEGIN EXCLUSIVE", "ROLLBACK"},
		Postgres.Name: {"BEGIN; LOCK TABLE django_session IN ACCESS EXCLUSIVE MODE", "ROLLBACK"},
		MySQL.Name:    {"LOCK TABLES django_session WRITE", "UNLOCK TABLES"},
	}
	eachServer(t, func(t *testing.T, d Database) {
		d.params = strings.Replace(d.params, "busy_timeout(10000)", "busy_timeout(300)", 1)
		o := newOutage(t, d)
		pool, err := o.db.DB()
		if err != nil {
			t.Fatal(err)
		}
		pool.SetMaxOpenConns(2)
		other, err := pool.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		if _, err := other.ExecContext(t.Context(), lock[d.Name][0]); err != nil {
			t.Fatal(err)
		}
		o.want("writing", true, http.StatusServiceUnavailable)
		if _, err := other.ExecContext(t.Context(), lock[d.Name][1]); err != nil {
			t.Fatal(err)
		}
		if got := o.count(); got != 1 {
			t.Errorf("count = %d, want 1: as it was", got)
		}
		o.want("with the lock gone", true, http.StatusOK)
	})
}

// The connection is cut between the load and the save. Either the request is
// saved over a new one, or it is refused and nothing has changed; the next works.
func TestConnectionLost(t *testing.T) {
	eachServer(t, func(t *testing.T, d Database) {
		id := map[string]string{Postgres.Name: "SELECT pg_backend_pid()", MySQL.Name: "SELECT connection_id()"}[d.Name]
		kill := map[string]string{Postgres.Name: "SELECT pg_terminate_backend(?)", MySQL.Name: "KILL ?"}[d.Name]
		if id == "" {
			t.Log("SQLite has no connection to lose")
			return
		}
		o := newOutage(t, d)
		admin := d.Open(t, nil)
		o.during = func() {
			var pid int64
			if err := o.db.Raw(id).Row().Scan(&pid); err != nil {
				t.Fatal(err)
			}
			if err := admin.Exec(kill, pid).Error; err != nil {
				t.Fatal(err)
			}
		}
		want := 1
		if o.visit(true) == http.StatusOK {
			want = 2
		}
		o.during = nil
		if got := o.count(); got != want {
			t.Errorf("count = %d, want %d", got, want)
		}
		o.want("afterwards", true, http.StatusOK)
	})
}
