package cachestore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
)

// revoking is a durable store that ends sessions past its methods, as a query over
// all of a user's does, and tells who asked to be told. It can do something between
// its own work and its answer.
type revoking struct {
	*hooked
	changed []func(ctx context.Context, keys []string)
	pause   func(key string)
}

func (s *revoking) OnChange(f func(ctx context.Context, keys []string)) {
	s.changed = append(s.changed, f)
}

func (s *revoking) paused(key string) {
	if f := s.pause; f != nil {
		s.pause = nil
		f(key)
	}
}

func (s *revoking) Load(ctx context.Context, key string) (core.Record, error) {
	rec, err := s.hooked.Load(ctx, key)
	s.paused(key)
	return rec, err
}

func (s *revoking) Create(ctx context.Context, rec core.Record) (string, error) {
	key, err := s.hooked.Create(ctx, rec)
	s.paused(key)
	return key, err
}

func (s *revoking) Update(ctx context.Context, rec core.Record) (string, error) {
	key, err := s.hooked.Update(ctx, rec)
	s.paused(key)
	return key, err
}

func (s *revoking) Rotate(ctx context.Context, oldKey string, rec core.Record) (string, error) {
	key, err := s.hooked.Rotate(ctx, oldKey, rec)
	s.paused(key)
	return key, err
}

func (s *revoking) Touch(ctx context.Context, rec core.Record) error {
	err := s.hooked.Touch(ctx, rec)
	s.paused(rec.Key)
	return err
}

// revoke removes the rows under keys, and tells.
func (s *revoking) revoke(ctx context.Context, t testing.TB, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if _, err := s.hooked.Delete(context.WithoutCancel(ctx), key); err != nil {
			t.Error(err)
		}
	}
	for _, f := range s.changed {
		f(ctx, keys)
	}
}

// cacheUses is every call of a cached store that reaches the cache.
var cacheUses = map[string]func(f *failing, node core.Store, old string) (key string, err error){
	"load": func(f *failing, node core.Store, old string) (string, error) {
		rec, err := node.Load(f.ctx, old)
		if err == nil {
			_, err = rec.Decode(f.codec)
		}
		return old, err
	},
	"create": func(f *failing, node core.Store, _ string) (string, error) {
		return node.Create(f.ctx, f.record(core.NewSessionKey(), `{"a":2}`))
	},
	"update": func(f *failing, node core.Store, old string) (string, error) {
		return node.Update(f.ctx, f.record(old, `{"a":2}`))
	},
	"touch": func(f *failing, node core.Store, old string) (string, error) {
		rec := f.record(old, `{"a":1}`)
		rec.ExpireDate = rec.ExpireDate.Add(time.Hour)
		return old, node.(core.Toucher).Touch(f.ctx, rec)
	},
	"rotate": func(f *failing, node core.Store, old string) (string, error) {
		return node.(core.Rotator).Rotate(f.ctx, old, f.record(core.NewSessionKey(), `{"a":2}`))
	},
	"delete": func(f *failing, node core.Store, old string) (string, error) {
		_, err := node.Delete(f.ctx, old)
		return old, err
	},
}

// newRevocable is a failing site on a table that revokes.
func newRevocable(t *testing.T) (*failing, *revoking) {
	f := newFailing(t)
	table := &revoking{hooked: f.durable}
	f.ctx = ctx
	f.open(table)
	return f, table
}

// What is revoked between the database's answer and the cache's fill must not be
// in the cache afterwards, whichever way it was to go there.
func TestCachedDBRevokedMeanwhile(t *testing.T) {
	t.Parallel()
	for name, use := range cacheUses {
		if name == "delete" {
			continue
		}
		for _, byDelete := range []bool{false, true} {
			for _, cached := range []bool{false, true} {
				if name == "load" && cached {
					continue // a hit asks no database in which it could pause
				}
				t.Run(name+map[bool]string{false: "/by OnChange", true: "/by Delete"}[byDelete]+
					map[bool]string{false: "", true: "/cached before"}[cached], func(t *testing.T) {
					t.Parallel()
					f, table := newRevocable(t)
					old := f.create(`{"a":1}`)
					other := f.node()
					if cached {
						f.load(other, old)
					}
					revoked := ""
					table.pause = func(key string) {
						revoked = key
						if !byDelete {
							table.revoke(ctx, t, key)
						} else if _, err := other.Delete(ctx, key); err != nil {
							t.Error(err)
						}
					}
					key, err := use(f, f.store, old)
					if err != nil || revoked != key {
						t.Fatalf("got %v, revoked meanwhile: %t, want nil and true", err, revoked == key)
					}
					if this, third := f.load(f.store, key), f.load(f.node(), key); this != "gone" || third != "gone" {
						t.Errorf("this node reads %s, another one %s, want both gone", this, third)
					}
				})
			}
		}
	}
}

// What was created or rotated is a hit at once, on every node.
func TestCachedDBNewSessionsAreHits(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"create", "rotate"} {
		f, _ := newRevocable(t)
		key, err := cacheUses[name](f, f.store, f.create(`{"a":1}`))
		if err != nil {
			t.Fatal(err)
		}
		before := f.durable.loads.Load()
		if got := f.load(f.node(), key); got != `{"a":2}` {
			t.Errorf("%s: another node reads %s, want what was written", name, got)
		}
		if n := f.durable.loads.Load() - before; n != 0 {
			t.Errorf("%s: a load asked the database %d times, want none", name, n)
		}
	}
}

