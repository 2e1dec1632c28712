package cachestore_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
	"github.com/djinn-go/djinn/core/memstore"
	"github.com/djinn-go/djinn/core/sessiontest"
)

// hooked is a durable store that does something between its own work and its
// answer, and counts what it is asked.
type hooked struct {
	textStore
	loads atomic.Int32
	after func(op string)
}

func newHooked() *hooked { return &hooked{textStore: textStore{must(memstore.New())}} }

func (s *hooked) ran(op string) {
	if f := s.after; f != nil {
		s.after = nil // once, and not for what f does
		f(op)
	}
}

func (s *hooked) Load(ctx context.Context, key string) (core.Record, error) {
	s.loads.Add(1)
	rec, err := s.textStore.Load(ctx, key)
	s.ran("load")
	return rec, err
}

func (s *hooked) Update(ctx context.Context, rec core.Record) (string, error) {
	key, err := s.textStore.Update(ctx, rec)
	s.ran("update")
	return key, err
}

// site is nodes in front of one table and one cache.
type site struct {
	t       testing.TB
	codec   core.Codec
	durable *hooked
	cache   *cachestore.Memory
}

func newSite(t testing.TB) *site {
	t.Helper()
	codec, err := core.DjangoCodec{SecretKey: "not a secret"}.New()
	if err != nil {
		t.Fatal(err)
	}
	return &site{t: t, codec: codec, durable: newHooked(), cache: newMemory()}
}

func (s *site) node() core.Store {
	return must(cachestore.NewCachedDB(s.cache, s.durable))
}

func (s *site) record(key, json string) core.Record {
	s.t.Helper()
	v, err := core.ParseValues(json)
	if err != nil {
		s.t.Fatal(err)
	}
	rec := core.Record{Key: key, Values: v, ExpireDate: time.Now().Add(time.Hour)}
	return rec.WithCodec(s.codec)
}

// create makes a session that the cache does not have.
func (s *site) create(json string) string {
	s.t.Helper()
	key, err := s.durable.Create(ctx, s.record(core.NewSessionKey(), json))
	if err != nil {
		s.t.Fatal(err)
	}
	return key
}

// load returns the items under key, or "gone".
func (s *site) load(node core.Store, key string) string {
	s.t.Helper()
	rec, err := node.Load(ctx, key)
	if errors.Is(err, core.ErrNotFound) {
		return "gone"
	}
	if err != nil {
		s.t.Fatal(err)
	}
	v, err := rec.Decode(s.codec)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(v.AppendJSON(nil))
}

func (s *site) update(node core.Store, key, json string) {
	s.t.Helper()
	if _, err := node.Update(ctx, s.record(key, json)); err != nil {
		s.t.Errorf("Update: %v", err)
	}
}

// want fails unless a third node reads that.
func (s *site) want(key, want string) {
	s.t.Helper()
	if got := s.load(s.node(), key); got != want {
		s.t.Errorf("another node reads %s, want %s", got, want)
	}
}

func TestCachedDBHitAsksNoDatabase(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	key := s.create(`{"a":1}`)
	for range 5 {
		if got := s.load(s.node(), key); got != `{"a":1}` {
			t.Errorf("Load: got %s", got)
		}
	}
	if n := s.durable.loads.Load(); n != 1 {
		t.Errorf("5 loads asked the database %d times, want once", n)
	}
	// What was written is a hit at once.
	s.update(s.node(), key, `{"a":2}`)
	before := s.durable.loads.Load()
	s.want(key, `{"a":2}`)
	if n := s.durable.loads.Load() - before; n != 0 {
		t.Errorf("a load after an update asked the database %d times, want none", n)
	}
}

