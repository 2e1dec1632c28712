package cachestore_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

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
				cache := newMemory()
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

// What is wrong is an error with the cure, and no default in its place.
func TestConstructorsSayTheCure(t *testing.T) {
	t.Parallel()
	alone := func(opts ...cachestore.Option) error {
		_, err := cachestore.New(newMemory(), opts...)
		return err
	}
	front := func(opts ...cachestore.Option) error {
		_, err := cachestore.NewCachedDB(newMemory(), must(memstore.New()), opts...)
		return err
	}
	memory := func(opts ...cachestore.MemoryOption) error {
		_, err := cachestore.NewMemory(opts...)
		return err
	}
	_, noCache := cachestore.New(nil)
	_, noCacheInFront := cachestore.NewCachedDB(nil, must(memstore.New()))
	_, noStore := cachestore.NewCachedDB(newMemory(), nil)
	report := func(context.Context, error) {}
	for _, tt := range []struct {
		err   error
		names string
		cure  string
	}{
		{noCache, "the cache is nil", "rediscache.New"},
		{noCacheInFront, "the cache is nil", "rediscache.New"},
		{noStore, "the store behind the cache is nil", "gormstore.New"},
		{alone(cachestore.WithVersion(0)), "WithVersion: 0", "1 or more"},
		{front(cachestore.WithVersion(-1)), "WithVersion: -1", "1 or more"},
		{front(cachestore.WithCacheTimeout(0)), "WithCacheTimeout: 0s", "positive"},
		{front(cachestore.WithMaxAge(-time.Second)), "WithMaxAge: -1s", "positive"},
		{front(cachestore.WithOnError(nil)), "WithOnError", "leave the option out"},
		{alone(cachestore.WithCacheTimeout(time.Second)), "WithCacheTimeout", "leave it out of New"},
		{alone(cachestore.WithMaxAge(time.Minute)), "WithMaxAge", "leave it out of New"},
		{alone(cachestore.WithOnError(report)), "WithOnError", "leave it out of New"},
		{memory(cachestore.WithMaxEntries(0)), "WithMaxEntries: 0", "positive"},
		{memory(cachestore.WithMaxEntries(-1)), "WithMaxEntries: -1", "positive"},
		{memory(cachestore.WithMaxBytes(0)), "WithMaxBytes: 0", "positive"},
	} {
		if got := fmt.Sprint(tt.err); !strings.Contains(got, tt.names) || !strings.Contains(got, tt.cure) {
			t.Errorf("got %q, want it to name %q and to say %q", got, tt.names, tt.cure)
		}
	}
	for name, err := range map[string]error{
		"alone": alone(cachestore.WithVersion(2)),
		"front": front(cachestore.WithCacheTimeout(time.Second), cachestore.WithMaxAge(time.Minute), cachestore.WithOnError(report)),
		"cache": memory(cachestore.WithMaxEntries(1), cachestore.WithMaxBytes(1)),
	} {
		if err != nil {
			t.Errorf("%s: got %v, want no error", name, err)
		}
	}
}

// The clock is the Manager's, down to the cache.
func TestMemoryGoesByTheManagersClock(t *testing.T) {
	t.Parallel()
	for name, front := range map[string]func(cachestore.Cache) core.Store{
		"New":         func(c cachestore.Cache) core.Store { return must(cachestore.New(c)) },
		"NewCachedDB": func(c cachestore.Cache) core.Store { return must(cachestore.NewCachedDB(c, must(memstore.New()))) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cache, now := newMemory(), time.Now()
			if _, err := core.New(front(cache), core.Config{SecretKey: "only for tests", Now: func() time.Time { return now }}); err != nil {
				t.Fatal(err)
			}
			put(t, cache, "key", "for an hour")
			if !has(t, cache, "key") {
				t.Error("an item that was stored just now is gone")
			}
			now = now.Add(2 * time.Hour)
			if has(t, cache, "key") {
				t.Error("an item has outlived its expiry by the Manager's clock")
			}
		})
	}
}
