package devices

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
	"github.com/djinn-go/djinn/gormstore/dbtest"
)

// TestRevokeUserExcept: all of a user's sessions end but the one that asks, however
// far that one is.
func TestRevokeUserExcept(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db)
		s := newSite(t, store)
		for name, handler := range map[string]func(*core.Session, *http.Request){
			"as it is":         func(*core.Session, *http.Request) {},
			"rotation pending": func(s *core.Session, _ *http.Request) { s.CycleKey() },
			"rotated and saved": func(s *core.Session, r *http.Request) {
				s.CycleKey()
				if err := s.Save(r.Context()); err != nil {
					t.Error(err)
				}
			},
			"changed": func(s *core.Session, _ *http.Request) { s.Set("x", 1) },
		} {
			others := []string{s.login(t), s.login(t)}
			bystander := s.loginAs(t, 43)
			a := s.visit(s.login(t), func(session *core.Session, r *http.Request) {
				handler(session, r)
				n, err := store.RevokeUser(r.Context(), "42", session.PublicID())
				if err != nil || n != 2 {
					t.Errorf("%s: got %d, %v, want 2", name, n, err)
				}
			})
			if a.status != http.StatusOK {
				t.Errorf("%s: got status %d, want 200", name, a.status)
			}
			s.wantWho(t, name+": the one that asked", a.cookie, 42)
			s.wantWho(t, name+": another user", bystander, 43)
			for _, c := range others {
				s.wantWho(t, name+": the others", c, 0)
			}
			if _, err := store.RevokeUser(t.Context(), 42); err != nil {
				t.Fatal(err)
			}
			s.wantWho(t, name+": without exception", a.cookie, 0)
		}
	})
}

// TestExceptNothing: "", the public ID of a session that is not stored yet, spares no
// session, neither those whose key has no public ID.
func TestExceptNothing(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db)
		id := int64(42)
		row := device{AccountID: &id}
		row.SessionKey, row.ExpireDate = "short", gormstore.DateTimeOf(time.Now().Add(time.Hour))
		if err := db.Create(&row).Error; err != nil {
			t.Fatal(err)
		}
		if n, err := store.RevokeUser(t.Context(), 42, ""); n != 1 || err != nil {
			t.Errorf("got %d, %v, want 1", n, err)
		}
	})
}

// TestRevokeFinal: a request in flight does not bring back what was revoked.
func TestRevokeFinal(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db)
		s := newSite(t, store)
		revocations := map[string]func(publicID string) error{
			"Revoke": func(publicID string) error { return store.Revoke(t.Context(), publicID, store.OfUser(42)) },
			"RevokeUser": func(string) error {
				_, err := store.RevokeUser(t.Context(), 42)
				return err
			},
			"RevokeAll": func(string) error {
				_, err := store.RevokeAll(t.Context(), func(db *gorm.DB) *gorm.DB { return db.Where("client_ip = ?", "192.0.2.1") })
				return err
			},
		}
		for name, revoke := range revocations {
			for what, change := range map[string]struct {
				do   func(*core.Session)
				want int
			}{
				"a change":   {func(s *core.Session) { s.Set("x", 1) }, http.StatusBadRequest},
				"a rotation": {func(s *core.Session) { s.CycleKey() }, http.StatusBadRequest},
				"a touch":    {func(s *core.Session) { s.MarkModified() }, http.StatusOK},
			} {
				cookie := s.login(t)
				a := s.visit(cookie, func(session *core.Session, _ *http.Request) {
					account.Get(session)
					if err := revoke(core.PublicID(cookie)); err != nil {
						t.Errorf("%s: got %v, want nil", name, err)
					}
					change.do(session)
				})
				if a.status != change.want {
					t.Errorf("%s, %s: got status %d, want %d", name, what, a.status, change.want)
				}
				s.wantWho(t, name+", "+what, cookie, 0)
				s.wantWho(t, name+", "+what+", a new cookie", a.cookie, 0)
				wantLive(t, name+", "+what, store, 0)
			}
		}
	})
}

