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
	store, err := cachestore.New(cache)
	if err != nil {
		panic(err)
	}
	// … or cached_db, in front of a table (here of memory).
	table, err := memstore.New()
	if err != nil {
		panic(err)
	}
	db, err := cachestore.NewCachedDB(cache, table)
	if err != nil {
		panic(err)
	}

	m, err := core.New(store, core.Config{SecretKey: "django-insecure-only-an-example-of-fifty-characters"})
	fmt.Println(m, err)
	fmt.Println(db)
	// Output:
	// core.Manager(*cachestore.Store, cookie "sessionid") <nil>
	// cachestore.CachedDB(*rediscache.Cache, *memstore.Store)
}
