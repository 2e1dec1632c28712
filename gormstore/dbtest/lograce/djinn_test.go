package lograce

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"gorm.io/gorm"

	"github.com/djinn-go/djinn/adapters/rediscache"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
	"github.com/djinn-go/djinn/core/cookiestore"
	"github.com/djinn-go/djinn/core/filestore"
	"github.com/djinn-go/djinn/core/memstore"
	"github.com/djinn-go/djinn/gormstore"
	"github.com/djinn-go/djinn/gormstore/dbtest"
)

// lifetime is Config.CookieAge; races take milliseconds.
const lifetime = 10 * time.Minute

// clock is the machine's, put forward.
type clock struct {
	ahead atomic.Int64
	// servers do what their own clocks would make them do when everything expires.
	servers []func(ctx context.Context) error
}

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// stock is what a store for a site is made of.
type stock struct {
	*clock
	*keys
}

// stores are layers of one store that a site uses.
type stores struct {
	front   core.Store // what the manager gets
	durable core.Store // what it keeps sessions in; nil if that is front
	locks   bool       // it writes in transactions, in which actors halt
	// ends are ways to end sessions that the store has beyond deleting them.
	ends map[string]end
}

func inMemory(_ *testing.T, s stock) stores {
	return stores{front: newHalting(must(memstore.New()), s.keys)}
}

func inFiles(t *testing.T, s stock) stores {
	store, err := filestore.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return stores{front: newHalting(store, s.keys)}
}

func inCookie(t *testing.T, s stock) stores {
	store, err := cookiestore.New()
	if err != nil {
		t.Fatal(err)
	}
	return stores{front: newHalting(store, s.keys)}
}

func inTable(d dbtest.Database) func(*testing.T, stock) stores {
	return func(t *testing.T, s stock) stores {
		store, err := gormstore.New(openDB(t, d))
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		return stores{front: newHalting(store, s.keys)}
	}
}

// openDB opens a database in which actors halt before statements.
func openDB(t *testing.T, d dbtest.Database) *gorm.DB {
	db := d.Open(t, nil)
	if err := haltStatements(db); err != nil {
		t.Fatal(err)
	}
	return db
}

// cache makes a cache and settings that keep its keys apart from others'.
type cache func(*testing.T, stock) (cachestore.Cache, []cachestore.Option)

func memoryCache(_ *testing.T, s stock) (cachestore.Cache, []cachestore.Option) {
	return haltingCache{configured(must(cachestore.NewMemory()), core.Settings{Now: s.now})}, nil
}

func redisCache(t *testing.T, s stock) (cachestore.Cache, []cachestore.Option) {
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379", DB: 10})
	t.Cleanup(func() { client.Close() })
	if err := client.Ping(t.Context()).Err(); err != nil {
		dbtest.Missing(t, "no Redis server answers on 127.0.0.1:6379")
	}
	prefix := core.NewSessionKey()
	clear := func(ctx context.Context) error {
		left := client.Scan(ctx, 0, prefix+"*", 1000).Iterator()
		for left.Next(ctx) {
			client.Del(ctx, left.Val())
		}
		return left.Err()
	}
	s.servers = append(s.servers, clear)
	t.Cleanup(func() { _ = clear(context.Background()) })
	return haltingCache{rediscache.New(client)}, []cachestore.Option{cachestore.WithKeyPrefix(prefix)}
}

func inCache(open cache) func(*testing.T, stock) stores {
	return func(t *testing.T, s stock) stores {
		c, opts := open(t, s)
		return stores{front: newHalting(must(cachestore.New(c, opts...)), s.keys)}
	}
}

// behindCache puts a cache in front of what open opens.
func behindCache(open cache, durable func(*testing.T, stock) stores) func(*testing.T, stock) stores {
	return func(t *testing.T, s stock) stores {
		behind := durable(t, s)
		c, opts := open(t, s)
		// An actor that stands still is no slow cache.
		front := must(cachestore.NewCachedDB(c, behind.front, append(opts, cachestore.WithCacheTimeout(time.Minute))...))
		return stores{front: front, durable: behind.front, locks: behind.locks, ends: behind.ends}
	}
}

// djinnSite opens a site on djinn.
func djinnSite(f framework, open func(*testing.T, stock) stores, change func(*core.Config)) func(*testing.T) *site {
	return func(t *testing.T) *site {
		s := stock{new(clock), new(keys)}
		st := open(t, s)
		cfg := core.Config{
			SecretKey: "a key for tests", CookieAge: lifetime, TouchInterval: -1,
			StoreTimeout: time.Minute, Now: s.now, Logger: slog.New(slog.DiscardHandler),
		}
		if change != nil {
			change(&cfg)
		}
		m := newManager(t, st.front, cfg)
		layers := []*core.Manager{m}
		if st.durable != nil {
			layers = append(layers, newManager(t, st.durable, cfg))
		}
		ends := map[string]end{
			"delete": func(ctx context.Context, r *race) error {
				_, err := m.Delete(ctx, r.browser())
				return err
			},
			"expire": func(ctx context.Context, _ *race) error { return s.expire(ctx, m) },
		}
		maps.Copy(ends, st.ends)
		var patience time.Duration
		if st.locks {
			patience = lockPatience
		}
		return &site{
			patience: patience,
			handler:  f.mount(m), cookie: m.CookieName(), slow: slow,
			begin: func() { s.forget(m) },
			rows:  s.loggedIn(layers),
			ends:  ends,
		}
	}
}

// cookieSite is a site whose sessions are their cookies, each save another one.
func cookieSite(t *testing.T) *site {
	s := djinnSite(netHTTP, inCookie, nil)(t)
	s.without = []string{"kept"}
	return s
}

func newManager(t *testing.T, store core.Store, cfg core.Config) *core.Manager {
	m, err := core.New(store, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// expire lets every session end by age. After that nothing may live that was alive
// before, whoever rotates it.
func (s stock) expire(ctx context.Context, m *core.Manager) error {
	for _, expire := range s.servers {
		if err := expire(ctx); err != nil {
			return err
		}
	}
	s.ahead.Add(int64(2 * lifetime))
	found(ctx)
	halt(ctx, "ClearExpired")
	if _, err := m.ClearExpired(ctx, core.ClearOptions{}); !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

// forget removes what earlier races left, and sets the clock right: filestore takes
// its own temporary files for stale if the clock is an hour ahead of the machine's.
func (s stock) forget(m *core.Manager) {
	for _, key := range s.all {
		_, _ = m.Delete(context.Background(), key)
	}
	s.all = nil
	s.ahead.Store(0)
}

// loggedIn counts the records of a user in the layer that has most of them, by the
// keys that were ever written.
func (s stock) loggedIn(layers []*core.Manager) func(context.Context, string) (int, error) {
	return func(ctx context.Context, user string) (most int, err error) {
		for _, m := range layers {
			n, seen := 0, map[string]bool{"": true}
			for _, key := range s.all {
				if seen[key] {
					continue
				}
				seen[key] = true
				session := m.Open(ctx, key)
				if userKey.Get(session) == user {
					n++
				}
				if err := session.Err(); err != nil {
					return 0, err
				}
			}
			most = max(most, n)
		}
		return most, nil
	}
}
