package memstore_test

import (
	"context"
	"fmt"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
	"github.com/djinn-go/djinn/core/sessiontest"
)

// A store for a service that runs as a single process. Most programs hand it to
// core.New and never call it themselves.
func Example() {
	store, err := memstore.New(memstore.WithMaxRecords(100_000))
	if err != nil {
		panic(err)
	}

	ctx := context.Background()
	items, err := sessiontest.Values("cart", []int{7, 9})
	if err != nil {
		panic(err)
	}
	key, err := store.Create(ctx, core.Record{
		Key:        "2b1189a188b44ad18c35e113ac6ceead",
		Values:     items,
		ExpireDate: time.Now().Add(14 * 24 * time.Hour),
	})
	if err != nil {
		panic(err)
	}

	rec, err := store.Load(ctx, key)
	fmt.Println(rec.Values.Get("cart"), err)

	_, err = store.Load(ctx, "a key that somebody made up")
	fmt.Println(err)

	fmt.Printf("%+v\n", store) // neither keys nor items
	// Output:
	// [7 9] <nil>
	// djinn: no such session
	// memstore.Store(1 records)
}
