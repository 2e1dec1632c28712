package cachestore

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/djinn-go/djinn/core"
)

// Memory is a [Cache] in the memory of one process: bounded by number of entries
// and by bytes, without a goroutine. It is also a [core.Configurer]. Create one with
// [NewMemory]; it is safe for concurrent use and must not be copied.
//
// When it is full it evicts by SIEVE: entries stand in the order in which they
// came, each remembers whether it was read since a hand last passed it, and the
// hand removes the first that was not. A crowd of entries that are read once,
// such as the sessions of robots, therefore does not push out those that are in
// use, as it would with LRU; and a hit sets a flag instead of moving the entry,
// which is less work under the lock. An entry that has expired goes when the hand
// comes by or when its key is used.
//
// Under [New] an evicted session is logged out: set the bounds above what you
// expect. Under [NewCachedDB] it costs a query.
type Memory struct {
	maxEntries int
	maxBytes   int
	settings   core.StoreSettings

	mu      sync.Mutex
	entries map[string]*entry
	bytes   int
	newest  *entry
	oldest  *entry
	hand    *entry // where the next eviction looks first; nil for the oldest
}

// entry is one item and its place in the queue.
type entry struct {
	key     string
	item    Item
	visited bool

	newer, older *entry
}

// MemoryOption is a setting of [NewMemory].
type MemoryOption func(*memoryOptions)

type memoryOptions struct{ maxEntries, maxBytes int }

// WithMaxEntries bounds the number of entries. Defaults to 100,000.
func WithMaxEntries(n int) MemoryOption { return func(o *memoryOptions) { o.maxEntries = n } }

// WithMaxBytes bounds the memory of keys and values, in bytes, with an estimate of what
// each entry costs besides. Defaults to 64 MiB.
func WithMaxBytes(n int) MemoryOption { return func(o *memoryOptions) { o.maxBytes = n } }

// entryOverhead is about what an entry costs besides its key and value: the
// struct and its share of the map.
const entryOverhead = 200

// NewMemory returns an empty cache, or an error that says which option is wrong.
func NewMemory(opts ...MemoryOption) (*Memory, error) {
	o := memoryOptions{maxEntries: 100_000, maxBytes: 64 << 20}
	for _, opt := range opts {
		opt(&o)
	}
	switch {
	case o.maxEntries < 1:
		return nil, fmt.Errorf("cachestore: WithMaxEntries: %d: write a positive number, or leave it out for 100,000", o.maxEntries)
	case o.maxBytes < 1:
		return nil, fmt.Errorf("cachestore: WithMaxBytes: %d: write a positive number, or leave it out for 64 MiB", o.maxBytes)
	}
	return &Memory{maxEntries: o.maxEntries, maxBytes: o.maxBytes, entries: make(map[string]*entry)}, nil
}

// Configure implements [core.Configurer]: the cache needs the clock. The store in front
// of it passes on what its Manager says.
func (m *Memory) Configure(all core.Settings) error {
	return m.settings.Keep(core.Settings{Now: all.Now})
}

// Get implements [Cache]. It allocates nothing.
func (m *Memory) Get(ctx context.Context, key string) (Item, bool, error) {
	if err := ctx.Err(); err != nil {
		return Item{}, false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.live(key)
	if e == nil {
		return Item{}, false, nil
	}
	e.visited = true
	return e.item, true, nil
}

// Set implements [Cache].
func (m *Memory) Set(ctx context.Context, key string, item Item) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(m.live(key), key, item)
	return nil
}

// Add implements [Cache].
func (m *Memory) Add(ctx context.Context, key string, item Item) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.live(key) != nil {
		return false, nil
	}
	m.put(nil, key, item)
	return true, nil
}

// CompareAndSwap implements [Cache].
func (m *Memory) CompareAndSwap(ctx context.Context, key, old string, item Item) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.live(key)
	if e == nil || e.item.Value != old {
		return false, nil
	}
	m.put(e, key, item)
	return true, nil
}

// Extend implements [Cache].
func (m *Memory) Extend(ctx context.Context, key string, expires time.Time) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.live(key)
	if e == nil {
		return false, nil
	}
	if !e.item.Expires.IsZero() && expires.After(e.item.Expires) {
		e.item.Expires = wallTime(expires)
	}
	return true, nil
}

// Delete implements [Cache].
func (m *Memory) Delete(ctx context.Context, key string) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.live(key)
	if e == nil {
		return false, nil
	}
	m.remove(e)
	return true, nil
}

// Format prints how full the cache is, and neither keys nor values.
func (m *Memory) Format(f fmt.State, _ rune) {
	m.mu.Lock()
	defer m.mu.Unlock()
	fmt.Fprintf(f, "cachestore.Memory(%d entries, %d bytes)", len(m.entries), m.bytes)
}

// live returns the entry under key, or nil. One that has expired is removed. The
// caller holds the lock, as for all methods below.
func (m *Memory) live(key string) *entry {
	e := m.entries[key]
	if e == nil || e.item.alive(m.settings.Now()) {
		return e
	}
	m.remove(e)
	return nil
}

// put stores item in e, or in a new entry if e is nil, and makes room. An item
// that has expired, or is larger than the whole cache, is not kept.
func (m *Memory) put(e *entry, key string, item Item) {
	item.Expires = wallTime(item.Expires)
	if !item.alive(m.settings.Now()) || cost(key, item) > m.maxBytes {
		if e != nil {
			m.remove(e)
		}
		return
	}
	if e == nil {
		e = &entry{key: key}
		m.entries[key] = e
		m.bytes += cost(key, item)
		m.push(e)
	} else {
		m.bytes += len(item.Value) - len(e.item.Value)
		e.visited = true
	}
	e.item = item
	for len(m.entries) > m.maxEntries || m.bytes > m.maxBytes {
		m.evict(e)
	}
}

func cost(key string, item Item) int { return len(key) + len(item.Value) + entryOverhead }

// wallTime is t without the monotonic clock, which stands still while a laptop
// sleeps. The zero time stays zero.
func wallTime(t time.Time) time.Time { return t.UTC().Round(0) }
