package cachestore_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
)

const count core.Key[int] = "count"

// engines are two nodes of a site for each back end, and the cache they share.
func engines(t *testing.T) map[string]func() (a, b core.Store, cache *cachestore.Memory) {
	return map[string]func() (core.Store, core.Store, *cachestore.Memory){
		"cache": func() (core.Store, core.Store, *cachestore.Memory) {
			c := newMemory()
			return must(cachestore.New(c)), must(cachestore.New(c)), c
		},
		"cached_db": func() (core.Store, core.Store, *cachestore.Memory) {
			s := newSite(t)
			return s.node(), s.node(), s.cache
		},
		"cached_db, all evicted": func() (core.Store, core.Store, *cachestore.Memory) {
			s := newSite(t)
			s.cache = must(cachestore.NewMemory(cachestore.WithMaxBytes(1)))
			return s.node(), s.node(), s.cache
		},
	}
}

func manager(t *testing.T, store core.Store) *core.Manager {
	t.Helper()
	m, err := core.New(store, core.Config{SecretKey: "a key of this test that is fifty characters long, or so"})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Two nodes count in one session at once, on items of their own and on a common
// one. None is lost.
func TestEnginesLoseNoUpdates(t *testing.T) {
	t.Parallel()
	for name, open := range engines(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b, _ := open()
			nodes := []*core.Manager{manager(t, a), manager(t, b)}
			first := nodes[0].Open(ctx, "")
			count.Set(first, 0)
			if err := first.Save(ctx); err != nil {
				t.Fatal(err)
			}
			const each = 60
			var wg sync.WaitGroup
			for i := range 4 {
				wg.Add(1)
				go func() {
					defer wg.Done()
					own := core.Key[int]([]string{"w", "x", "y", "z"}[i])
					for range each {
						s := nodes[i%2].Open(ctx, first.Key())
						add := func(n int) int { return n + 1 }
						count.Update(s, add)
						own.Update(s, add)
						if err := s.Save(ctx); err != nil {
							t.Errorf("Save: %v", err)
							return
						}
					}
				}()
			}
			wg.Wait()
			s := nodes[1].Open(ctx, first.Key())
			if got := count.Get(s); got != 4*each {
				t.Errorf("the common counter: got %d, want %d", got, 4*each)
			}
			for _, own := range []core.Key[int]{"w", "x", "y", "z"} {
				if got := own.Get(s); got != each {
					t.Errorf("the counter %s: got %d, want %d", own, got, each)
				}
			}
		})
	}
}

// A request that is under way on one node while the visitor logs out on another
// does not bring the session back.
func TestEnginesLogOutForGood(t *testing.T) {
	t.Parallel()
	for name, open := range engines(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b, _ := open()
			here, there := manager(t, a), manager(t, b)
			for range 50 {
				s := here.Open(ctx, "")
				s.Set("a", 1)
				if err := s.Save(ctx); err != nil {
					t.Fatal(err)
				}
				var wg sync.WaitGroup
				for range 3 {
					wg.Add(1)
					go func() {
						defer wg.Done()
						slow := here.Open(ctx, s.Key())
						count.Update(slow, func(n int) int { return n + 1 })
						_ = slow.Save(ctx) // saved before the logout, or refused
					}()
				}
				if _, err := there.Delete(ctx, s.Key()); err != nil {
					t.Fatal(err)
				}
				wg.Wait()
				for _, node := range []*core.Manager{here, there} {
					if found, err := node.Exists(ctx, s.Key()); err != nil || found {
						t.Fatalf("after the logout: found %t, %v", found, err)
					}
				}
			}
		})
	}
}

// A session of Django that Go cannot read makes the visitor anonymous; the entry
// stays, and no cookie is sent.
func TestEngineLeavesUndecodableEntries(t *testing.T) {
	t.Parallel()
	cache := newMemory()
	m := manager(t, must(cachestore.New(cache)))
	key := core.NewSessionKey()
	const entry = "\x80\x04\x95\x06\x00\x00\x00\x00\x00\x00\x00}\x8c\x01a\x8fs." // {'a': set()}
	item := cachestore.Item{Value: entry, Expires: time.Now().Add(time.Hour)}
	if err := cache.Set(ctx, ":1:django.contrib.sessions.cache"+key, item); err != nil {
		t.Fatal(err)
	}
	h := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s := m.Session(r.Context()); s.Has("a") || s.Err() != nil {
			t.Errorf("the visitor: has the item %t, %v, want an anonymous one", s.Has("a"), s.Err())
		}
	}))
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: m.CookieName(), Value: key})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != 200 || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("got status %d and cookie %q, want 200 and none", w.Code, w.Header().Get("Set-Cookie"))
	}
	got, found, err := cache.Get(ctx, ":1:django.contrib.sessions.cache"+key)
	if err != nil || !found || got.Value != entry {
		t.Errorf("the entry: found %t, %v, want it as it was", found, err)
	}
}
