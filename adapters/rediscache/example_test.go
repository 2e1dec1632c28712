package rediscache_test

import (
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/djinn-go/djinn/adapters/rediscache"
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
	"github.com/djinn-go/djinn/core/memstore"
)

func Example() {
	client := redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs: []string{"127.0.0.1:6379"}, // several: a cluster; with MasterName: Sentinel
		DB:    1,
		// Let the engine's deadlines end what hangs.
		ContextTimeoutEnabled: true,
	})
	defer client.Close()
	cache := rediscache.New(client)

	// SESSION_ENGINE = "django.contrib.sessions.backends.cache"
	store := cachestore.New(cache, cachestore.Options{})
	// … or cached_db, in front of a table (here of memory).
	db := cachestore.NewCachedDB(cache, memstore.New(), cachestore.CachedDBOptions{})

	m, err := core.New(store, core.Config{SecretKey: "django-insecure-only-an-example-of-fifty-characters"})
	fmt.Println(m, err)
	fmt.Println(db)
	// Output:
	// core.Manager(*cachestore.Store, cookie "sessionid") <nil>
	// cachestore.CachedDB(*rediscache.Cache, *memstore.Store)
}
