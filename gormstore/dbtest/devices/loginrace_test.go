package devices

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
	"github.com/djinn-go/djinn/gormstore/dbtest"
)

// logins are the ways in which a session becomes user 42's: what the browser has
// before, and what the handler does.
var logins = map[string]struct {
	before  func(t testing.TB, s site) (cookie string)
	handler func(*core.Session, *http.Request)
	remains int64 // the user of the cookie from before, if the log-in is refused
}{
	"a new session": {
		func(testing.TB, site) string { return "" },
		func(s *core.Session, _ *http.Request) { account.Set(s, 42) }, 0,
	},
	"an anonymous session kept": {
		anonymous, func(s *core.Session, _ *http.Request) { account.Set(s, 42) }, 0,
	},
	"an anonymous session rotated": {anonymous, logIn(42), 0},
	"another user's session": {
		func(t testing.TB, s site) string { return s.loginAs(t, 41) },
		func(s *core.Session, _ *http.Request) { account.Set(s, 42) }, 41,
	},
	"another user's session rotated": {
		func(t testing.TB, s site) string { return s.loginAs(t, 41) }, logIn(42), 41,
	},
	"flushed and begun anew": {
		anonymous, func(s *core.Session, _ *http.Request) { s.Flush(); account.Set(s, 42) }, 0,
	},
}

func anonymous(t testing.TB, s site) string {
	a := s.visit("", func(s *core.Session, _ *http.Request) { s.Set("cart", 1) })
	if !a.set {
		t.Fatal("no cookie for an anonymous session")
	}
	return a.cookie
}

// TestLoginRacesRevokeUser: a log-in whose request began before a revocation on
// another node, and which commits after it, is refused; one that begins after it is
// not, whatever the nodes' clocks say.
func TestLoginRacesRevokeUser(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		migrated(t, db)
		fast := func() time.Time { return time.Now().Add(3 * time.Hour) }
		slow := func() time.Time { return time.Now().Add(-3 * time.Hour) }
		here := newSite(t, open(t, db), func(c *core.Config) { c.Now = slow })
		there := open(t, secondNode(t, db))
		if err := there.Configure(core.Settings{Now: fast}); err != nil {
			t.Fatal(err)
		}
		for name, test := range logins {
			cookie := test.before(t, here)
			late := here.visit(cookie, func(s *core.Session, r *http.Request) {
				s.Get("cart") // loaded before
				if _, err := there.RevokeUser(t.Context(), 42); err != nil {
					t.Errorf("%s: RevokeUser: got %v, want nil", name, err)
				}
				test.handler(s, r)
			})
			if late.status != http.StatusBadRequest || late.cookie != cookie && late.cookie != "" {
				t.Errorf("%s: a log-in from before: got status %d and a new cookie: %t, want 400 and none", name, late.status, late.set)
			}
			if cookie != "" && name != "flushed and begun anew" {
				here.wantWho(t, name+": the session from before", cookie, test.remains)
			}
			var n int64
			if err := db.Model(&device{}).Where("account_id = 42").Count(&n).Error; err != nil || n != 0 {
				t.Errorf("%s: after a refused log-in: got %d rows of the user, %v, want none", name, n, err)
			}
			next := here.visit(test.before(t, here), test.handler)
			if next.status != http.StatusOK {
				t.Errorf("%s: a log-in that begins afterwards: got status %d, want 200", name, next.status)
			}
			here.wantWho(t, name+": logged in afterwards", next.cookie, 42)
			if n, err := there.RevokeUser(t.Context(), 42); err != nil || n != 1 {
				t.Errorf("%s: RevokeUser: got %d, %v, want 1", name, n, err)
			}
		}
	})
}

// TestRevokeUserWaitsForLogin: a log-in that came first is waited for, and found.
func TestRevokeUserWaitsForLogin(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		migrated(t, db)
		there := open(t, secondNode(t, db))
		recorded, r := record(t, db)
		here := newSite(t, open(t, recorded))
		type result struct {
			n   int64
			err error
		}
		done := make(chan result, 1)
		r.once("COMMIT", func() error {
			go func() {
				n, err := there.RevokeUser(context.WithoutCancel(t.Context()), 42)
				done <- result{n, err}
			}()
			select {
			case res := <-done:
				t.Errorf("RevokeUser returned %d, %v while a log-in was holding the lock", res.n, res.err)
				done <- res
			case <-time.After(200 * time.Millisecond): // it waits
			}
			return nil
		})
		a := here.visit("", logIn(42))
		res := <-done
		if a.status != http.StatusOK || res.n != 1 || res.err != nil {
			t.Errorf("got status %d, %d revoked, %v; want 200 and 1", a.status, res.n, res.err)
		}
		here.wantWho(t, "after the revocation", a.cookie, 0)
	})
}

