package django

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
)

var cachedDBRequirements = []requirement{
	{name: "test_exists_searches_cache_first", says: "Whether a session exists that was just saved is known without the database.", verdict: same, test: func(t *testing.T, st *site) {
		durable := &countingStore{Store: durableOf(t, st)}
		m := st.manager(t, must(cachestore.NewCachedDB(st.cache, durable)), core.Config{})
		s := m.Open(t.Context(), "")
		s.Set("foo", "bar")
		save(t, s)
		if ok, err := m.Exists(t.Context(), s.Key()); !ok || err != nil {
			t.Errorf("Exists: got %t, %v; want true, nil", ok, err)
		}
		if durable.loads != 0 {
			t.Errorf("the database was asked %d times, want 0", durable.loads)
		}
	}, also: []reference{"core/cachestore TestCachedDBHitAsksNoDatabase"}},
	{name: "test_load_overlong_key", says: "A key of 1240 characters loads as empty.", verdict: same, test: loadOverlongKey},
	{name: "test_non_default_cache", says: "Naming an unknown cache in the settings fails at construction.", verdict: notApplicable,
		why: "The cache is a value that is passed to NewCachedDB, not a name: there is nothing to mistype that compiles."},
	{name: "test_cache_set_failure_non_fatal", says: "A cache that fails to store does not fail the save; the error is logged.", verdict: same,
		why: "It goes to WithOnError, which logs by default.",
		test: func(t *testing.T, st *site) {
			var failures []error
			opts := []cachestore.Option{
				cachestore.WithOnError(func(_ context.Context, err error) { failures = append(failures, err) }),
			}
			m := st.manager(t, must(cachestore.NewCachedDB(fullCache{st.cache}, durableOf(t, st), opts...)), core.Config{})
			s := m.Open(t.Context(), "")
			s.Set("foo", "bar")
			save(t, s)
			if len(failures) != 1 || !errors.Is(failures[0], errFull) || strings.Contains(failures[0].Error(), s.Key()) {
				t.Errorf("failures: got %d, want the cache's own, once and without the key", len(failures))
			}
			wantItems(t, m.Open(t.Context(), s.Key()), `{"foo":"bar"}`)
		}, also: []reference{"core/cachestore TestCachedDBLeavesAFailedCacheAlone", "core/cachestore TestCachedDBInvalidatesLater"}},
	{name: notResurrected, says: "The same as for every back end, where the database has savepoints.", verdict: same,
		why: "Nothing to skip, as for db.", test: saveDoesNotResurrect, also: []reference{"core/cachestore TestCachedDBLaws"}},
}

func loadOverlongKey(t *testing.T, st *site) {
	s := st.m.Open(t.Context(), strings.Repeat("x", 1240))
	wantItems(t, s, `{}`)
	if err := s.Err(); err != nil {
		t.Errorf("Err: got %v, want nil", err)
	}
	if got := len(st.took(core.EventLoaded)); got != 0 {
		t.Errorf("the store was asked %d times, want 0", got)
	}
}

// durableOf is the database behind a cached_db store.
func durableOf(t *testing.T, st *site) core.Store {
	t.Helper()
	w, ok := st.store.(interface{ Unwrap() core.Store })
	if !ok {
		t.Fatalf("%T wraps no store", st.store)
	}
	return w.Unwrap()
}

// countingStore counts loads.
type countingStore struct {
	core.Store
	loads int
}

func (s *countingStore) Load(ctx context.Context, key string) (core.Record, error) {
	s.loads++
	return s.Store.Load(ctx, key)
}

var errFull = errors.New("the cache is full")

// fullCache answers reads and takes nothing.
type fullCache struct{ cachestore.Cache }

func (fullCache) Set(context.Context, string, cachestore.Item) error { return errFull }

func (fullCache) Add(context.Context, string, cachestore.Item) (bool, error) { return false, errFull }

func (fullCache) CompareAndSwap(context.Context, string, string, cachestore.Item) (bool, error) {
	return false, errFull
}