// What a transaction wrote may be taken back, and what it reads is seen by nobody
// else: it neither asks the cache nor fills it.
func TestCachedDBStepsAsideInATransaction(t *testing.T) {
	t.Parallel()
	for name, use := range cacheUses {
		for _, cached := range []bool{false, true} {
			t.Run(name+map[bool]string{false: "", true: "/cached before"}[cached], func(t *testing.T) {
				t.Parallel()
				f, _ := newRevocable(t)
				old := f.create(`{"a":1}`)
				if cached {
					f.load(f.store, old)
				}
				f.faults.set(nil, false) // counts from here
				loads := f.durable.loads.Load()
				f.ctx = core.WithTransaction(ctx)
				if _, err := use(f, f.store, old); err != nil {
					t.Fatal(err)
				}
				if n := f.faults.count(); n != 0 {
					t.Errorf("the cache was called %d times, want never", n)
				}
				if name == "load" && f.durable.loads.Load() == loads {
					t.Error("the database was not asked")
				}
			})
		}
	}
}

// An update in a transaction of what was read from the cache goes by the row.
func TestCachedDBUpdatesAHitInATransaction(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(store core.Store, ctx context.Context, rec core.Record) error{
		"update": func(store core.Store, ctx context.Context, rec core.Record) error {
			_, err := store.Update(ctx, rec)
			return err
		},
		"rotate": func(store core.Store, ctx context.Context, rec core.Record) error {
			old := rec.Key
			rec.Key = core.NewSessionKey()
			_, err := store.(core.Rotator).Rotate(ctx, old, rec)
			return err
		},
	} {
		for _, changed := range []bool{false, true} {
			f, _ := newRevocable(t)
			key := f.create(`{"a":1}`)
			f.load(f.store, key)
			hit, err := f.store.Load(ctx, key)
			if err != nil {
				t.Fatal(err)
			}
			if changed {
				f.update(f.durable, key, `{"a":9}`) // past the cache
			}
			rec := f.record(key, `{"a":2}`)
			rec.Version = hit.Version
			if err := write(f.store, core.WithTransaction(ctx), rec); errors.Is(err, core.ErrConflict) != changed || (err != nil) != changed {
				t.Errorf("%s of a hit, row changed %t: got %v, want a conflict if it was", name, changed, err)
			}
		}
	}
}

// The table tells the cache what it changed by itself; a client that hung up does
// not keep it from that.
func TestCachedDBIsToldOfChanges(t *testing.T) {
	t.Parallel()
	f, table := newRevocable(t)
	keys := []string{f.create(`{"a":1}`), f.create(`{"a":1}`), f.create(`{"a":1}`)}
	for _, key := range keys {
		f.load(f.store, key)
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	table.revoke(gone, t, keys[:2]...)
	for i, want := range []string{"gone", "gone", `{"a":1}`} {
		if got := f.load(f.node(), keys[i]); got != want {
			t.Errorf("session %d: another node reads %s, want %s", i, got, want)
		}
	}
}

// Told while the cache is down: the entries go as soon as it is back, and a
// revocation of many sessions waits for it once, not once for each.
func TestCachedDBInvalidatesLaterWhatItIsToldWhileTheCacheIsDown(t *testing.T) {
	t.Parallel()
	for name, hang := range map[string]bool{"down": false, "hangs": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, table := newRevocable(t)
			other := f.node()
			var keys []string
			for range 50 {
				key := f.create(`{"a":1}`)
				f.load(other, key)
				keys = append(keys, key)
			}
			f.faults.set(errDown, hang)
			table.revoke(ctx, t, keys...)
			if n := f.faults.count(); n != 1 {
				t.Errorf("%d sessions were revoked: got %d calls of a cache that is down, want 1", len(keys), n)
			}
			f.faults.set(nil, false)
			f.now = f.now.Add(2 * time.Second)
			f.load(f.store, core.NewSessionKey()) // anything
			for i, key := range keys {
				if got := f.load(other, key); got != "gone" {
					t.Errorf("session %d, when the cache is back: another node reads %s, want gone", i, got)
				}
			}
		})
	}
}

// More than this node can remember is said once for each call, not for each session.
func TestCachedDBReportsOnceWhatItCannotOwe(t *testing.T) {
	t.Parallel()
	f, table := newRevocable(t)
	keys := make([]string, 10_050)
	for i := range keys {
		keys[i] = core.NewSessionKey()
	}
	f.faults.set(errDown, false)
	table.revoke(ctx, t, keys...)
	if f.reports != 2 { // that it is down, and that it is too much
		t.Errorf("got %d reports, want 2", f.reports)
	}
}

// A refused save has changed nothing: the cache serves what it had, or the row.
func TestCachedDBRefused(t *testing.T) {
	t.Parallel()
	f, _ := newRevocable(t)
	key := f.create(`{"a":1}`)
	store := must(cachestore.NewCachedDB(f.cache, refusing{f.durable}))
	f.load(store, key)
	for name, use := range cacheUses {
		if name == "load" || name == "touch" || name == "delete" {
			continue
		}
		if _, err := use(f, store, key); !errors.Is(err, core.ErrRefused) {
			t.Errorf("%s: got %v, want ErrRefused", name, err)
		}
		f.load(f.node(), key) // fills the cache: no marker is in the way
		before := f.durable.loads.Load()
		if got := f.load(f.node(), key); got != `{"a":1}` || f.durable.loads.Load() != before {
			t.Errorf("%s: afterwards another node reads %s with %d queries, want what was there with none", name, got, f.durable.loads.Load()-before)
		}
	}
}

// refusing is a table that takes nothing.
type refusing struct{ *hooked }

func (refusing) Create(context.Context, core.Record) (string, error) { return "", core.ErrRefused }
func (refusing) Update(context.Context, core.Record) (string, error) { return "", core.ErrRefused }
func (refusing) Rotate(context.Context, string, core.Record) (string, error) {
	return "", core.ErrRefused
}
