package cachestore_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
	"github.com/djinn-go/djinn/core/memstore"
)

// faultyCache is a cache that can be told to fail or to hang, and counts calls.
type faultyCache struct {
	*cachestore.Memory
	mu    sync.Mutex
	err   error
	hang  bool
	calls int
}

func (c *faultyCache) set(err error, hang bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err, c.hang, c.calls = err, hang, 0
}

func (c *faultyCache) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls
}

func (c *faultyCache) fault(ctx context.Context) error {
	c.mu.Lock()
	c.calls++
	err, hang := c.err, c.hang
	c.mu.Unlock()
	if hang {
		<-ctx.Done()
		return ctx.Err()
	}
	return err
}

func (c *faultyCache) Get(ctx context.Context, key string) (cachestore.Item, bool, error) {
	if err := c.fault(ctx); err != nil {
		return cachestore.Item{}, false, err
	}
	return c.Memory.Get(ctx, key)
}

func (c *faultyCache) Set(ctx context.Context, key string, item cachestore.Item) error {
	if err := c.fault(ctx); err != nil {
		return err
	}
	return c.Memory.Set(ctx, key, item)
}

func (c *faultyCache) Add(ctx context.Context, key string, item cachestore.Item) (bool, error) {
	if err := c.fault(ctx); err != nil {
		return false, err
	}
	return c.Memory.Add(ctx, key, item)
}

func (c *faultyCache) CompareAndSwap(ctx context.Context, key, old string, item cachestore.Item) (bool, error) {
	if err := c.fault(ctx); err != nil {
		return false, err
	}
	return c.Memory.CompareAndSwap(ctx, key, old, item)
}

func (c *faultyCache) Delete(ctx context.Context, key string) (bool, error) {
	if err := c.fault(ctx); err != nil {
		return false, err
	}
	return c.Memory.Delete(ctx, key)
}

// Configure: the cache is a server, with a clock of its own.
func (c *faultyCache) Configure(core.Settings) error { return nil }

var errDown = errors.New("the cache is down")

// failing is cached_db over a faultyCache, with a clock that the test sets.
type failing struct {
	*site
	faults  *faultyCache
	store   core.Store
	ctx     context.Context // for cacheUses
	now     time.Time
	reports int
}

func newFailing(t *testing.T) *failing {
	f := &failing{site: newSite(t), now: time.Now()}
	f.faults = &faultyCache{Memory: f.cache}
	f.open(f.durable)
	return f
}

// open puts the cache in front of durable.
func (f *failing) open(durable core.Store) {
	opts := []cachestore.Option{
		cachestore.WithCacheTimeout(20 * time.Millisecond),
		cachestore.WithOnError(func(context.Context, error) { f.reports++ }),
	}
	f.store = configured(must(cachestore.NewCachedDB(f.faults, durable, opts...)), core.Settings{Now: func() time.Time { return f.now }})
}

func TestCachedDBLeavesAFailedCacheAlone(t *testing.T) {
	t.Parallel()
	for name, hang := range map[string]bool{"down": false, "hangs": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFailing(t)
			key := f.create(`{"a":1}`)
			f.faults.set(errDown, hang)
			for range 10 {
				if got := f.load(f.store, key); got != `{"a":1}` {
					t.Errorf("Load: got %s, want the row", got)
				}
			}
			if n := f.faults.count(); n != 1 || f.reports != 1 {
				t.Errorf("10 loads within a second: %d calls of the cache, %d reports, want 1 and 1", n, f.reports)
			}
			f.now = f.now.Add(2 * time.Second)
			f.load(f.store, key)
			if n := f.faults.count(); n != 2 || f.reports != 2 {
				t.Errorf("a load later: %d calls of the cache, %d reports, want 2 and 2", n, f.reports)
			}
			f.faults.set(nil, false)
			f.now = f.now.Add(2 * time.Second)
			f.load(f.store, key)
			before := f.durable.loads.Load()
			f.load(f.store, key)
			if n := f.durable.loads.Load() - before; n != 0 {
				t.Error("the cache is back but not used")
			}
		})
	}
}

