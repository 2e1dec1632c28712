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
	// restTime is how long a cache that failed is left alone.
	restTime = time.Second
	// maxOwed bounds the keys that a guard remembers; their memory is about 2 MB.
	maxOwed = 10_000
	// settleBatch is how many of them one call settles before it does its own.
	settleBatch = 100
)

var (
	errAside   = errors.New("cachestore: the cache stands aside in a transaction, whose writes may be taken back")
	errResting = errors.New("cachestore: the cache is left alone because it failed just now")
	errOwed    = fmt.Errorf("cachestore: more than %d sessions changed while the cache could not be told: this node does without it for CachedDBOptions.MaxAge, for which other nodes may serve some of them as they were", maxOwed)
)

// guard calls a cache that may be down or slow. Each call has a deadline of its
// own, apart from the request's: a client that hangs up says nothing about the
// cache, and what must be told to it is told. After a failure the cache rests;
// then one call tries it while the others go on without.
//
// Keys that could not be removed are owed: they are removed before the cache is
// used for anything else.
//
// Under a context of a transaction (core.InTransaction) the cache is neither asked nor
// told: who leads the transaction tells what has changed when it has ended.
type guard struct {
	cache   Cache
	timeout time.Duration
	maxAge  time.Duration
	now     func() time.Time
	onError func(context.Context, error)

	mu       sync.Mutex
	until    time.Time // the rest lasts; zero if the cache is well
	shun     time.Time // until then it may hold what was not even owed
	reported time.Time
	owed     map[string]uint64 // the debt's number
	debts    uint64
}

func newGuard(cache Cache, opts CachedDBOptions) *guard {
	return &guard{cache: cache, timeout: opts.CacheTimeout, maxAge: opts.MaxAge, now: opts.Now, onError: opts.OnError, owed: make(map[string]uint64)}
}

func (g *guard) get(ctx context.Context, key string) (item Item, found bool, err error) {
	err = g.call(ctx, func(ctx context.Context) error {
		item, found, err = g.cache.Get(ctx, key)
		return err
	})
	return item, found, err
}

func (g *guard) set(ctx context.Context, key string, item Item) error {
	return g.call(ctx, func(ctx context.Context) error { return g.cache.Set(ctx, key, item) })
}

func (g *guard) add(ctx context.Context, key string, item Item) (added bool, err error) {
	err = g.call(ctx, func(ctx context.Context) error {
		added, err = g.cache.Add(ctx, key, item)
		return err
	})
	return added, err
}

func (g *guard) swap(ctx context.Context, key, old string, item Item) (swapped bool, err error) {
	err = g.call(ctx, func(ctx context.Context) error {
		swapped, err = g.cache.CompareAndSwap(ctx, key, old, item)
		return err
	})
	return swapped, err
}

// forget removes keys. It tries even a cache that rests, because a logout is worth
// the wait, and owes what fails: with the first failure all that are left, because
// many sessions revoked at once must not wait once for each.
func (g *guard) forget(ctx context.Context, keys ...string) {
	if core.InTransaction(ctx) {
		return
	}
	for i, key := range keys {
		if g.remove(ctx, key) != nil {
			g.owe(ctx, keys[i:])
			return
		}
	}
}

func (g *guard) owe(ctx context.Context, keys []string) {
	g.mu.Lock()
	full := false
	for _, key := range keys {
		if full = len(g.owed) >= maxOwed; full {
			g.shun = g.now().Add(g.maxAge)
			break
		}
		g.debts++
		g.owed[key] = g.debts
	}
	g.mu.Unlock()
	if full {
		g.onError(ctx, errOwed)
	}
}

func (g *guard) remove(ctx context.Context, key string) error {
	return g.try(ctx, func(ctx context.Context) error {
		_, err := g.cache.Delete(ctx, key)
		return err
	})
}

// call is try for a cache that is well.
func (g *guard) call(ctx context.Context, f func(context.Context) error) error {
	if core.InTransaction(ctx) {
		return errAside
	}
	if !g.ready(ctx) {
		return errResting
	}
	return g.try(ctx, f)
}

// try calls f with a deadline and takes note of what comes of it.
func (g *guard) try(ctx context.Context, f func(context.Context) error) error {
	inner, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.timeout)
	defer cancel()
	err := f(inner)
	g.mu.Lock()
	report := false
	if err == nil {
		g.until = time.Time{}
	} else {
		now := g.now()
		g.until = now.Add(restTime)
		if report = now.Sub(g.reported) >= restTime; report {
			g.reported = now
		}
	}
	g.mu.Unlock()
	if report {
		g.onError(ctx, err)
	}
	return err
}

// ready tells whether the cache may be used. It settles first what is owed.
func (g *guard) ready(ctx context.Context) bool {
	g.mu.Lock()
	now := g.now()
	if now.Before(g.until) || now.Before(g.shun) {
		g.mu.Unlock()
		return false
	}
	var owed map[string]uint64
	if len(g.owed) > 0 {
		owed = make(map[string]uint64, settleBatch)
	}
	for key, debt := range g.owed {
		if len(owed) == settleBatch {
			break
		}
		owed[key] = debt
	}
	probing := !g.until.IsZero()
	if probing { // the others go on without until this call is back
		g.until = now.Add(restTime)
	}
	g.mu.Unlock()
	for key, debt := range owed {
		if g.remove(ctx, key) != nil {
			return false
		}
		g.mu.Lock()
		if g.owed[key] == debt { // and none was made meanwhile
			delete(g.owed, key)
		}
		g.mu.Unlock()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.owed) == 0
}
