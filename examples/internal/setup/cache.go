package setup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/djinn-go/djinn/adapters/rediscache"
	"github.com/djinn-go/djinn/core/cachestore"
	"github.com/djinn-go/djinn/examples/internal/trace"
)

// pingTimeout is how long Redis may take to answer when the program starts.
const pingTimeout = 5 * time.Second

// openCache returns the Redis server at that URL, or a cache in this process if
// there is none, and says where it is. No error contains the password.
func (e *Env) openCache(ctx context.Context, rawURL string) (cache cachestore.Cache, where string, err error) {
	if rawURL == "" {
		memory, err := cachestore.NewMemory()
		return tracedCache{memory}, "in the memory of this process (set REDIS_URL to share it)", err
	}
	opts, err := redis.ParseURL(rawURL)
	if err != nil {
		// The parser's own words quote the URL, and with it the password.
		return nil, "", errors.New("REDIS_URL: write redis://user:password@host:6379/0 (rediss:// with TLS, unix:///path for a socket), and special characters of the password as %XX")
	}
	opts.ContextTimeoutEnabled = true // the deadlines of the engine count
	client := redis.NewClient(opts)
	e.redis = client
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	server := rediscache.New(client)
	if err := server.Ping(ctx); err != nil {
		return nil, "", fmt.Errorf("REDIS_URL: cannot reach the Redis server at %s (is it running, and are host, port, user, password and database right?): %w", opts.Addr, hide(err, opts.Password))
	}
	return tracedCache{server}, fmt.Sprintf("in Redis at %s, database %d (REDIS_URL)", opts.Addr, opts.DB), nil
}

// tracedCache tells the request's trace what the cache was asked, so that the page
// can show it. Keys and values it keeps to itself.
type tracedCache struct{ cachestore.Cache }

// Get implements [cachestore.Cache], as do the others.
func (c tracedCache) Get(ctx context.Context, key string) (cachestore.Item, bool, error) {
	item, found, err := c.Cache.Get(ctx, key)
	note(ctx, "Get", err, found, "found", "nothing there")
	return item, found, err
}

func (c tracedCache) Set(ctx context.Context, key string, item cachestore.Item) error {
	err := c.Cache.Set(ctx, key, item)
	note(ctx, "Set", err, true, "stored", "")
	return err
}

func (c tracedCache) Add(ctx context.Context, key string, item cachestore.Item) (bool, error) {
	added, err := c.Cache.Add(ctx, key, item)
	note(ctx, "Add", err, added, "stored", "something is there already")
	return added, err
}

func (c tracedCache) CompareAndSwap(ctx context.Context, key, old string, item cachestore.Item) (bool, error) {
	swapped, err := c.Cache.CompareAndSwap(ctx, key, old, item)
	note(ctx, "CompareAndSwap", err, swapped, "stored", "something else is there")
	return swapped, err
}

func (c tracedCache) Extend(ctx context.Context, key string, expires time.Time) (bool, error) {
	found, err := c.Cache.Extend(ctx, key, expires)
	note(ctx, "Extend", err, found, "expiry moved", "nothing there")
	return found, err
}

func (c tracedCache) Delete(ctx context.Context, key string) (bool, error) {
	existed, err := c.Cache.Delete(ctx, key)
	note(ctx, "Delete", err, existed, "removed", "nothing there")
	return existed, err
}

// note writes down one call and how it ended.
func note(ctx context.Context, call string, err error, ok bool, yes, no string) {
	answer := no
	switch {
	case err != nil:
		answer = "failed"
	case ok:
		answer = yes
	}
	trace.Statement(ctx, "cache "+call+": "+answer)
}