// Other nodes reach the cache all the time. What this one could not tell it, it
// tells as soon as it can.
func TestCachedDBInvalidatesLater(t *testing.T) {
	t.Parallel()
	changes := map[string]func(f *failing, key string){
		"delete": func(f *failing, key string) {
			if existed, err := f.store.Delete(ctx, key); err != nil || !existed {
				f.t.Errorf("Delete: got %t, %v, want true", existed, err)
			}
		},
		"update": func(f *failing, key string) { f.update(f.store, key, `{"a":2}`) },
		"rotate": func(f *failing, key string) {
			if _, err := f.store.(core.Rotator).Rotate(ctx, key, f.record(core.NewSessionKey(), `{}`)); err != nil {
				f.t.Errorf("Rotate: %v", err)
			}
		},
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFailing(t)
			key := f.create(`{"a":1}`)
			other := f.node()
			f.load(other, key) // fills the cache
			f.faults.set(errDown, false)
			change(f, key)
			if got := f.load(other, key); got != `{"a":1}` {
				t.Fatalf("the other node: got %s; the window that is documented is not there", got)
			}
			f.faults.set(nil, false)
			f.now = f.now.Add(2 * time.Second)
			f.load(f.store, core.NewSessionKey()) // anything
			want := "gone"
			if name == "update" {
				want = `{"a":2}`
			}
			if got := f.load(other, key); got != want {
				t.Errorf("the other node, when this one is back: got %s, want %s", got, want)
			}
		})
	}
}

// A client that hangs up must not keep the cache from hearing of the change.
func TestCachedDBTellsTheCacheAfterTheClientLeft(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	key := s.create(`{"a":1}`)
	s.load(s.node(), key)
	inner, cancel := context.WithCancel(ctx)
	s.durable.after = func(string) { cancel() }
	if _, err := s.node().Update(inner, s.record(key, `{"a":2}`)); err != nil {
		t.Fatal(err)
	}
	before := s.durable.loads.Load()
	s.want(key, `{"a":2}`)
	if n := s.durable.loads.Load() - before; n != 0 {
		t.Errorf("the update did not reach the cache")
	}
}

// If nobody knows whether the database wrote, the cache says neither.
func TestCachedDBForgetsAfterAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	key := s.create(`{"a":1}`)
	node := must(cachestore.NewCachedDB(s.cache, unsure{s.durable}))
	s.load(node, key)
	if _, err := node.Update(ctx, s.record(key, `{"a":2}`)); !errors.Is(err, errDown) {
		t.Fatalf("Update: got %v, want the store's error", err)
	}
	s.want(key, `{"a":2}`)
}

// unsure writes and says that it failed, as a connection does that breaks.
type unsure struct{ *hooked }

func (s unsure) Update(ctx context.Context, rec core.Record) (string, error) {
	if _, err := s.hooked.Update(ctx, rec); err != nil {
		return "", err
	}
	return "", errDown
}

func TestCacheFailureIsNoLogout(t *testing.T) {
	t.Parallel()
	c := &faultyCache{Memory: newMemory()}
	store := must(cachestore.New(c))
	rec := core.Record{Key: core.NewSessionKey(), ExpireDate: time.Now().Add(time.Hour)}
	if _, err := store.Create(ctx, rec); err != nil {
		t.Fatal(err)
	}
	c.set(errDown, false)
	if _, err := store.Load(ctx, rec.Key); !errors.Is(err, errDown) {
		t.Errorf("Load: got %v, want the cache's error", err)
	}
	if _, err := store.Update(ctx, rec); !errors.Is(err, errDown) {
		t.Errorf("Update: got %v, want the cache's error", err)
	}
	if _, err := store.Delete(ctx, rec.Key); !errors.Is(err, errDown) {
		t.Errorf("Delete: got %v, want the cache's error", err)
	}
}

