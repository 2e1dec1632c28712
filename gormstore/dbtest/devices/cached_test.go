package devices

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
	"gorm.io/gorm"

	"github.com/djinn-go/djinn/adapters/rediscache"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
	"github.com/djinn-go/djinn/gormstore"
	"github.com/djinn-go/djinn/gormstore/dbtest"
)

// caches are those that two nodes can share.
var caches = map[string]func(t testing.TB) (cachestore.Cache, []cachestore.Option){
	"memory": func(testing.TB) (cachestore.Cache, []cachestore.Option) {
		return must(cachestore.NewMemory()), nil
	},
	"redis": func(t testing.TB) (cachestore.Cache, []cachestore.Option) {
		client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379", DB: 11})
		t.Cleanup(func() { _ = client.Close() })
		if err := client.Ping(t.Context()).Err(); err != nil {
			dbtest.Missing(t, "Redis does not answer: "+err.Error())
		}
		prefix := rand.Text()
		t.Cleanup(func() {
			ctx := context.Background()
			for keys := client.Scan(ctx, 0, prefix+"*", 0).Iterator(); keys.Next(ctx); {
				client.Del(ctx, keys.Val())
			}
		})
		return rediscache.New(client), []cachestore.Option{cachestore.WithKeyPrefix(prefix)}
	},
}

// cachedNode is a program with a cache in front of the table.
type cachedNode struct {
	site
	table *deviceStore
	sent  *recorder
}

// cachedNodes are two that share cache and table.
func cachedNodes(t testing.TB, db *gorm.DB, cache cachestore.Cache, opts []cachestore.Option, options ...gormstore.Option) (nodes [2]cachedNode) {
	t.Helper()
	migrated(t, db)
	for i, db := range []*gorm.DB{db, secondNode(t, db)} {
		recorded, r := record(t, db)
		table := open(t, recorded, options...)
		front := must(cachestore.NewCachedDB(cache, table, opts...))
		nodes[i] = cachedNode{newSite(t, front), table, r}
	}
	return nodes
}

// warm logs in and makes sure that the cache has the session.
func (n cachedNode) warm(t testing.TB) (cookie string) {
	t.Helper()
	cookie = n.login(t)
	n.wantWho(t, "before", cookie, 42)
	n.sent.words()
	n.wantWho(t, "before", cookie, 42)
	if sent := n.sent.words(); sent != "" {
		t.Errorf("the session is not in the cache: a read sends %q", sent)
	}
	return cookie
}

func everyCache(t *testing.T, f func(t *testing.T, db *gorm.DB, cache cachestore.Cache, opts []cachestore.Option)) {
	t.Helper()
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		for name, open := range caches {
			t.Run(name, func(t *testing.T) {
				for _, table := range []string{"device_sessions", "device_sessions_users"} {
					if db.Migrator().HasTable(table) {
						if err := db.Exec("DELETE FROM " + table).Error; err != nil {
							t.Fatal(err)
						}
					}
				}
				cache, opts := open(t)
				f(t, db, cache, opts)
			})
		}
	})
}

// TestRevokedInCache: what is revoked on one node is dead at once on both, although
// the cache had it, and a request in flight does not put it back.
func TestRevokedInCache(t *testing.T) {
	everyCache(t, func(t *testing.T, db *gorm.DB, cache cachestore.Cache, opts []cachestore.Option) {
		nodes := cachedNodes(t, db, cache, opts)
		here, there := nodes[0], nodes[1]
		for name, revoke := range map[string]func(cookie string) error{
			"Revoke": func(cookie string) error { return there.table.Revoke(t.Context(), core.PublicID(cookie)) },
			"RevokeUser": func(string) error {
				_, err := there.table.RevokeUser(t.Context(), 42)
				return err
			},
			"RevokeAll": func(string) error {
				_, err := there.table.RevokeAll(t.Context(), there.table.OfUser(42))
				return err
			},
			"RevokeAll in a transaction": func(string) error {
				session := there.Open(t.Context(), "")
				return there.table.Transaction(t.Context(), session, func(tx *gorm.DB) error {
					_, err := there.table.RevokeAll(gormstore.WithTx(t.Context(), tx), there.table.OfUser(42))
					return err
				})
			},
		} {
			cookie := here.warm(t)
			if err := revoke(cookie); err != nil {
				t.Errorf("%s: got %v, want nil", name, err)
			}
			here.wantWho(t, name, cookie, 0)
			there.wantWho(t, name+", on the other node", cookie, 0)

			cookie = here.warm(t)
			a := here.visit(cookie, func(session *core.Session, _ *http.Request) {
				account.Get(session) // a hit
				if err := revoke(cookie); err != nil {
					t.Errorf("%s: got %v, want nil", name, err)
				}
				session.Set("x", 1)
			})
			if a.status != http.StatusBadRequest {
				t.Errorf("%s, a change in flight: got status %d, want 400", name, a.status)
			}
			here.wantWho(t, name+", after a change in flight", cookie, 0)
		}
	})
}

