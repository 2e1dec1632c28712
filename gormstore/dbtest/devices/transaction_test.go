package devices

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/plugin/dbresolver"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
	"github.com/djinn-go/djinn/gormstore/dbtest"
)

// order is a row of the program's own.
type order struct {
	ID   int64
	Note string
}

// shop is a site with orders.
type shop struct {
	site
	store *deviceStore
	db    *gorm.DB
}

func newShop(t testing.TB, db *gorm.DB, opts ...gormstore.Option) shop {
	t.Helper()
	store := migrated(t, db, opts...)
	if err := db.AutoMigrate(&order{}); err != nil {
		t.Fatal(err)
	}
	return shop{newSite(t, store), store, db}
}

func (s shop) wantOrders(t testing.TB, what string, want int64) {
	t.Helper()
	var n int64
	if err := s.db.Model(&order{}).Count(&n).Error; err != nil || n != want {
		t.Errorf("%s: got %d orders, %v, want %d", what, n, err, want)
	}
}

var errNo = errors.New("no")

// outcomes are how a transaction ends.
var outcomes = map[string]struct {
	end      func() error // the last thing in the transaction
	breaks   bool         // the commit fails
	panics   bool
	complete bool
}{
	"committed":         {end: func() error { return nil }, complete: true},
	"an error":          {end: func() error { return errNo }},
	"a panic":           {end: func() error { panic(errNo) }, panics: true},
	"the commit breaks": {end: func() error { return nil }, breaks: true},
}

