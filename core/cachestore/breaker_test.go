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

// While a pending invalidation is done, a second change of that session may fail to
// reach the cache: that one is pending still.
func TestBreakerKeepsWhatFailsMeanwhile(t *testing.T) {
	t.Parallel()
	now := time.Now()
	errDown := errors.New("down")
	cache := &deleting{do: func() error { return errDown }}
	o, err := newOptions(cache, []Option{WithOnError(func(context.Context, error) {})})
	if err != nil {
		t.Fatal(err)
	}
	b := newBreaker(cache, o, func() time.Time { return now })
	b.invalidate(t.Context(), "key")

	now = now.Add(2 * openTime)
	cache.do = func() error {
		cache.do = func() error { return errDown }
		b.invalidate(t.Context(), "key")
		return nil
	}
	if b.ready(t.Context()) {
		t.Error("ready although a key is pending: got true, want false")
	}
	cache.do = func() error { return nil }
	now = now.Add(2 * openTime)
	if !b.ready(t.Context()) {
		t.Error("ready when nothing is pending: got false, want true")
	}
}
