package cachestore

import (
	"context"
	"errors"
	"testing"
	"time"
)

// deleting is a cache whose Delete is up to the test.
type deleting struct {
	Cache
	do func() error
}

func (c *deleting) Delete(context.Context, string) (bool, error) { return false, c.do() }

// While a key is settled, a second change of that session may fail to reach the
// cache: that one is owed still.
func TestGuardOwesWhatFailsDuringSettling(t *testing.T) {
	t.Parallel()
	now := time.Now()
	opts := CachedDBOptions{OnError: func(context.Context, error) {}}
	opts.Now = func() time.Time { return now }
	opts.complete()
	errDown := errors.New("down")
	cache := &deleting{do: func() error { return errDown }}
	g := newGuard(cache, opts)
	g.forget(t.Context(), "key")

	now = now.Add(2 * restTime)
	cache.do = func() error {
		cache.do = func() error { return errDown }
		g.forget(t.Context(), "key")
		return nil
	}
	if g.ready(t.Context()) {
		t.Error("ready although a key is owed: got true, want false")
	}
	cache.do = func() error { return nil }
	now = now.Add(2 * restTime)
	if !g.ready(t.Context()) {
		t.Error("ready when all is settled: got false, want true")
	}
}