// TestTransaction: session and order are saved, or neither is; and the session in
// memory and the browser's cookie say the same.
func TestTransaction(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		plain := newShop(t, db)
		recorded, r := record(t, db)
		s := shop{newSite(t, open(t, recorded)), open(t, recorded), db}
		for name, o := range outcomes {
			for what, begin := range map[string]func() string{
				"a new session": func() string { return "" }, "a session that is there": func() string { return plain.login(t) },
			} {
				cookie := begin()
				if err := db.Exec("DELETE FROM orders").Error; err != nil {
					t.Fatal(err)
				}
				r.set(&r.before, func(query string) error {
					if o.breaks && query == "COMMIT" {
						return errNo
					}
					return nil
				})
				a := s.visit(cookie, func(session *core.Session, r *http.Request) {
					defer func() {
						if p := recover(); (p != nil) != o.panics {
							t.Errorf("%s, %s: got panic %v, want one: %t", name, what, p, o.panics)
						}
						if got, want := core.Get[string](session, "ordered") == "yes", o.complete; got != want {
							t.Errorf("%s, %s: the session in memory is changed: %t, want %t", name, what, got, want)
						}
					}()
					err := s.store.Transaction(r.Context(), session, func(tx *gorm.DB) error {
						session.CycleKey()
						account.Set(session, 42)
						session.Set("ordered", "yes")
						if err := tx.Create(&order{Note: "a book"}).Error; err != nil {
							t.Errorf("%s, %s: the order: got %v, want nil", name, what, err)
						}
						return o.end()
					})
					if got := err == nil; got != o.complete || !got && !errors.Is(err, errNo) {
						t.Errorf("%s, %s: got error %v", name, what, err)
					}
				})
				r.set(&r.before, nil)
				if a.status != http.StatusOK {
					t.Errorf("%s, %s: got status %d, want 200", name, what, a.status)
				}
				var want int64
				if o.complete {
					want = 1
				}
				plain.wantOrders(t, name+", "+what, want)
				if got := a.cookie != cookie; got != o.complete {
					t.Errorf("%s, %s: the browser has a new cookie: %t, want %t", name, what, got, o.complete)
				}
				var ordered string
				plain.visit(a.cookie, func(s *core.Session, _ *http.Request) { ordered = core.Get[string](s, "ordered") })
				if got := ordered == "yes"; got != o.complete {
					t.Errorf("%s, %s: the stored session is changed: %t, want %t", name, what, got, o.complete)
				}
				if cookie != "" && !o.complete {
					plain.wantWho(t, name+", "+what, cookie, 42)
				}
				if _, err := plain.store.RevokeUser(t.Context(), 42); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// TestTransactionNested: a transaction inside one of the program's is a savepoint, for
// Transaction under WithTx and for a store on a transaction.
func TestTransactionNested(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		s := newShop(t, db)
		for name, begin := range map[string]func(ctx context.Context, tx *gorm.DB) (context.Context, *deviceStore){
			"WithTx": func(ctx context.Context, tx *gorm.DB) (context.Context, *deviceStore) {
				return gormstore.WithTx(ctx, tx), s.store
			},
			"a store on a transaction": func(ctx context.Context, tx *gorm.DB) (context.Context, *deviceStore) { return ctx, open(t, tx) },
		} {
			for _, outer := range []error{nil, errNo} {
				for _, inner := range []error{nil, errNo} {
					cookie := s.login(t)
					m := s.Manager
					err := db.Transaction(func(tx *gorm.DB) error {
						ctx, store := begin(t.Context(), tx)
						if store != s.store {
							m = newSite(t, store).Manager
						}
						session := m.Open(t.Context(), cookie)
						err := store.Transaction(ctx, session, func(tx *gorm.DB) error {
							session.Set("ordered", "yes")
							if err := tx.Create(&order{Note: name}).Error; err != nil {
								t.Errorf("%s: the order: got %v, want nil", name, err)
							}
							return inner
						})
						if !errors.Is(err, inner) {
							t.Errorf("%s: got %v, want %v", name, err, inner)
						}
						return outer
					})
					if !errors.Is(err, outer) {
						t.Errorf("%s: the outer one: got %v, want %v", name, err, outer)
					}
					var want int64
					if inner == nil && outer == nil {
						want = 1
					}
					what := name + ", inner " + text(inner) + ", outer " + text(outer)
					s.wantOrders(t, what, want)
					if got := s.Open(t.Context(), cookie).Has("ordered"); got != (want == 1) {
						t.Errorf("%s: the stored session is changed: %t, want %t", what, got, want == 1)
					}
					if err := db.Exec("DELETE FROM orders").Error; err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	})
}

func text(err error) string {
	if err == nil {
		return "committed"
	}
	return "rolled back"
}

// TestWithTx: a session saved under WithTx, a log-in too, is in the program's
// transaction.
func TestWithTx(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		s := newShop(t, db, gormstore.WithSessionCap(1, gormstore.EvictOldest))
		for _, outcome := range []error{errNo, nil} {
			first := s.login(t)
			session := s.Open(t.Context(), "")
			account.Set(session, 42)
			err := db.Transaction(func(tx *gorm.DB) error {
				if err := session.Save(gormstore.WithTx(t.Context(), tx)); err != nil {
					t.Errorf("Save: got %v, want nil", err)
				}
				return outcome
			})
			if !errors.Is(err, outcome) {
				t.Fatal(err)
			}
			wantFirst, wantSecond := int64(42), int64(0)
			if outcome == nil {
				wantFirst, wantSecond = 0, 42
			}
			s.wantWho(t, text(outcome)+": the evicted one", first, wantFirst)
			s.wantWho(t, text(outcome)+": the new one", session.Key(), wantSecond)
		}
	})
}

// TestWithoutTx: what is no transaction is refused, and nothing is written.
func TestWithoutTx(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		s := newShop(t, db)
		for name, tx := range map[string]*gorm.DB{"the handle": db, "a clone": db.WithContext(t.Context()), "nil": nil, "an empty one": {}} {
			ctx := gormstore.WithTx(t.Context(), tx)
			session := s.Open(t.Context(), "")
			account.Set(session, 42)
			if err := session.Save(ctx); !says(err, "no transaction") {
				t.Errorf("%s: Save: got %v, want an error that says so", name, err)
			}
			err := s.store.Transaction(ctx, s.Open(t.Context(), ""), func(*gorm.DB) error { return nil })
			if !says(err, "no transaction") {
				t.Errorf("%s: Transaction: got %v, want an error that says so", name, err)
			}
			for _, err := range s.store.Sessions(ctx) {
				if !says(err, "no transaction") {
					t.Errorf("%s: Sessions: got %v, want an error that says so", name, err)
				}
			}
		}
		wantLive(t, "after all", s.store, 0)
		err := db.Transaction(func(tx *gorm.DB) error {
			_, err := s.store.RevokeUser(gormstore.WithTx(t.Context(), tx), 42)
			return err
		})
		if !says(err, "RevokeUser in a transaction") {
			t.Errorf("RevokeUser: got %v, want it refused", err)
		}
	})
}