// TestRevokeThenLogIn: a request that ends all of a user's sessions may log the user in,
// as after a password reset, also if it is logged in already and leaves that.
func TestRevokeThenLogIn(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db)
		s := newSite(t, store)
		for name, test := range logins {
			old := s.login(t)
			a := s.visit(test.before(t, s), func(session *core.Session, r *http.Request) {
				if _, err := store.RevokeUser(r.Context(), 42, session.PublicID()); err != nil {
					t.Errorf("%s: RevokeUser: got %v, want nil", name, err)
				}
				test.handler(session, r)
			})
			if a.status != http.StatusOK {
				t.Errorf("%s: got status %d, want 200", name, a.status)
			}
			s.wantWho(t, name, a.cookie, 42)
			s.wantWho(t, name+": the old one", old, 0)
			wantLive(t, name, store, 1)
		}
	})
}

// TestLogInAfterRevokeUser: a log-in right after a revocation is never taken for one
// from before it, also on a busy machine.
func TestLogInAfterRevokeUser(t *testing.T) {
	rounds := 200
	if testing.Short() {
		rounds = 20
	}
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db)
		s := newSite(t, store)
		there := open(t, secondNode(t, db))
		ctx, cancel := context.WithCancel(t.Context())
		var load sync.WaitGroup
		for i := range 3 { // others log in and out meanwhile
			load.Go(func() {
				for ctx.Err() == nil {
					a := s.visit("", logIn(int64(100+i)))
					s.visit(a.cookie, func(s *core.Session, _ *http.Request) { s.Flush() })
				}
			})
		}
		for i := range rounds {
			if _, err := there.RevokeUser(t.Context(), 42); err != nil {
				t.Fatal(err)
			}
			if a := s.visit("", logIn(42)); a.status != http.StatusOK {
				t.Fatalf("round %d: got status %d, want 200", i, a.status)
			}
		}
		cancel()
		load.Wait()
		wantLive(t, "at the end", store, 1)
	})
}

// TestEverybodyAtOnce: revocations of a user at the same time, log-ins and log-outs
// beside them: no deadlock comes to the surface, and the last revocation is final.
func TestEverybodyAtOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		rounds := 15
		if testing.Short() {
			rounds = 4
		}
		store := migrated(t, db, gormstore.WithSessionCap(5, gormstore.EvictOldest))
		s := newSite(t, store)
		there := open(t, secondNode(t, db))
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				for range rounds {
					a := s.visit("", logIn(42))
					if a.status != http.StatusOK && a.status != http.StatusBadRequest {
						t.Errorf("a log-in: got status %d, want 200 or 400", a.status)
					}
					b := s.visit(a.cookie, func(s *core.Session, _ *http.Request) { s.CycleKey() })
					if b.status != http.StatusOK && b.status != http.StatusBadRequest {
						t.Errorf("a rotation: got status %d, want 200 or 400", b.status)
					}
				}
			})
		}
		for _, store := range []*deviceStore{store, there} {
			all.Go(func() {
				for range rounds {
					if _, err := store.RevokeUser(t.Context(), 42); err != nil {
						t.Errorf("RevokeUser: got %v, want nil", err)
					}
				}
			})
		}
		all.Wait()
		if _, err := store.RevokeUser(t.Context(), 42); err != nil {
			t.Fatal(err)
		}
		wantLive(t, "after the last revocation", store, 0)
	})
}

// TestUsersTableMissing: without the table of users nobody logs in, and the error says
// what to do.
func TestUsersTableMissing(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db)
		if err := db.Exec("DROP TABLE device_sessions_users").Error; err != nil {
			t.Fatal(err)
		}
		s := newSite(t, store)
		var saved error
		a := s.visit("", func(session *core.Session, r *http.Request) {
			account.Set(session, 42)
			saved = session.Save(r.Context())
		})
		var failure *core.StoreError
		if !errors.As(saved, &failure) || !says(saved, "device_sessions_users") || !says(saved, "Store.Migrate") {
			t.Errorf("a log-in: got %v (%d), want a StoreError that names the table and the cure", saved, a.status)
		}
		if a := s.visit("", func(s *core.Session, _ *http.Request) { s.Set("cart", 1) }); a.status != http.StatusOK {
			t.Errorf("an anonymous session: got status %d, want 200", a.status)
		}
		if _, err := store.RevokeUser(t.Context(), 42); !says(err, "Store.Migrate") {
			t.Errorf("RevokeUser: got %v, want an error with the cure", err)
		}
		if err := store.Migrate(t.Context()); err != nil { // beside the table that is there
			t.Fatal(err)
		}
		s.login(t)
		wantLive(t, "after Migrate", store, 1)
	})
}

