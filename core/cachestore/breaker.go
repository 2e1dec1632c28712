package cachestore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/djinn-go/djinn/core"
)

const (
	// openTime is how long a cache that failed is left alone.
	openTime = time.Second
	// maxPending bounds the invalidations that a breaker remembers; their memory is
	// about 2 MB.
	maxPending = 10_000
	// drainBatch is how many of them one call does before its own work.
	drainBatch = 100
)

var (
	errInTransaction = errors.New("cachestore: the cache stands aside in a transaction, whose writes may be taken back")
	errOpen          = errors.New("cachestore: the cache is left alone because it failed just now")
	errOverflow      = fmt.Errorf("cachestore: more than %d sessions changed while the cache could not be told: this node does without it for WithMaxAge, for which other nodes may serve some of them as they were", maxPending)
)

// breaker is a circuit breaker around a cache that may be down or slow. Each call has a
// deadline of its own, apart from the request's: a client that hangs up says nothing
// about the cache, and what must be told to it is told. After a failure the circuit is
// open for a while; then one call probes the cache while the others go on without.
//
// Keys that could not be removed are pending invalidations: they are removed before the
// cache is used for anything else.
//
// Under a context of a transaction (core.InTransaction) the cache is neither asked nor
// told: who leads the transaction tells what has changed when it has ended.
type breaker struct {
	cache   Cache
	timeout time.Duration
	maxAge  time.Duration
	now     func() time.Time
	onError func(context.Context, error)

	mu         sync.Mutex
	openUntil  time.Time // zero if the cache is well
	avoidUntil time.Time // until then it may hold what was too much to remember
	reported   time.Time
	pending    map[string]uint64 // by key, with the number of the latest invalidation
	lastNumber uint64
}

func newBreaker(cache Cache, o options, now func() time.Time) *breaker {
	return &breaker{cache: cache, timeout: o.cacheTimeout, maxAge: o.maxAge, now: now, onError: o.onError, pending: make(map[string]uint64)}
}

func (b *breaker) get(ctx context.Context, key string) (item Item, found bool, err error) {
	err = b.call(ctx, func(ctx context.Context) error {
		item, found, err = b.cache.Get(ctx, key)
		return err
	})
	return item, found, err
}

func (b *breaker) set(ctx context.Context, key string, item Item) error {
	return b.call(ctx, func(ctx context.Context) error { return b.cache.Set(ctx, key, item) })
}

func (b *breaker) add(ctx context.Context, key string, item Item) (added bool, err error) {
	err = b.call(ctx, func(ctx context.Context) error {
		added, err = b.cache.Add(ctx, key, item)
		return err
	})
	return added, err
}

func (b *breaker) swap(ctx context.Context, key, old string, item Item) (swapped bool, err error) {
	err = b.call(ctx, func(ctx context.Context) error {
		swapped, err = b.cache.CompareAndSwap(ctx, key, old, item)
		return err
	})
	return swapped, err
}

// invalidate removes keys. It tries even a cache that failed just now, because a logout
// is worth the wait, and remembers what fails: with the first failure all that are
// left, because many sessions revoked at once must not wait once for each.
func (b *breaker) invalidate(ctx context.Context, keys ...string) {
	if core.InTransaction(ctx) {
		return
	}
	for i, key := range keys {
		if b.remove(ctx, key) != nil {
			b.remember(ctx, keys[i:])
			return
		}
	}
}

// remember makes keys pending invalidations.
func (b *breaker) remember(ctx context.Context, keys []string) {
	b.mu.Lock()
	full := false
	for _, key := range keys {
		if full = len(b.pending) >= maxPending; full {
			b.avoidUntil = b.now().Add(b.maxAge)
			break
		}
		b.lastNumber++
		b.pending[key] = b.lastNumber
	}
	b.mu.Unlock()
	if full {
		b.onError(ctx, errOverflow)
	}
}

func (b *breaker) remove(ctx context.Context, key string) error {
	return b.try(ctx, func(ctx context.Context) error {
		_, err := b.cache.Delete(ctx, key)
		return err
	})
}

// call is try for a cache that is well.
func (b *breaker) call(ctx context.Context, f func(context.Context) error) error {
	if core.InTransaction(ctx) {
		return errInTransaction
	}
	if !b.ready(ctx) {
		return errOpen
	}
	return b.try(ctx, f)
}

// try calls f with a deadline and takes note of what comes of it.
func (b *breaker) try(ctx context.Context, f func(context.Context) error) error {
	inner, cancel := context.WithTimeout(context.WithoutCancel(ctx), b.timeout)
	defer cancel()
	err := f(inner)
	b.mu.Lock()
	report := false
	if err == nil {
		b.openUntil = time.Time{}
	} else {
		now := b.now()
		b.openUntil = now.Add(openTime)
		if report = now.Sub(b.reported) >= openTime; report {
			b.reported = now
		}
	}
	b.mu.Unlock()
	if report {
		b.onError(ctx, err)
	}
	return err
}

// ready reports whether the cache may be used, after it has done the pending
// invalidations that are due.
func (b *breaker) ready(ctx context.Context) bool {
	due, ok := b.due()
	if !ok {
		return false
	}
	for key, number := range due {
		if b.remove(ctx, key) != nil {
			return false
		}
		b.done(key, number)
	}
	return len(due) == 0 || b.nothingPending()
}

// due returns some pending invalidations, or false while the cache is left alone. When
// that time is over, it lets one caller through and leaves it alone for the others
// until that one is back.
func (b *breaker) due() (due map[string]uint64, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if now.Before(b.openUntil) || now.Before(b.avoidUntil) {
		return nil, false
	}
	if !b.openUntil.IsZero() {
		b.openUntil = now.Add(openTime)
	}
	if len(b.pending) > 0 {
		due = make(map[string]uint64, drainBatch)
	}
	for key, number := range b.pending {
		if len(due) == drainBatch {
			break
		}
		due[key] = number
	}
	return due, true
}

// done takes note of an invalidation, unless there has been a later one of the key.
func (b *breaker) done(key string, number uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pending[key] == number {
		delete(b.pending, key)
	}
}

func (b *breaker) nothingPending() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.pending) == 0
}
