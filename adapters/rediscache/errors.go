package rediscache

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// ErrFull is what a server says that has reached maxmemory and may evict nothing
// (or nothing more). Reading and deleting go on working there.
var ErrFull = errors.New("rediscache: the Redis server is full and refuses to write: raise its maxmemory, let sessions expire sooner, or put cachestore.NewCachedDB over a table")

// failed puts what Redis or the client said into an error that holds neither
// keys nor values: of a server's reply only its code, because the rest may quote
// the command.
func (c *Cache) failed(ctx context.Context, err error) error {
	if cause := ctx.Err(); cause != nil {
		return fmt.Errorf("rediscache: no answer in time: %w", cause)
	}
	var reply redis.Error
	if !errors.As(err, &reply) {
		return fmt.Errorf("rediscache: %w", err)
	}
	code, _, _ := strings.Cut(reply.Error(), " ")
	switch {
	case redis.IsOOMError(err), strings.Contains(reply.Error(), "OOM "):
		return ErrFull
	case code == "WRONGTYPE":
		return errors.New("rediscache: WRONGTYPE: another program keeps something else under a session's key: give sessions a database or a prefix of their own")
	case strings.Contains(reply.Error(), "Unknown Redis command"), strings.Contains(reply.Error(), "syntax error"):
		return errors.New("rediscache: the server knows not all commands that are needed: use Redis 7.0 or Valkey 7.2, or later, and let its ACL allow GET, SET, DEL, EVAL, EVALSHA, TIME, PEXPIREAT, PEXPIRETIME")
	}
	return fmt.Errorf("rediscache: the server answered %s", code)
}
