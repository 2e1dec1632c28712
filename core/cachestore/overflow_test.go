package cachestore_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
	"github.com/djinn-go/djinn/core/memstore"
	"github.com/djinn-go/djinn/core/sessiontest"
)

// forgetful is a cache that can be told nothing while it is down.
type forgetful struct {
	cachestore.Cache
	down atomic.Bool
}

func (f *forgetful) Delete(ctx context.Context, key string) (bool, error) {
	if f.down.Load() {
		return false, errors.New("down")
	}
	return f.Cache.Delete(ctx, key)
}

// notifying is a durable store that revokes many.
type notifying struct {
	core.Store
	tell func(context.Context, []string)
}

func (n *notifying) OnChange(f func(context.Context, []string)) { n.tell = f }

// TestOverflowWhileDown: more sessions are revoked while the cache is down than can be
// remembered. This node does without the cache then, until no entry can be left.
func TestOverflowWhileDown(t *testing.T) {
	t.Parallel()
	const n = 12_000
	now := time.Now()
	clock := func() time.Time { return now }
	cache := &forgetful{Cache: configured(must(cachestore.NewMemory(cachestore.WithMaxBytes(1<<30))), core.Settings{Now: clock})}
	durable := &notifying{Store: must(memstore.New())}
	opts := []cachestore.Option{cachestore.WithOnError(func(context.Context, error) {})}
	store := configured(must(cachestore.NewCachedDB(cache, durable, opts...)), core.Settings{Now: clock})
	codec, err := core.DjangoCodec{SecretKey: "k"}.New()
	if err != nil {
		t.Fatal(err)
	}
	values, _ := sessiontest.Values("a", 1)
	keys := make([]string, n)
	for i := range keys {
		keys[i] = core.NewSessionKey()
		if _, err := store.Create(t.Context(), (core.Record{Key: keys[i], Values: values, ExpireDate: now.Add(time.Hour)}).WithCodec(codec)); err != nil {
			t.Fatal(err)
		}
	}
	cache.down.Store(true)
	for i, key := range keys { // the table forgets them, as RevokeUser does in steps
		if _, err := durable.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		if i%500 == 499 {
			durable.tell(t.Context(), keys[i-499:i+1])
		}
	}
	cache.down.Store(false)
	now = now.Add(3 * time.Second)
	alive := func() (n int) {
		for _, key := range keys {
			if _, err := store.Load(t.Context(), key); err == nil {
				n++
			}
		}
		return n
	}
	if got := alive(); got != 0 {
		t.Errorf("this node serves %d of %d revoked sessions, want none", got, n)
	}
	now = now.Add(5 * time.Minute) // MaxAge
	if got := alive(); got != 0 {
		t.Errorf("this node serves %d of %d revoked sessions later, want none", got, n)
	}
}
