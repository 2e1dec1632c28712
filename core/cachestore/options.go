package cachestore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/djinn-go/djinn/core"
)

// Option is a setting of [New] and [NewCachedDB]. The defaults are what a Django site
// shares that sets neither KEY_PREFIX nor VERSION.
type Option func(*options)

type options struct {
	keyPrefix      string
	version        int
	cacheKeyPrefix string

	// Of NewCachedDB alone.
	cacheTimeout time.Duration
	maxAge       time.Duration
	onError      func(ctx context.Context, err error)
	cachedDBOnly string // the last option given that is
}

// WithKeyPrefix is KEY_PREFIX of Django's CACHES. Defaults to none.
func WithKeyPrefix(prefix string) Option { return func(o *options) { o.keyPrefix = prefix } }

// WithVersion is VERSION of Django's CACHES. Defaults to 1.
func WithVersion(version int) Option { return func(o *options) { o.version = version } }

// WithCacheKeyPrefix is cache_key_prefix of a Django site whose SessionStore has one
// of its own. Defaults to that of Django's engine, cache or cached_db.
func WithCacheKeyPrefix(prefix string) Option {
	return func(o *options) { o.cacheKeyPrefix = prefix }
}

// WithCacheTimeout sets how long one call of the cache may take; then the request goes
// on without it. For [NewCachedDB] alone. Defaults to 100 ms.
func WithCacheTimeout(d time.Duration) Option {
	return func(o *options) { o.cacheTimeout, o.cachedDBOnly = d, "WithCacheTimeout" }
}

// WithMaxAge sets how long an entry that this store wrote stays in the cache, at most,
// before the database is asked again. It bounds how long other nodes may serve what is
// gone or old if something went wrong in between (see [NewCachedDB]). For [NewCachedDB]
// alone. Defaults to 5 minutes.
func WithMaxAge(d time.Duration) Option {
	return func(o *options) { o.maxAge, o.cachedDBOnly = d, "WithMaxAge" }
}

// WithOnError sets what is called when the cache fails, once for each second in which
// it does, by the goroutine that noticed; err names no key. For [NewCachedDB] alone.
// Defaults to a warning in slog's default logger.
func WithOnError(f func(ctx context.Context, err error)) Option {
	return func(o *options) { o.onError, o.cachedDBOnly = f, "WithOnError" }
}

// newOptions applies opts to the defaults and checks them.
func newOptions(cache Cache, opts []Option) (options, error) {
	o := options{version: 1, cacheTimeout: 100 * time.Millisecond, maxAge: 5 * time.Minute, onError: warn}
	for _, opt := range opts {
		opt(&o)
	}
	switch {
	case cache == nil:
		return o, errors.New("cachestore: the cache is nil: pass one, for example rediscache.New(client) or what NewMemory returns")
	case o.version < 1:
		return o, fmt.Errorf("cachestore: WithVersion: %d: write what VERSION is in Django's CACHES, 1 or more", o.version)
	case o.cacheTimeout <= 0:
		return o, fmt.Errorf("cachestore: WithCacheTimeout: %v: write a positive duration", o.cacheTimeout)
	case o.maxAge <= 0:
		return o, fmt.Errorf("cachestore: WithMaxAge: %v: write a positive duration", o.maxAge)
	case o.onError == nil:
		return o, errors.New("cachestore: WithOnError: the function is nil: leave the option out for a warning in the log")
	}
	return o, nil
}

func warn(ctx context.Context, err error) {
	slog.WarnContext(ctx, "the session cache failed; sessions are read from the database", "error", err)
}

// The words that Django's back ends put before the session key.
const (
	cachePrefix    = "django.contrib.sessions.cache"
	cachedDBPrefix = "django.contrib.sessions.cached_db"
)

// prefix is what stands before the session key, as Django's cache joins it.
func (o *options) prefix(word string) string {
	return o.keyPrefix + ":" + strconv.Itoa(o.version) + ":" + cmp.Or(o.cacheKeyPrefix, word)
}

// configure is Configure of both stores: they need the size and the clock, and a cache
// that has a clock gets the same.
func configure(own *core.StoreSettings, cache Cache, all core.Settings) error {
	if err := own.Keep(core.Settings{MaxSize: all.MaxSize, Now: all.Now}); err != nil {
		return err
	}
	if c, ok := cache.(core.Configurer); ok {
		return c.Configure(all)
	}
	return nil
}
