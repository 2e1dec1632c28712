package rediscache_test

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/djinn-go/djinn/adapters/rediscache"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
	"github.com/djinn-go/djinn/core/cachestore/cachetest"
	"github.com/djinn-go/djinn/core/memstore"
	"github.com/djinn-go/djinn/core/storetest"
)

// suitePrefix tells the sessions of this run from all others.
var suitePrefix = rand.Text()

// runAll runs all suites on one client. Expiries are milliseconds in Redis, and
// come back as precise as that unless a slot moves meanwhile: MIGRATE hands on the
// time that a key has left, not the moment, so that it lives longer by the move.
func runAll(t *testing.T, client redis.UniversalClient, precision time.Duration) {
	cache := rediscache.New(client)
	t.Run("cachetest", func(t *testing.T) {
		cachetest.Run(t, func(*testing.T) cachestore.Cache { return cache })
	})
	t.Run("cache", func(t *testing.T) {
		storetest.Run(t, func(testing.TB) core.Store {
			return must(cachestore.New(cache, cachestore.WithKeyPrefix(suitePrefix)))
		}, storetest.ExpiryPrecision(precision))
	})
	t.Run("cached_db", func(t *testing.T) {
		storetest.Run(t, func(testing.TB) core.Store {
			// The suite counts on hits, so the cache may take its time here.
			opts := []cachestore.Option{cachestore.WithKeyPrefix(suitePrefix), cachestore.WithCacheTimeout(5 * time.Second)}
			return must(cachestore.NewCachedDB(cache, must(memstore.New()), opts...))
		})
	})
}

func TestServer(t *testing.T) {
	client := shared(t)
	t.Cleanup(func() { // some sessions of the suites live for 50 years
		ctx := context.Background()
		for _, pattern := range []string{suitePrefix + ":*", ":1:cachetest*"} {
			for keys := client.Scan(ctx, 0, pattern, 1000).Iterator(); keys.Next(ctx); {
				client.Del(ctx, keys.Val())
			}
		}
	})
	runAll(t, client, time.Millisecond)
}

func TestCluster(t *testing.T) { runAll(t, startCluster(t).client(t), time.Millisecond) }

func TestClusterWhileSlotsMove(t *testing.T) {
	c := startCluster(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	var moved, keys int
	go func() {
		defer close(done)
		moved, keys = c.moveSlots(ctx, t)
	}()
	runAll(t, c.client(t), 100*time.Millisecond)
	cancel()
	<-done
	t.Logf("%d slots and %d keys were moved meanwhile", moved, keys)
	if moved < 20 {
		t.Errorf("%d slots were moved meanwhile, want 20 at least, or the test proves nothing", moved)
	}
}