// No separator stands between Django's prefix and the session key, so that a
// cookie could reach the entries of cached_db through the cache back end.
func TestCacheReachesNoOtherEntries(t *testing.T) {
	t.Parallel()
	cache := newMemory()
	db := must(cachestore.NewCachedDB(cache, must(memstore.New())))
	key, err := db.Create(ctx, core.Record{Key: core.NewSessionKey(), ExpireDate: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	store := must(cachestore.New(cache))
	if _, err := store.Load(ctx, "d_db"+key); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("Load: got %v, want ErrNotFound", err)
	}
	if existed, err := store.Delete(ctx, "d_db"+key); existed || err != nil {
		t.Errorf("Delete: got %t, %v, want false", existed, err)
	}
	if _, err := store.Create(ctx, core.Record{Key: "no session key"}); err == nil {
		t.Error("Create under a key that is none: got no error")
	}
}

// None in the cache is what Django takes for a miss, so nothing can be made of it.
func TestCacheTakesNoneForAMiss(t *testing.T) {
	t.Parallel()
	cache, key := newMemory(), core.NewSessionKey()
	none := cachestore.Item{Value: "\x80\x05N.", Expires: time.Now().Add(time.Hour)}
	if err := cache.Set(ctx, ":1:django.contrib.sessions.cache"+key, none); err != nil {
		t.Fatal(err)
	}
	store := must(cachestore.New(cache))
	if _, err := store.Load(ctx, key); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("Load: got %v, want ErrNotFound", err)
	}
	if _, err := store.Update(ctx, core.Record{Key: key, ExpireDate: time.Now().Add(time.Hour)}); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("Update: got %v, want ErrNotFound", err)
	}
}

// A cache that is behind the time must not keep a session alive.
func TestCachedDBExpiresByItsOwnClock(t *testing.T) {
	t.Parallel()
	f := newFailing(t)
	key := f.create(`{}`)
	f.load(f.store, key)
	f.load(f.store, key)
	before := f.durable.loads.Load()
	f.now = f.now.Add(2 * time.Hour)
	if _, err := f.store.Load(ctx, key); err != nil {
		t.Fatal(err) // the row lives by the table's clock
	}
	if n := f.durable.loads.Load() - before; n != 1 {
		t.Errorf("an entry that has expired: the database was asked %d times, want once", n)
	}
}

// Neither the cache nor the database said what became of a change.
func TestCachedDBInvalidatesLaterAfterAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	f := newFailing(t)
	f.open(unsure{f.durable})
	key := f.create(`{"a":1}`)
	f.load(f.store, key)
	f.faults.set(errDown, false)
	if _, err := f.store.Update(ctx, f.record(key, `{"a":2}`)); !errors.Is(err, errDown) {
		t.Fatalf("Update: got %v, want the store's error", err)
	}
	f.faults.set(nil, false)
	f.now = f.now.Add(2 * time.Second)
	if got := f.load(f.store, key); got != `{"a":2}` {
		t.Errorf("when the cache is back: got %s, want the row", got)
	}
}

// lost deletes, and says that it failed; what happens before that is up to the test.
type lost struct {
	*hooked
	before func()
}

func (s lost) Delete(ctx context.Context, key string) (bool, error) {
	s.before()
	if _, err := s.hooked.Delete(ctx, key); err != nil {
		return false, err
	}
	return false, errDown
}

// The marker of a delete whose outcome is unknown is there at its end, also if
// another writer has removed it meanwhile.
func TestCachedDBDeleteOfUnknownOutcomeAmongWriters(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	key := s.create(`{"a":1}`)
	other := s.node()
	store := lost{hooked: s.durable}
	store.before = func() {
		s.update(other, key, `{"a":2}`) // its marker replaces the delete's
		s.load(other, key)
		s.load(other, key)
	}
	node := must(cachestore.NewCachedDB(s.cache, store))
	if _, err := node.Delete(ctx, key); !errors.Is(err, errDown) {
		t.Fatalf("Delete: got %v, want the store's error", err)
	}
	s.want(key, "gone")
}
