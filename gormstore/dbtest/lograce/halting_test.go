package lograce

import (
	"context"
	"errors"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
)

// keys are those under which a site has kept anything since the race began.
type keys struct {
	mu  sync.Mutex
	all []string
}

func (k *keys) add(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all = append(k.all, key)
}

// halting is a store before each of whose calls the actor halts.
type halting struct {
	store   core.Store
	toucher core.Toucher // nil if store is none
	rotator core.Rotator
	keys    *keys
	// exact: what Delete says of a record means that it was alive. A store that is no
	// Rotator keeps what was rotated as an expired record for a moment, which Delete
	// may find.
	exact bool
}

// newHalting wraps store, which has the same abilities as before.
func newHalting(store core.Store, keys *keys) core.Store {
	h := &halting{store: store, keys: keys}
	h.toucher, _ = store.(core.Toucher)
	h.rotator, h.exact = store.(core.Rotator)
	return h
}

func (h *halting) Unwrap() core.Store { return h.store }

func (h *halting) Load(ctx context.Context, key string) (core.Record, error) {
	halt(ctx, "Load")
	return h.store.Load(ctx, key)
}

func (h *halting) Create(ctx context.Context, rec core.Record) (string, error) {
	halt(ctx, "Create")
	key, err := h.store.Create(ctx, rec)
	h.keys.add(key)
	return key, err
}

func (h *halting) Update(ctx context.Context, rec core.Record) (string, error) {
	halt(ctx, "Update")
	key, err := h.store.Update(ctx, rec)
	h.keys.add(key)
	return key, err
}

func (h *halting) Delete(ctx context.Context, key string) (bool, error) {
	halt(ctx, "Delete")
	existed, err := h.store.Delete(ctx, key)
	if existed && h.exact {
		found(ctx)
	}
	return existed, err
}

func (h *halting) Touch(ctx context.Context, rec core.Record) error {
	if h.toucher == nil {
		return errors.ErrUnsupported
	}
	halt(ctx, "Touch")
	return h.toucher.Touch(ctx, rec)
}

func (h *halting) Rotate(ctx context.Context, oldKey string, rec core.Record) (string, error) {
	if h.rotator == nil {
		return "", errors.ErrUnsupported
	}
	halt(ctx, "Rotate")
	key, err := h.rotator.Rotate(ctx, oldKey, rec)
	h.keys.add(key)
	return key, err
}

// haltingCache is a cache before each of whose calls the actor halts.
type haltingCache struct{ cachestore.Cache }

func (c haltingCache) Get(ctx context.Context, key string) (cachestore.Item, bool, error) {
	halt(ctx, "Get from the cache")
	return c.Cache.Get(ctx, key)
}

func (c haltingCache) Set(ctx context.Context, key string, item cachestore.Item) error {
	halt(ctx, "Set in the cache")
	return c.Cache.Set(ctx, key, item)
}

func (c haltingCache) Add(ctx context.Context, key string, item cachestore.Item) (bool, error) {
	halt(ctx, "Add to the cache")
	return c.Cache.Add(ctx, key, item)
}

func (c haltingCache) CompareAndSwap(ctx context.Context, key, old string, item cachestore.Item) (bool, error) {
	halt(ctx, "CompareAndSwap in the cache")
	return c.Cache.CompareAndSwap(ctx, key, old, item)
}

func (c haltingCache) Extend(ctx context.Context, key string, expires time.Time) (bool, error) {
	halt(ctx, "Extend in the cache")
	return c.Cache.Extend(ctx, key, expires)
}

func (c haltingCache) Delete(ctx context.Context, key string) (bool, error) {
	halt(ctx, "Delete from the cache")
	return c.Cache.Delete(ctx, key)
}

// lockPatience is the patience where actors halt in transactions. If it is over
// although nobody waits for a lock, two actors go on at once, which does no harm.
const lockPatience = 5 * time.Millisecond

// haltStatements makes actors halt before each statement; also within transactions,
// where they may hold locks.
func haltStatements(db *gorm.DB) error {
	before := func(what string) func(*gorm.DB) {
		return func(tx *gorm.DB) { halt(tx.Statement.Context, what) }
	}
	const name, transaction = "lograce:halt", "gorm:begin_transaction"
	c := db.Callback()
	for _, err := range []error{
		c.Query().Before("gorm:query").Register(name, before("SELECT")),
		c.Row().Before("gorm:row").Register(name, before("SELECT")),
		c.Raw().Before("gorm:raw").Register(name, before("a statement")),
		c.Create().Before(transaction).Register(name, before("INSERT")),
		c.Update().Before(transaction).Register(name, before("UPDATE")),
		c.Delete().Before(transaction).Register(name, before("DELETE")),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}
