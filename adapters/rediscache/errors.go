package rediscache

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/redis/go-redis/v9"
)

// ErrFull is what a server says that has reached maxmemory and may evict nothing
// (or nothing more). Reading and deleting go on working there.
var ErrFull = errors.New("rediscache: the Redis server is full and refuses to write: raise its maxmemory, let sessions expire sooner, or put cachestore.NewCachedDB over a table")

// failed puts what Redis or the client said into an error that holds neither
// keys nor values: of a server's reply only its code, because the rest may quote
// the command, and of other errors only those of the network.
func (c *Cache) failed(ctx context.Context, err error) error {
	if cause := ctx.Err(); cause != nil {
		return fmt.Errorf("rediscache: no answer in time: %w", cause)
	}
	var reply redis.Error
	if errors.As(err, &reply) {
		return refused(err, reply.Error())
	}
	var network net.Error
	for _, known := range []error{io.EOF, io.ErrUnexpectedEOF, redis.ErrClosed, redis.ErrPoolTimeout, redis.ErrPoolExhausted} {
		if errors.Is(err, known) {
			return fmt.Errorf("rediscache: no answer: %w", known)
		}
	}
	if errors.As(err, &network) {
		return fmt.Errorf("rediscache: no answer: %w", network)
	}
	return fmt.Errorf("rediscache: the client failed with a %T", err)
}

// refused maps what the server answered instead of doing as it was told.
func refused(err error, text string) error {
	code, _, _ := strings.Cut(text, " ")
	switch {
	case redis.IsOOMError(err):
		return ErrFull
	case code == "WRONGTYPE":
		return errors.New("rediscache: WRONGTYPE: another program keeps something else under a session's key: give sessions a database or a prefix of their own")
	case strings.Contains(text, "Unknown Redis command"):
		return errors.New("rediscache: the server lacks a command: use Redis 7.0 or Valkey 7.2, or a later one")
	case code == "NOPERM", strings.Contains(text, "The user executing the script"):
		return errors.New("rediscache: the user may not run a command that is needed: allow it get, set, del, eval, evalsha, time, pexpireat, pexpiretime and ping in the server's ACL")
	}
	return fmt.Errorf("rediscache: the server answered %s", code)
}
