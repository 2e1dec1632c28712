package devices

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
	"github.com/djinn-go/djinn/gormstore/dbtest"
)

var policies = map[string]gormstore.CapPolicy{"evict": gormstore.EvictOldest, "refuse": gormstore.RefuseLogin}

// TestCap: of many log-ins at once, on two nodes, as many live as are allowed.
func TestCap(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		for name, policy := range policies {
			store := migrated(t, db, gormstore.WithSessionCap(3, policy))
			there := open(t, secondNode(t, db), gormstore.WithSessionCap(3, policy))
			nodes := []site{newSite(t, store), newSite(t, there)}
			var mu sync.Mutex
			var all sync.WaitGroup
			statuses := map[int]int{}
			for i := range 50 {
				all.Go(func() {
					a := nodes[i%2].visit("", logIn(42))
					mu.Lock()
					defer mu.Unlock()
					statuses[a.status]++
				})
			}
			all.Wait()
			wantLive(t, name, store, 3)
			want := map[gormstore.CapPolicy]int{gormstore.EvictOldest: 50, gormstore.RefuseLogin: 3}[policy]
			if statuses[http.StatusOK] != want || statuses[http.StatusForbidden] != 50-want {
				t.Errorf("%s: got statuses %v, want %d times 200 and %d times 403", name, statuses, want, 50-want)
			}
			if _, err := store.RevokeUser(t.Context(), 42); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// lastSeen sets when sessions were seen, in seconds before now; NULL for a negative.
func lastSeen(t testing.TB, db *gorm.DB, cookie string, ago int) {
	t.Helper()
	var at any
	if ago >= 0 {
		at = gormstore.DateTimeOf(time.Now().Add(-time.Duration(ago) * time.Second))
	}
	if err := db.Model(&device{}).Where("session_key = ?", cookie).UpdateColumn("last_seen", at).Error; err != nil {
		t.Fatal(err)
	}
}

// TestCapEvictsOldest: those go that were seen longest ago, those that were never seen
// before all others; what is no log-in makes nobody go, and what has expired counts for
// nothing.
func TestCapEvictsOldest(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db, gormstore.WithSessionCap(3, gormstore.EvictOldest))
		s := newSite(t, store)
		cookies := []string{s.login(t), s.login(t), s.login(t)}
		for i, ago := range []int{10, 30, 20} {
			lastSeen(t, db, cookies[i], ago)
		}
		for what, change := range map[string]func(*core.Session, *http.Request){
			"a save":                          func(s *core.Session, _ *http.Request) { s.Set("x", 1) },
			"a rotation":                      func(s *core.Session, _ *http.Request) { s.CycleKey() },
			"a log-in of who is in":           logIn(42),
			"an anonymous session beside it":  nil,
			"another user's log-in beside it": logIn(43),
		} {
			switch change {
			case nil:
				anonymous(t, s)
			default:
				cookie := cookies[0]
				if what == "another user's log-in beside it" {
					cookie = ""
				}
				a := s.visit(cookie, change)
				if a.status != http.StatusOK {
					t.Errorf("%s: got status %d, want 200", what, a.status)
				}
				if cookie != "" {
					cookies[0] = a.cookie
				}
			}
			wantLive(t, what, store, 3)
		}
		fourth := s.login(t)
		for i, want := range []int64{42, 0, 42} {
			s.wantWho(t, "after the fourth", cookies[i], want)
		}
		s.wantWho(t, "the fourth", fourth, 42)
		lastSeen(t, db, cookies[2], -1)
		lastSeen(t, db, fourth, 1000)
		fifth := s.login(t)
		for c, want := range map[string]int64{cookies[0]: 42, cookies[2]: 0, fourth: 42, fifth: 42} {
			s.wantWho(t, "after the fifth, one was never seen", c, want)
		}
		past := gormstore.DateTimeOf(time.Now().Add(-time.Second))
		if err := db.Model(&device{}).Where("session_key = ?", fifth).UpdateColumn("expire_date", past).Error; err != nil {
			t.Fatal(err)
		}
		sixth := s.login(t)
		for _, c := range []string{cookies[0], fourth, sixth} {
			s.wantWho(t, "after the sixth, the fifth has expired", c, 42)
		}
	})
}

// TestCapRefuses: nothing of a refused log-in is left, and the handler can tell.
func TestCapRefuses(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db, gormstore.WithSessionCap(1, gormstore.RefuseLogin))
		s := newSite(t, store)
		first := s.login(t)
		for name, test := range logins {
			if _, err := store.RevokeUser(t.Context(), 41); err != nil {
				t.Fatal(err)
			}
			cookie := test.before(t, s)
			a := s.visit(cookie, test.handler)
			if a.status != http.StatusForbidden || a.cookie != cookie && a.cookie != "" {
				t.Errorf("%s: got status %d and a new cookie: %t, want 403 and none", name, a.status, a.cookie != cookie)
			}
			var err error
			s.visit(cookie, func(session *core.Session, r *http.Request) {
				test.handler(session, r)
				err = session.Save(r.Context())
			})
			if !says(err, "may be 1 times") || core.StatusCode(err) != http.StatusForbidden {
				t.Errorf("%s: Save: got %v, want ErrRefused", name, err)
			}
			wantLive(t, name, store, 1)
		}
		if a := s.visit(first, logIn(42)); a.status != http.StatusOK {
			t.Errorf("who is in already: got status %d, want 200", a.status)
		}
	})
}