// What happens while a node reads the row must not be undone when it fills the
// cache.
func TestCachedDBLateFill(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		meanwhile func(s *site, key string)
		want      string
	}{
		"delete": {func(s *site, key string) {
			if existed, err := s.node().Delete(ctx, key); err != nil || !existed {
				s.t.Errorf("Delete: %t, %v", existed, err)
			}
		}, "gone"},
		"rotate": {func(s *site, key string) {
			if _, err := s.node().(core.Rotator).Rotate(ctx, key, s.record(core.NewSessionKey(), `{}`)); err != nil {
				s.t.Errorf("Rotate: %v", err)
			}
		}, "gone"},
		"update": {func(s *site, key string) { s.update(s.node(), key, `{"a":2}`) }, `{"a":2}`},
		"delete and a reader": {func(s *site, key string) {
			if _, err := s.node().Delete(ctx, key); err != nil {
				s.t.Errorf("Delete: %v", err)
			}
			s.want(key, "gone")
		}, "gone"},
		"update and a reader": {func(s *site, key string) {
			s.update(s.node(), key, `{"a":2}`)
			s.want(key, `{"a":2}`)
		}, `{"a":2}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			key := s.create(`{"a":1}`)
			s.durable.after = func(string) { tt.meanwhile(s, key) }
			if got := s.load(s.node(), key); got != `{"a":1}` {
				t.Errorf("the node that read the row first: got %s, want what it read", got)
			}
			s.want(key, tt.want)
			s.want(key, tt.want)
		})
	}
}

// Two writers: the one that was first in the database must not be last in the
// cache.
func TestCachedDBLateWriteThrough(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		meanwhile func(s *site, key string)
		want      string
	}{
		"update": {func(s *site, key string) { s.update(s.node(), key, `{"a":3}`) }, `{"a":3}`},
		"delete": {func(s *site, key string) {
			if _, err := s.node().Delete(ctx, key); err != nil {
				s.t.Errorf("Delete: %v", err)
			}
		}, "gone"},
		"reader": {func(s *site, key string) { s.want(key, `{"a":2}`) }, `{"a":2}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			key := s.create(`{"a":1}`)
			s.load(s.node(), key)
			s.durable.after = func(string) { tt.meanwhile(s, key) }
			s.update(s.node(), key, `{"a":2}`)
			s.want(key, tt.want)
			s.want(key, tt.want)
		})
	}
}

// An entry that Django wrote, late and older than the row, must not become the
// base of an update.
func TestCachedDBUpdateOfStaleHit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	key := s.create(`{"a":1,"new":true}`)
	django := cachestore.Item{Value: "\x80\x04}\x8c\x01aK\x01s.", Expires: time.Now().Add(time.Hour)}
	if err := s.cache.Set(ctx, ":1:django.contrib.sessions.cached_db"+key, django); err != nil {
		t.Fatal(err)
	}
	node := s.node()
	stale, err := node.Load(ctx, key)
	if err != nil || stale.Values.Has("new") {
		t.Fatalf("Load: got %v, %v, want Django's entry", stale.Values, err)
	}
	stale = stale.WithCodec(s.codec)
	if _, err := node.Update(ctx, stale); !errors.Is(err, core.ErrConflict) {
		t.Fatalf("Update of what the row is not: got %v, want ErrConflict", err)
	}
	if got := s.load(node, key); got != `{"a":1,"new":true}` {
		t.Errorf("Load after the conflict: got %s, want the row", got)
	}
}

// An entry of Django that says the same as the row is as good as one of ours.
func TestCachedDBUpdateOfDjangosHit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	key := s.create(`{"a":1}`)
	django := cachestore.Item{Value: "\x80\x04}\x8c\x01aK\x01s.", Expires: time.Now().Add(time.Hour)}
	if err := s.cache.Set(ctx, ":1:django.contrib.sessions.cached_db"+key, django); err != nil {
		t.Fatal(err)
	}
	rec, err := s.node().Load(ctx, key)
	if err != nil {
		t.Fatal(err)
	}
	rec = rec.WithCodec(s.codec)
	rec.Values, _ = sessiontest.Values("a", 2)
	if _, err := s.node().Update(ctx, rec); err != nil {
		t.Errorf("Update: %v", err)
	}
	s.want(key, `{"a":2}`)
	if _, err := s.node().Update(ctx, rec); !errors.Is(err, core.ErrConflict) {
		t.Errorf("the same again: got %v, want ErrConflict", err)
	}
}