// TestConflictIsNoLogin: a save of a session that is the user's already is no log-in,
// also if another request changed the session meanwhile: it is not refused because it
// began before a revocation that spared the session, and a cap makes nobody go for it.
func TestConflictIsNoLogin(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		for name, policy := range policies {
			store := migrated(t, db, gormstore.WithSessionCap(1, policy))
			s := newSite(t, store)
			cookie := s.login(t)
			a := s.visit(cookie, func(session *core.Session, _ *http.Request) {
				core.Key[int]("n").Update(session, func(n int) int { return n + 1 })
				s.visit(cookie, func(s *core.Session, _ *http.Request) {
					core.Key[int]("n").Update(s, func(n int) int { return n + 10 })
				})
				if n, err := store.RevokeUser(t.Context(), 42, core.PublicID(cookie)); n != 0 || err != nil {
					t.Errorf("%s: RevokeUser: got %d, %v, want 0", name, n, err)
				}
			})
			if a.status != http.StatusOK {
				t.Errorf("%s: got status %d, want 200", name, a.status)
			}
			if got := core.Get[int](s.Open(t.Context(), cookie), "n"); got != 11 {
				t.Errorf("%s: got n = %d, want 11", name, got)
			}
			if _, err := store.RevokeUser(t.Context(), 42); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestOwnRevocationHidesNoOther: a request that revokes the user's sessions itself may
// not log in if another has done so since it began.
func TestOwnRevocationHidesNoOther(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db)
		s := newSite(t, store)
		there := open(t, secondNode(t, db))
		a := s.visit("", func(session *core.Session, r *http.Request) {
			// the password has been checked here, the old one
			if _, err := there.RevokeUser(t.Context(), 42); err != nil { // password change elsewhere
				t.Fatal(err)
			}
			if _, err := store.RevokeUser(r.Context(), 42); err != nil { // "sign in, and out everywhere else"
				t.Logf("own RevokeUser: %v", err)
			}
			logIn(42)(session, r)
		})
		if a.status != http.StatusBadRequest {
			t.Errorf("got status %d and user %d, want 400", a.status, s.who(t, a.cookie))
		}
	})
}

// TestRenewalOfAnotherUser: to revoke one user's sessions says nothing about another's.
func TestRenewalOfAnotherUser(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db)
		s := newSite(t, store)
		there := open(t, secondNode(t, db))
		a := s.visit("", func(session *core.Session, r *http.Request) {
			if _, err := there.RevokeUser(t.Context(), 42); err != nil {
				t.Fatal(err)
			}
			if _, err := store.RevokeUser(r.Context(), 7); err != nil {
				t.Fatal(err)
			}
			logIn(42)(session, r)
		})
		if a.status != http.StatusBadRequest {
			t.Errorf("got status %d and user %d, want 400", a.status, s.who(t, a.cookie))
		}
	})
}

// TestRevocationsKeepTheirOrder: of two revocations the one that is written last is the
// later one, though it began first.
func TestRevocationsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite.Open(t, nil)
	migrated(t, db)
	slow := secondNode(t, db)
	arrived, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	slow.Callback().Raw().Before("gorm:raw").Register("stall", func(tx *gorm.DB) {
		if strings.Contains(tx.Statement.SQL.String(), "device_sessions_users") {
			once.Do(func() { close(arrived); <-release })
		}
	})
	first, second := open(t, slow), open(t, secondNode(t, db))
	done := make(chan error, 1)
	go func() { _, err := first.RevokeUser(context.Background(), 42); done <- err }()
	<-arrived
	s := newSite(t, open(t, db))
	a := s.visit("", func(session *core.Session, r *http.Request) {
		if _, err := second.RevokeUser(t.Context(), 42); err != nil {
			t.Fatal(err)
		}
		close(release)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		logIn(42)(session, r)
	})
	if a.status != http.StatusBadRequest {
		t.Errorf("got status %d and user %d, want 400", a.status, s.who(t, a.cookie))
	}
}

// TestRevokedInTheFuture: a revocation that was noted by a clock an hour ahead, which
// has been set right since, does not lock the user out.
func TestRevokedInTheFuture(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db)
		s := newSite(t, store)
		if _, err := store.RevokeUser(t.Context(), 42); err != nil {
			t.Fatal(err)
		}
		if err := db.Exec("UPDATE device_sessions_users SET revoked_at = ?", gormstore.DateTimeOf(time.Now().Add(time.Hour))).Error; err != nil {
			t.Fatal(err)
		}
		a := s.visit("", logIn(42))
		if a.status != http.StatusOK {
			t.Errorf("got status %d, want 200", a.status)
		}
	})
}

// TestRevokeUserOfStoreInTransaction: it would not be final there.
func TestRevokeUserOfStoreInTransaction(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		migrated(t, db)
		err := db.Transaction(func(tx *gorm.DB) error {
			store, err := gormstore.NewModel[device](tx)
			if err != nil {
				return err
			}
			_, err = store.RevokeUser(t.Context(), 42)
			return err
		})
		if err == nil {
			t.Error("RevokeUser in a transaction: got nil, want an error")
		}
	})
}