// TestCapFollowsRotation: the oldest session, which gets another key at the moment of
// its eviction, is evicted under that one. (Elsewhere than on PostgreSQL it is locked.)
func TestCapFollowsRotation(t *testing.T) {
	t.Parallel()
	db := dbtest.Postgres.Open(t, nil)
	plain := migrated(t, db)
	insert(t, db, "zzzz", 3)
	lastSeen(t, db, rowKey("zzzz", 1), 100)
	recorded, r := record(t, db)
	r.once("DELETE", func() error {
		return db.Model(&device{}).Where("session_key = ?", rowKey("zzzz", 1)).UpdateColumn("session_key", rowKey("aaaa", 0)).Error
	})
	newSite(t, open(t, recorded, gormstore.WithSessionCap(3, gormstore.EvictOldest))).login(t)
	wantLive(t, "after the fourth", plain, 3)
}

// TestCapLocksNothing: a log-in for which there is room does not make the user's other
// requests wait. (On SQLite every writer waits for every other.)
func TestCapLocksNothing(t *testing.T) {
	t.Parallel()
	for _, d := range []dbtest.Database{dbtest.Postgres, dbtest.MySQL} {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			plain := newSite(t, migrated(t, db), func(c *core.Config) { c.StoreTimeout = 3 * time.Second })
			cookie := plain.login(t)
			recorded, r := record(t, db)
			r.once("COMMIT", func() error {
				a := plain.visit(cookie, func(s *core.Session, _ *http.Request) { s.Set("x", 1) })
				if a.status != http.StatusOK {
					t.Errorf("a save beside a log-in: got status %d, want 200", a.status)
				}
				return nil
			})
			newSite(t, open(t, recorded, gormstore.WithSessionCap(3, gormstore.EvictOldest))).login(t)
		})
	}
}

// TestCapWithoutLastSeen: a model without that column goes by expire_date.
func TestCapWithoutLastSeen(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store, err := gormstore.NewModel[plainSession](db, gormstore.WithSessionCap(1, gormstore.EvictOldest))
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := newSite(t, store)
		first, second := s.login(t), s.login(t)
		s.wantWho(t, "the first", first, 0)
		s.wantWho(t, "the second", second, 42)
	})
}

// TestCapSettings: a cap that cannot work is refused when the store is made.
func TestCapSettings(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite.Open(t, nil)
	for _, test := range []struct {
		n      int
		policy gormstore.CapPolicy
		want   string
	}{{0, gormstore.EvictOldest, "at least one"}, {-1, gormstore.RefuseLogin, "at least one"}, {3, 7, "no policy"}, {3, -1, "no policy"}} {
		if _, err := gormstore.NewModel[device](db, gormstore.WithSessionCap(test.n, test.policy)); !says(err, test.want) {
			t.Errorf("WithSessionCap(%d, %d): got %v, want an error that says %q", test.n, test.policy, err, test.want)
		}
	}
	if _, err := gormstore.New(db, gormstore.WithSessionCap(3, gormstore.EvictOldest)); !says(err, `djinn:"user"`) {
		t.Errorf("without a user column: got %v, want an error with the cure", err)
	}
}

// TestManyUsersAtOnce: users who log in for the first time at the same moment do not
// get in each other's way.
func TestManyUsersAtOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		for _, capped := range []bool{true, false} {
			var opts []gormstore.Option
			if capped {
				opts = append(opts, gormstore.WithSessionCap(3, gormstore.EvictOldest))
			}
			store := migrated(t, db, opts...)
			s := newSite(t, store)
			if pool, err := db.DB(); err == nil {
				pool.SetMaxOpenConns(40)
			}
			var all sync.WaitGroup
			var mu sync.Mutex
			statuses := map[int]int{}
			errs := map[string]int{}
			base := int64(1000)
			if !capped {
				base = 5000
			}
			for i := range 120 {
				all.Go(func() {
					a := s.visit("", func(s *core.Session, r *http.Request) {
						account.Set(s, base+int64(i))
						err := s.Save(r.Context())
						if err != nil {
							mu.Lock()
							errs[err.Error()]++
							mu.Unlock()
						}
					})
					mu.Lock()
					statuses[a.status]++
					mu.Unlock()
				})
			}
			all.Wait()
			if len(errs) > 0 {
				t.Errorf("capped %t: %v %v", capped, statuses, errs)
			}
		}
	})
}

// TestManyUsersAtCap: nor do those who have as many sessions as they may.
func TestManyUsersAtCap(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		for _, policy := range policies {
			store := migrated(t, db, gormstore.WithSessionCap(1, policy))
			s := newSite(t, store)
			if pool, err := db.DB(); err == nil {
				pool.SetMaxOpenConns(40)
			}
			errs := map[string]int{}
			for round := range 2 {
				var all sync.WaitGroup
				var mu sync.Mutex
				for i := range 120 {
					all.Go(func() {
						s.visit("", func(s *core.Session, r *http.Request) {
							account.Set(s, 1000+int64(i))
							err := s.Save(r.Context())
							if err != nil && !errors.Is(err, core.ErrRefused) {
								mu.Lock()
								errs[fmt.Sprint(round, err)]++
								mu.Unlock()
							}
						})
					})
				}
				all.Wait()
			}
			if len(errs) > 0 {
				t.Errorf("policy %v: %v", policy, errs)
			}
		}
	})
}
