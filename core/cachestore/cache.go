package cachestore

import (
	"context"
	"fmt"
	"time"
)

// Cache is what sessions need of a cache: [Memory] in this package, a Redis
// server in rediscache, or your own. Package cachetest holds these rules as a
// suite.
//
// The interface is frozen; what crosses it is a struct, so that it can grow.
// Every method must be safe for concurrent use, atomic for its one key, and must
// honour its context: if that has ended, the method returns an error that is no
// answer. Keys are up to 250 bytes long and may hold any byte; values are any
// bytes. Errors name neither. A cache may forget an item at any time, but an item
// that was deleted or replaced never comes back.
//
// A cache may be a core.Pinger as well, and a core.Configurer: the store that it is
// given to passes on the Manager's clock.
//
// An item whose Expires is not after now is one that is gone: Get does not find
// it, Add may take its place, CompareAndSwap and Extend leave it alone. Storing
// such an item is allowed and has the effect of removing what it replaces.
type Cache interface {
	// Get returns the item under key. found is false if there is none.
	Get(ctx context.Context, key string) (item Item, found bool, err error)

	// Set stores item, whatever is there.
	Set(ctx context.Context, key string, item Item) error

	// Add stores item if there is none under key, and reports whether it did.
	Add(ctx context.Context, key string, item Item) (added bool, err error)

	// CompareAndSwap stores item if the value under key is old, byte by byte,
	// and reports whether it did. It never stores where nothing is.
	CompareAndSwap(ctx context.Context, key, old string, item Item) (swapped bool, err error)

	// Extend moves the Expires of the item under key to expires, unless it is
	// later already. The value stays as it is. found is false if there is no
	// item, which is not brought back.
	Extend(ctx context.Context, key string, expires time.Time) (found bool, err error)

	// Delete removes the item under key and reports whether there was one.
	Delete(ctx context.Context, key string) (existed bool, err error)
}

// Item is one entry of a [Cache]. It does not print its value.
//
// The stores of this package never store one value twice: each carries random
// bytes. A Cache whose calls may reach the server more than once, because a reply
// was lost, can therefore take an Add or a CompareAndSwap that finds its own
// value there for one that was done.
type Item struct {
	// Value are the bytes to keep.
	Value string
	// Expires is the moment from which the item is gone. A cache may round it up
	// to the next millisecond. Zero, which only Get returns, means never: another
	// program stored the item so.
	Expires time.Time
}

// Format prints an item without its value.
func (i Item) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "cachestore.Item(%d bytes, expires %s)", len(i.Value), i.Expires.Format(time.RFC3339))
}

// alive reports whether the item is still there at that moment.
func (i Item) alive(now time.Time) bool { return i.Expires.IsZero() || i.Expires.After(now) }