// TestTransactionConflict: another request changes the session while a transaction is
// open. Its change is kept, and the transaction runs again on top of it; on SQLite,
// which does not let a transaction write that has read what is old, too.
func TestTransactionConflict(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		s := newShop(t, db)
		there := newSite(t, open(t, secondNode(t, db)))
		for name, first := range map[string]func(tx *gorm.DB) error{
			"after a read": func(tx *gorm.DB) error { return tx.Find(&[]order{}).Error },
			"before any":   func(*gorm.DB) error { return nil },
		} {
			cookie := s.login(t)
			session := s.Open(t.Context(), cookie)
			start, runs := time.Now(), 0
			err := s.store.Transaction(t.Context(), session, func(tx *gorm.DB) error {
				core.Key[int]("n").Update(session, func(n int) int { return n + 1 })
				if err := first(tx); err != nil {
					return err
				}
				if runs++; runs > 1 {
					return nil
				}
				a := there.visit(cookie, func(s *core.Session, _ *http.Request) {
					core.Key[int]("n").Update(s, func(n int) int { return n + 10 })
				})
				if a.status != http.StatusOK {
					t.Errorf("%s: the other request: got status %d, want 200", name, a.status)
				}
				return nil
			})
			if d := time.Since(start); d > 5*time.Second {
				t.Errorf("%s: took %v", name, d)
			}
			if err != nil || runs != 2 {
				t.Errorf("%s: got %v after %d runs, want nil after 2", name, err, runs)
			}
			if got := core.Get[int](s.Open(t.Context(), cookie), "n"); got != 11 {
				t.Errorf("%s: got n = %d, want 11", name, got)
			}
		}
	})
}

// TestRevokedDuringTransaction: a session that is revoked while a transaction is open
// takes the transaction with it, also where that has a snapshot in which it lives.
func TestRevokedDuringTransaction(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		s := newShop(t, db)
		there := open(t, secondNode(t, db))
		cookie := s.login(t)
		session := s.Open(t.Context(), cookie)
		err := s.store.Transaction(t.Context(), session, func(tx *gorm.DB) error {
			session.Set("ordered", "yes")
			if db.Name() != "sqlite" { // would be locked, see TestTransactionConflict
				if err := tx.Find(&[]device{}).Error; err != nil {
					return err
				}
			}
			if _, err := there.RevokeUser(t.Context(), 42); err != nil {
				t.Errorf("RevokeUser: got %v, want nil", err)
			}
			return tx.Create(&order{Note: "a book"}).Error
		})
		if !errors.Is(err, core.ErrInterrupted) {
			t.Errorf("got %v, want ErrInterrupted", err)
		}
		s.wantOrders(t, "after the revocation", 0)
		s.wantWho(t, "after the revocation", cookie, 0)
	})
}

// TestRevokeAllInTransaction: a revocation in the program's transaction follows it, and
// sees what others have done since the transaction's snapshot.
func TestRevokeAllInTransaction(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		s := newShop(t, db)
		for _, outcome := range []error{errNo, nil} {
			cookie := s.login(t)
			err := db.Transaction(func(tx *gorm.DB) error {
				if db.Name() != "sqlite" {
					if err := tx.Find(&[]device{}).Error; err != nil {
						return err
					}
					cookie = s.visit(cookie, func(s *core.Session, _ *http.Request) { s.CycleKey() }).cookie
				}
				n, err := s.store.RevokeAll(gormstore.WithTx(t.Context(), tx), s.store.OfUser(42))
				if n != 1 || err != nil {
					t.Errorf("%s: RevokeAll: got %d, %v, want 1", text(outcome), n, err)
				}
				return outcome
			})
			if !errors.Is(err, outcome) {
				t.Fatal(err)
			}
			want := int64(42)
			if outcome == nil {
				want = 0
			}
			s.wantWho(t, text(outcome), cookie, want)
			if _, err := s.store.RevokeUser(t.Context(), 42); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestTransactionPlugins: with prepared statements, and with dbresolver, whose replica
// has no tables at all.
func TestTransactionPlugins(t *testing.T) {
	t.Parallel()
	for _, d := range dbtest.All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			prepared := d.Open(t, &gorm.Config{PrepareStmt: true})
			resolved := d.Open(t, nil)
			migrated(t, resolved)
			if err := resolved.AutoMigrate(&order{}); err != nil {
				t.Fatal(err)
			}
			empty := d.Open(t, nil)
			if err := resolved.Use(dbresolver.Register(dbresolver.Config{Replicas: []gorm.Dialector{empty.Dialector}})); err != nil {
				t.Fatal(err)
			}
			primary := resolved.Clauses(dbresolver.Write)
			for name, s := range map[string]shop{
				"prepared": newShop(t, prepared),
				"resolved": {newSite(t, open(t, primary)), open(t, primary), primary.Session(&gorm.Session{})},
			} {
				cookie := s.login(t)
				for _, outcome := range []error{errNo, nil} {
					session := s.Open(t.Context(), cookie)
					err := s.store.Transaction(t.Context(), session, func(tx *gorm.DB) error {
						session.Set("ordered", "yes")
						if err := tx.Create(&order{Note: name}).Error; err != nil {
							return err
						}
						return outcome
					})
					if !errors.Is(err, outcome) {
						t.Errorf("%s: got %v, want %v", name, err, outcome)
					}
					if got := s.Open(t.Context(), cookie).Has("ordered"); got != (outcome == nil) {
						t.Errorf("%s, %s: the stored session is changed: %t", name, text(outcome), got)
					}
				}
				if n, err := s.store.RevokeUser(t.Context(), 42); n != 1 || err != nil {
					t.Errorf("%s: RevokeUser: got %d, %v, want 1", name, n, err)
				}
			}
		})
	}
}