// TestRevokeFollowsRotation: a session that gets another key between the moment when
// a revocation reads it and the one when it removes it is removed under the new one.
func TestRevokeFollowsRotation(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		plain := migrated(t, db)
		for name, revoke := range map[string]func(*deviceStore) (int64, error){
			"RevokeUser": func(s *deviceStore) (int64, error) { return s.RevokeUser(t.Context(), 42) },
			"RevokeAll":  func(s *deviceStore) (int64, error) { return s.RevokeAll(t.Context(), s.OfUser(42)) },
		} {
			insert(t, db, "zzzz", 1)
			recorded, r := record(t, db)
			r.once("DELETE", func() error { // to a key that the pass is behind already
				return db.Model(&device{}).Where("session_key = ?", rowKey("zzzz", 0)).UpdateColumn("session_key", rowKey("aaaa", 0)).Error
			})
			if n, err := revoke(open(t, recorded)); n != 1 || err != nil {
				t.Errorf("%s: got %d, %v, want 1", name, n, err)
			}
			wantLive(t, name, plain, 0)
		}
	})
}

// TestRevokeGivesUp: sessions that the database does not remove are an error, neither a
// success nor a loop without end.
func TestRevokeGivesUp(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite.Open(t, nil)
	store := migrated(t, db)
	insert(t, db, "keep", 3)
	err := db.Exec("CREATE TRIGGER keep BEFORE DELETE ON device_sessions BEGIN SELECT RAISE(IGNORE); END").Error
	if err != nil {
		t.Fatal(err)
	}
	if n, err := store.RevokeUser(t.Context(), 42); n != 0 || !says(err, "does not remove") {
		t.Errorf("got %d, %v, want an error that says so", n, err)
	}
}

// TestRevokeAllByCondition: what the scopes find goes, the rest stays.
func TestRevokeAllByCondition(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db)
		s := newSite(t, store)
		idle, used := s.login(t), s.login(t)
		hourAgo := gormstore.DateTimeOf(time.Now().Add(-time.Hour))
		if err := db.Model(&device{}).Where("session_key = ?", idle).UpdateColumn("last_seen", hourAgo).Error; err != nil {
			t.Fatal(err)
		}
		n, err := store.RevokeAll(t.Context(), func(db *gorm.DB) *gorm.DB {
			return db.Where("last_seen < ?", gormstore.DateTimeOf(time.Now().Add(-time.Minute)))
		})
		if n != 1 || err != nil {
			t.Errorf("by last_seen: got %d, %v, want 1", n, err)
		}
		s.wantWho(t, "the idle one", idle, 0)
		s.wantWho(t, "the one in use", used, 42)
		insert(t, db, "ipv4", 3)
		insert(t, db, "ipv6", 1200)
		if err := db.Exec("UPDATE device_sessions SET client_ip = '2001:db8::1' WHERE session_key LIKE 'ipv6%'").Error; err != nil {
			t.Fatal(err)
		}
		n, err = store.RevokeAll(t.Context(), store.OfUser(42), func(db *gorm.DB) *gorm.DB { return db.Where("client_ip = ?", "2001:db8::1") })
		if n != 1200 || err != nil {
			t.Errorf("by client_ip: got %d, %v, want 1200", n, err)
		}
		wantLive(t, "the rest", store, 4)
		n, err = store.RevokeAll(t.Context(), func(db *gorm.DB) *gorm.DB { return db.Where("1 = 1") })
		if n != 4 || err != nil {
			t.Errorf("all: got %d, %v, want 4", n, err)
		}
	})
}

// TestRevokeAllRefuses: what would end every session by mistake is refused.
func TestRevokeAllRefuses(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db)
		newSite(t, store).login(t)
		for name, scopes := range map[string][]gormstore.Scope{
			"no scope":               nil,
			"a scope of nothing":     {func(db *gorm.DB) *gorm.DB { return db }},
			"a nested one":           {func(db *gorm.DB) *gorm.DB { return db.Scopes(func(db *gorm.DB) *gorm.DB { return db }) }},
			"a limit":                {store.OfUser(42), func(db *gorm.DB) *gorm.DB { return db.Limit(1) }},
			"an order":               {store.OfUser(42), func(db *gorm.DB) *gorm.DB { return db.Order("last_seen") }},
			"nobody":                 {store.OfUser(0)},
			"a user of another type": {store.OfUser("x")},
		} {
			if n, err := store.RevokeAll(t.Context(), scopes...); n != 0 || err == nil {
				t.Errorf("%s: got %d, %v, want an error", name, n, err)
			}
		}
		wantLive(t, "after all", store, 1)
		if n, err := store.RevokeAll(t.Context(), func(db *gorm.DB) *gorm.DB { return db.Scopes(store.OfUser(42)) }); n != 1 || err != nil {
			t.Errorf("a condition in a nested scope: got %d, %v, want 1", n, err)
		}
	})
}

