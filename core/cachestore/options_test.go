package cachestore_test

import (
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
	"github.com/djinn-go/djinn/core/memstore"
)

// The keys of entries are Django's: KEY_PREFIX, VERSION, cache_key_prefix and the
// session key.
func TestKeysInTheCache(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name         string
		opts         []cachestore.Option
		alone, front string
	}{
		{"default", nil, ":1:django.contrib.sessions.cache", ":1:django.contrib.sessions.cached_db"},
		{"settings", []cachestore.Option{cachestore.WithKeyPrefix("shop"), cachestore.WithVersion(7)}, "shop:7:django.contrib.sessions.cache", "shop:7:django.contrib.sessions.cached_db"},
		{"own class", []cachestore.Option{cachestore.WithCacheKeyPrefix("mysite.custom_cached_db_backend")}, ":1:mysite.custom_cached_db_backend", ":1:mysite.custom_cached_db_backend"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			check := func(want string, store func(cachestore.Cache) core.Store) {
				t.Helper()
				cache := cachestore.NewMemory(cachestore.MemoryOptions{})
				m, err := core.New(store(cache), core.Config{SecretKey: "only for tests"})
				if err != nil {
					t.Fatal(err)
				}
				s := m.Open(t.Context(), "")
				s.Set("n", 1)
				if err := s.Save(t.Context()); err != nil {
					t.Fatal(err)
				}
				if _, found, err := cache.Get(t.Context(), want+s.Key()); !found || err != nil {
					t.Errorf("Get of %s and the session key: got %t, %v, want an entry", want, found, err)
				}
			}
			check(test.alone, func(c cachestore.Cache) core.Store { return must(cachestore.New(c, test.opts...)) })
			check(test.front, func(c cachestore.Cache) core.Store {
				return must(cachestore.NewCachedDB(c, must(memstore.New()), test.opts...))
			})
		})
	}
}
