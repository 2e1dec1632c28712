package rediscache

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/djinn-go/djinn/core/cachestore"
)

// Cache is a cachestore.Cache and a core.Pinger on Redis. It is safe for
// concurrent use and keeps nothing but the client.
type Cache struct {
	client redis.UniversalClient
}

var _ cachestore.Cache = (*Cache)(nil)

// New returns a cache on client, which stays the caller's to configure and to
// close. It does no I/O. Give the client deadlines (ContextTimeoutEnabled makes it
// heed the engine's); a client that retries is fine: a write whose reply was lost
// is recognised when it comes again.
//
// It has no options and returns no error, because there is nothing to get wrong but a
// nil client, for which it panics.
func New(client redis.UniversalClient) *Cache {
	if client == nil {
		panic("rediscache: New: the client is nil: pass one, for example redis.NewClient(&redis.Options{Addr: \"127.0.0.1:6379\"})")
	}
	return &Cache{client: client}
}

// Get implements cachestore.Cache.
func (c *Cache) Get(ctx context.Context, key string) (cachestore.Item, bool, error) {
	reply, err := c.run(ctx, getScript, key).Slice()
	if errors.Is(err, redis.Nil) {
		return cachestore.Item{}, false, nil
	}
	if err != nil {
		return cachestore.Item{}, false, c.failed(ctx, err)
	}
	if len(reply) == 2 {
		value, isText := reply[0].(string)
		millis, isNumber := reply[1].(int64)
		if isText && isNumber {
			return cachestore.Item{Value: value, Expires: fromMillis(millis)}, true, nil
		}
	}
	return cachestore.Item{}, false, errors.New("rediscache: the server's reply to a script makes no sense")
}

// Set implements cachestore.Cache.
func (c *Cache) Set(ctx context.Context, key string, item cachestore.Item) error {
	_, err := c.yes(ctx, setScript, key, item.Value, toMillis(item.Expires))
	return err
}

// Add implements cachestore.Cache.
func (c *Cache) Add(ctx context.Context, key string, item cachestore.Item) (bool, error) {
	return c.yes(ctx, addScript, key, item.Value, toMillis(item.Expires))
}

// CompareAndSwap implements cachestore.Cache.
func (c *Cache) CompareAndSwap(ctx context.Context, key, old string, item cachestore.Item) (bool, error) {
	return c.yes(ctx, swapScript, key, item.Value, toMillis(item.Expires), old)
}

// Extend implements cachestore.Cache.
func (c *Cache) Extend(ctx context.Context, key string, expires time.Time) (bool, error) {
	return c.yes(ctx, extendScript, key, toMillis(expires))
}

// Delete implements cachestore.Cache. If the client retries because a reply was
// lost, the second attempt finds nothing, and the answer is false.
func (c *Cache) Delete(ctx context.Context, key string) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	n, err := c.client.Del(ctx, key).Result()
	if err != nil {
		return false, c.failed(ctx, err)
	}
	return n > 0, nil
}

// Ping reports whether the server answers.
func (c *Cache) Ping(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := c.client.Ping(ctx).Err(); err != nil {
		return c.failed(ctx, err)
	}
	return nil
}

// Format prints the kind of client, and not its options, which hold passwords.
func (c *Cache) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "rediscache.Cache(%T)", c.client) }

// run runs a script on one key.
func (c *Cache) run(ctx context.Context, script *redis.Script, key string, args ...any) *redis.Cmd {
	if err := ctx.Err(); err != nil {
		cmd := redis.NewCmd(ctx)
		cmd.SetErr(err)
		return cmd
	}
	return script.Run(ctx, c.client, []string{key}, args...)
}

// yes runs a script that answers 1 or 0.
func (c *Cache) yes(ctx context.Context, script *redis.Script, key string, args ...any) (bool, error) {
	n, err := c.run(ctx, script, key, args...).Int64()
	if err != nil {
		return false, c.failed(ctx, err)
	}
	return n == 1, nil
}

// toMillis rounds up, so that no session ends before its time.
func toMillis(t time.Time) int64 {
	millis := t.UnixMilli()
	if t.After(time.UnixMilli(millis)) {
		millis++
	}
	return millis
}

// fromMillis reads what PEXPIRETIME says: -1 for a key without expiry.
func fromMillis(millis int64) time.Time {
	if millis < 0 {
		return time.Time{}
	}
	return time.UnixMilli(millis).UTC()
}