// TestRevokeError: the number of revoked sessions is right when there is an error in
// the middle, and trying again does the rest.
func TestRevokeError(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		migrated(t, db)
		insert(t, db, "many", 1300)
		recorded, r := record(t, db)
		store := open(t, recorded)
		deletes := 0
		r.set(&r.before, func(query string) error {
			if strings.HasPrefix(query, "DELETE") {
				if deletes++; deletes == 2 {
					return errors.New("the cable is out")
				}
			}
			return nil
		})
		n, err := store.RevokeUser(t.Context(), 42)
		if n != 500 || !says(err, "the cable is out") || says(err, "many0000") {
			t.Errorf("got %d, %v, want 500 and the driver's error", n, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if n, err := store.RevokeUser(ctx, 42); n != 0 || !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: got %d, %v, want 0 and context.Canceled", n, err)
		}
		if n, err := store.RevokeUser(t.Context(), 42); n != 800 || err != nil {
			t.Errorf("again: got %d, %v, want 800", n, err)
		}
	})
}

// TestRevokeManySessions: a user's many sessions end.
func TestRevokeManySessions(t *testing.T) {
	n := 10_000
	switch {
	case testing.Short() || raceDetector:
		n = 2_000
	case os.Getenv("DJINN_FULL") == "1": // at night
		n = 100_000
	}
	t.Parallel()
	for _, d := range []dbtest.Database{dbtest.SQLite, dbtest.Postgres, dbtest.MySQL} {
		t.Run(d.Name, func(t *testing.T) {
			db := d.Open(t, nil)
			store := migrated(t, db)
			insert(t, db, "many", n)
			s := newSite(t, store)
			mine := s.login(t)
			start := time.Now()
			got, err := store.RevokeUser(t.Context(), 42, core.PublicID(mine))
			t.Logf("%d sessions in %v", got, time.Since(start))
			if got != int64(n) || err != nil {
				t.Errorf("got %d, %v, want %d", got, err, n)
			}
			s.wantWho(t, "the one that asked", mine, 42)
		})
	}
}

// TestStatements: what a log-in, the saves after it and a revocation send.
func TestStatements(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		migrated(t, db)
		recorded, r := record(t, db)
		store := open(t, recorded)
		s := newSite(t, store)
		var cookie string
		visit := func(handler func(*core.Session, *http.Request)) func() {
			return func() { cookie = s.visit(cookie, handler).cookie }
		}
		for _, step := range []struct {
			name, want string
			run        func()
		}{
			{"an anonymous session", "INSERT", visit(func(s *core.Session, _ *http.Request) { s.Set("cart", 1) })},
			{"a change of it", "SELECT UPDATE", visit(func(s *core.Session, _ *http.Request) { s.Set("cart", 2) })},
			{"a log-in", "SELECT UPDATE BEGIN INSERT SELECT SELECT UPDATE COMMIT", visit(logIn(42))},
			{"a change", "SELECT UPDATE", visit(func(s *core.Session, _ *http.Request) { s.Set("cart", 3) })},
			{"a rotation", "SELECT UPDATE", visit(func(s *core.Session, _ *http.Request) { s.CycleKey() })},
			{"a read", "SELECT", visit(func(s *core.Session, _ *http.Request) { s.Get("cart") })},
			{"a log-out", "DELETE", visit(func(s *core.Session, _ *http.Request) { s.Flush() })},
			{"a log-in without a session", "BEGIN INSERT SELECT INSERT COMMIT", func() { cookie = ""; visit(logIn(42))() }},
			{"a revocation", "BEGIN INSERT INSERT COMMIT SELECT DELETE SELECT SELECT", func() {
				if n, err := store.RevokeUser(t.Context(), 42); n != 1 || err != nil {
					t.Errorf("RevokeUser: got %d, %v, want 1", n, err)
				}
			}},
		} {
			r.words()
			step.run()
			got := r.words()
			if !slices.Equal(strings.Fields(got), strings.Fields(step.want)) {
				t.Errorf("%s: got statements %q, want %q", step.name, got, step.want)
			}
		}
	})
}

// TestRevokeAllLeftJoin: a join that leaves out nothing is no condition.
func TestRevokeAllLeftJoin(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db)
		s := newSite(t, store)
		cookie := s.login(t)
		n, err := store.RevokeAll(t.Context(), func(db *gorm.DB) *gorm.DB {
			return db.Joins("LEFT JOIN device_sessions_users u ON u.user_id = 'nobody'")
		})
		if err == nil {
			t.Errorf("got %d, nil, want an error", n)
		}
		s.wantWho(t, "after", cookie, 42)
	})
}