func TestCachedDBReadsTheRowBehindJunk(t *testing.T) {
	t.Parallel()
	for _, junk := range []string{"", "7", "\x80\x04N.", "cos\nsystem\n(S'true'\ntR.", "\x80\x04\x8f."} {
		s := newSite(t)
		key := s.create(`{"a":1}`)
		if err := s.cache.Set(ctx, ":1:django.contrib.sessions.cached_db"+key, cachestore.Item{Value: junk, Expires: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		s.want(key, `{"a":1}`)
	}
}

func TestCachedDBKeepsEntriesForMaxAge(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	node := must(cachestore.NewCachedDB(s.cache, s.durable, cachestore.WithMaxAge(time.Minute)))
	key, err := node.Create(ctx, s.record(core.NewSessionKey(), `{}`))
	if err != nil {
		t.Fatal(err)
	}
	item, found, err := s.cache.Get(ctx, ":1:django.contrib.sessions.cached_db"+key)
	if life := time.Until(item.Expires); err != nil || !found || life > time.Minute || life < 50*time.Second {
		t.Errorf("the entry lives for %s, found %t, %v, want a minute", life, found, err)
	}
	rec, err := node.Load(ctx, key)
	if life := time.Until(rec.ExpireDate); err != nil || life < 59*time.Minute {
		t.Errorf("the record lives for %s, %v, want an hour still", life, err)
	}
}

// A row that was changed past this store is read again after MaxAge, however often
// the session is touched meanwhile.
func TestCachedDBTouchesDoNotProlongMaxAge(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	now := time.Now()
	clock := func() time.Time { return now }
	node := configured(must(cachestore.NewCachedDB(newMemory(), s.durable, cachestore.WithMaxAge(time.Minute))), core.Settings{Now: clock})
	key := s.create(`{"a":1}`)
	s.load(node, key)
	if _, err := s.durable.Update(ctx, s.record(key, `{"a":2}`)); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		now = now.Add(20 * time.Second)
		rec := s.record(key, `{"a":1}`)
		rec.ExpireDate = now.Add(2 * time.Hour)
		if err := node.Touch(ctx, rec); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.load(node, key); got != `{"a":2}` {
		t.Errorf("80 seconds later, touched each 20: got %s, want the row", got)
	}
}

func TestCachedDBUnknownKeysLeaveNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for range 10 {
		s.want(core.NewSessionKey(), "gone")
	}
	if got, want := fmt.Sprint(s.cache), "cachestore.Memory(0 entries, 0 bytes)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCachedDBHasTheAbilitiesOfItsStore(t *testing.T) {
	t.Parallel()
	full := must(cachestore.NewCachedDB(newMemory(), must(memstore.New())))
	plain := must(cachestore.NewCachedDB(newMemory(), struct{ core.Store }{must(memstore.New())}))
	touches := must(cachestore.NewCachedDB(newMemory(), struct {
		core.Store
		core.Toucher
	}{must(memstore.New()), must(memstore.New())}))
	rotates := must(cachestore.NewCachedDB(newMemory(), struct {
		core.Store
		core.Rotator
	}{must(memstore.New()), must(memstore.New())}))
	tests := []struct {
		name                 string
		store                *cachestore.CachedDB
		touch, rotate, clear bool
	}{
		{"full", full, true, true, true},
		{"plain", plain, false, false, false},
		{"touches", touches, true, false, false},
		{"rotates", rotates, false, true, false},
	}
	for _, tt := range tests {
		rec := core.Record{Key: core.NewSessionKey(), ExpireDate: time.Now().Add(time.Hour)}
		touch := !errors.Is(tt.store.Touch(t.Context(), rec), errors.ErrUnsupported)
		_, err := tt.store.Rotate(t.Context(), rec.Key, core.Record{Key: core.NewSessionKey(), ExpireDate: rec.ExpireDate})
		rotate := !errors.Is(err, errors.ErrUnsupported)
		_, clear := core.As[core.ExpiredClearer](core.Store(tt.store))
		if touch != tt.touch || rotate != tt.rotate || clear != tt.clear {
			t.Errorf("%s: touches %t, rotates %t, clears %t, want %t, %t, %t", tt.name, touch, rotate, clear, tt.touch, tt.rotate, tt.clear)
		}
	}
}
