package cachestore

import (
	"cmp"
	"strconv"
	"time"
)

// Options are the settings of [New], and part of those of [NewCachedDB]. The zero
// value is good, and is what a Django site shares that sets neither KEY_PREFIX
// nor VERSION.
type Options struct {
	// KeyPrefix is KEY_PREFIX of Django's CACHES. Defaults to none.
	KeyPrefix string
	// Version is VERSION of Django's CACHES. Defaults to 1.
	Version int
	// CacheKeyPrefix is cache_key_prefix of a Django site whose SessionStore has one
	// of its own. Defaults to that of Django's engine, cache or cached_db.
	CacheKeyPrefix string
	// MaxSize bounds the JSON text of a session that is read, in bytes; a larger
	// one is undecodable. Defaults to 1 MiB, as core.Config.MaxSize does: raise
	// both.
	MaxSize int
	// Now is the clock that decides what has expired. It must be safe for
	// concurrent use. Defaults to time.Now.
	Now func() time.Time
}

const defaultMaxSize = 1 << 20

// complete fills in the defaults.
func (o *Options) complete() {
	if o.Version == 0 {
		o.Version = 1
	}
	if o.MaxSize <= 0 {
		o.MaxSize = defaultMaxSize
	}
	if o.Now == nil {
		o.Now = time.Now
	}
}

// The words that Django's back ends put before the session key.
const (
	cachePrefix    = "django.contrib.sessions.cache"
	cachedDBPrefix = "django.contrib.sessions.cached_db"
)

// keyPrefix is what stands before the session key, as Django's cache joins it.
func (o *Options) keyPrefix(word string) string {
	return o.KeyPrefix + ":" + strconv.Itoa(o.Version) + ":" + cmp.Or(o.CacheKeyPrefix, word)
}
