package cachestore_test

import (
	"context"
	"fmt"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
	"github.com/djinn-go/djinn/core/memstore"
	"github.com/djinn-go/djinn/core/sessiontest"
)

// Sessions of one process, in memory that is bounded.
func Example() {
	cache, err := cachestore.NewMemory(cachestore.WithMaxBytes(256 << 20))
	if err != nil {
		panic(err)
	}
	store, err := cachestore.New(cache)
	if err != nil {
		panic(err)
	}
	m, err := core.New(store, core.Config{SecretKey: "django-insecure-only-an-example-of-fifty-characters"})
	fmt.Println(m, err)
	// Output: core.Manager(*cachestore.Store, cookie "sessionid") <nil>
}

// A cache in front of the sessions of a database, here one of memory.
func ExampleNewCachedDB() {
	cache, err := cachestore.NewMemory()
	if err != nil {
		panic(err)
	}
	durable, err := memstore.New()
	if err != nil {
		panic(err)
	}
	store, err := cachestore.NewCachedDB(cache, durable, cachestore.WithMaxAge(time.Minute))
	if err != nil {
		panic(err)
	}

	items, err := sessiontest.Values("cart", []int{7, 9})
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	key, err := store.Create(ctx, core.Record{Key: core.NewSessionKey(), Values: items, ExpireDate: time.Now().Add(time.Hour)})
	if err != nil {
		panic(err)
	}
	rec, err := store.Load(ctx, key) // asks the cache and not the database
	fmt.Println(rec.Values.Get("cart"), err)
	fmt.Println(store)
	// Output:
	// [7 9] <nil>
	// cachestore.CachedDB(*cachestore.Memory, *memstore.Store)
}