// TestTransactionCancelled: the end of the request's context rolls both back.
func TestTransactionCancelled(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		s := newShop(t, db)
		session := s.Open(t.Context(), s.login(t))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		err := s.store.Transaction(ctx, session, func(tx *gorm.DB) error {
			session.Set("ordered", "yes")
			err := tx.Create(&order{Note: "a book"}).Error
			cancel()
			return err
		})
		if !errors.Is(err, context.Canceled) && !says(err, "rolled back") {
			t.Errorf("got %v, want context.Canceled", err)
		}
		s.wantOrders(t, "cancelled", 0)
		if session.Has("ordered") {
			t.Error("the session in memory is changed")
		}
		if err != nil && strings.Contains(err.Error(), session.Key()) {
			t.Error("the error quotes the key")
		}
	})
}

// TestTransactionOfEndedSession: a session that has ended stops the transaction, also
// one that changes no item.
func TestTransactionOfEndedSession(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db)
		s := newSite(t, store)
		cookie := s.login(t)
		if err := db.Exec("CREATE TABLE orders_of_ended (id integer)").Error; err != nil {
			t.Fatal(err)
		}
		s.visit(cookie, func(session *core.Session, r *http.Request) {
			account.Get(session)
			if _, err := store.RevokeUser(t.Context(), 42); err != nil {
				t.Fatal(err)
			}
			err := store.Transaction(r.Context(), session, func(tx *gorm.DB) error {
				session.MarkModified()
				return tx.Exec("INSERT INTO orders_of_ended VALUES (1)").Error
			})
			if !errors.Is(err, core.ErrInterrupted) {
				t.Errorf("MarkModified: got %v, want ErrInterrupted", err)
			}
		})
		var n int64
		db.Table("orders_of_ended").Count(&n)
		if n != 0 {
			t.Errorf("got %d orders of a revoked session, want 0", n)
		}
	})
}

// TestCheckoutTwice: of two check-outs of one cart at the same time the second finds it
// empty.
func TestCheckoutTwice(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store := migrated(t, db)
		s := newSite(t, store)
		cookie := s.visit("", func(s *core.Session, _ *http.Request) { s.Set("cart", []int{1, 2}) }).cookie
		type cartOrder struct{ ID, Items int64 }
		if err := db.AutoMigrate(&cartOrder{}); err != nil {
			t.Fatal(err)
		}
		const cart core.Key[[]int] = "cart"
		checkout := func(session *core.Session, r *http.Request) {
			err := store.Transaction(r.Context(), session, func(tx *gorm.DB) error {
				return tx.Create(&cartOrder{Items: int64(len(cart.Pop(session)))}).Error
			})
			if err != nil {
				t.Errorf("Transaction: got error %v, want none", err)
			}
		}
		s.visit(cookie, func(session *core.Session, r *http.Request) {
			cart.Get(session) // loaded
			s.visit(cookie, checkout)
			checkout(session, r)
		})
		var items int64
		db.Raw("SELECT sum(items) FROM cart_orders").Scan(&items)
		if items != 2 {
			t.Errorf("a cart of 2 items: got orders of %d items, want 2", items)
		}
	})
}