// TestRevokedWithError: the cache is told also if the answer of the database was lost.
func TestRevokedWithError(t *testing.T) {
	everyCache(t, func(t *testing.T, db *gorm.DB, cache cachestore.Cache, opts []cachestore.Option) {
		nodes := cachedNodes(t, db, cache, opts)
		here, there := nodes[0], nodes[1]
		cookie := here.warm(t)
		there.sent.set(&there.sent.after, func(query string) error {
			if strings.HasPrefix(query, "DELETE") {
				return errors.New("the answer is lost")
			}
			return nil
		})
		if _, err := there.table.RevokeUser(t.Context(), 42); err == nil {
			t.Error("RevokeUser: got no error, want the one that the recorder gave")
		}
		here.wantWho(t, "after the error", cookie, 0)
	})
}

// TestEvictedInCache: a session that a cap has ended is dead at once.
func TestEvictedInCache(t *testing.T) {
	everyCache(t, func(t *testing.T, db *gorm.DB, cache cachestore.Cache, opts []cachestore.Option) {
		nodes := cachedNodes(t, db, cache, opts, gormstore.WithSessionCap(1, gormstore.EvictOldest))
		first := nodes[0].warm(t)
		second := nodes[1].warm(t)
		nodes[0].wantWho(t, "the evicted one", first, 0)
		nodes[0].wantWho(t, "the other one", second, 42)
	})
}

// TestTransactionInCache: what a transaction has saved is seen by both nodes when it is
// committed, and nothing of it when it is rolled back.
func TestTransactionInCache(t *testing.T) {
	everyCache(t, func(t *testing.T, db *gorm.DB, cache cachestore.Cache, opts []cachestore.Option) {
		nodes := cachedNodes(t, db, cache, opts)
		here, there := nodes[0], nodes[1]
		cookie := here.warm(t)
		setAccount := func(id int64, failure error) func(*core.Session, *http.Request) {
			return func(s *core.Session, r *http.Request) {
				err := there.table.Transaction(r.Context(), s, func(*gorm.DB) error {
					account.Set(s, id)
					return failure
				})
				if !errors.Is(err, failure) {
					t.Errorf("Transaction: got %v, want %v", err, failure)
				}
			}
		}
		there.visit(cookie, setAccount(43, nil))
		here.wantWho(t, "committed", cookie, 43)
		there.visit(cookie, setAccount(44, errors.New("no")))
		here.wantWho(t, "rolled back", cookie, 43)
		rotated := there.visit(cookie, func(s *core.Session, r *http.Request) {
			err := there.table.Transaction(r.Context(), s, func(*gorm.DB) error { s.CycleKey(); return nil })
			if err != nil {
				t.Error(err)
			}
		}).cookie
		here.wantWho(t, "the old key", cookie, 0)
		here.wantWho(t, "the new key", rotated, 43)
		lost := errors.New("the answer is lost")
		there.sent.set(&there.sent.after, nil)
		there.sent.set(&there.sent.before, func(query string) error {
			if query == "COMMIT" {
				return lost
			}
			return nil
		})
		there.visit(rotated, func(s *core.Session, r *http.Request) {
			err := there.table.Transaction(r.Context(), s, func(*gorm.DB) error { account.Set(s, 45); return nil })
			if !errors.Is(err, lost) || account.Get(s) != 43 {
				t.Errorf("a commit that fails: got %v and user %d, want the error and 43", err, account.Get(s))
			}
		})
		here.wantWho(t, "a commit that failed", rotated, 43)
	})
}

// TestRevokeUnderWithTxBehindCache: nobody would tell the cache when the transaction is
// committed, so it is refused.
func TestRevokeUnderWithTxBehindCache(t *testing.T) {
	everyCache(t, func(t *testing.T, db *gorm.DB, cache cachestore.Cache, opts []cachestore.Option) {
		nodes := cachedNodes(t, db, cache, opts)
		here := nodes[0]
		cookie := here.warm(t)
		err := db.Transaction(func(tx *gorm.DB) error {
			return here.table.Revoke(gormstore.WithTx(t.Context(), tx), core.PublicID(cookie))
		})
		if err == nil || !strings.Contains(err.Error(), "use Store.Transaction") {
			t.Errorf("got %v, want an error that says what to do", err)
		}
		here.wantWho(t, "after the refusal", cookie, 42)
	})
}
