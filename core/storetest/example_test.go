package storetest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
	"github.com/djinn-go/djinn/core/storetest"
)

// The test of a store is one call. Each rule becomes a subtest.
func ExampleRun() {
	_ = func(t *testing.T) { // func TestStore(t *testing.T) in your store_test.go
		storetest.Run(t, func(t testing.TB) core.Store {
			store, err := memstore.New() // your store here, and t.Cleanup for what it opened
			if err != nil {
				t.Fatal(err)
			}
			return store
		})
	}
}

// A store that cannot keep a law says which and why.
func ExampleWaive() {
	_ = func(t *testing.T) {
		storetest.Run(t,
			func(t testing.TB) core.Store {
				store, err := memstore.New() // yours
				if err != nil {
					t.Fatal(err)
				}
				return store
			},
			storetest.Waive(4, "the record is in the cookie, out of our reach"),
			storetest.MaxSize(2048),
		)
	}
}

// hasty is a store with the most common mistake: its Update inserts what is not
// there, so that a request that was under way during a logout undoes it.
type hasty struct{ *memstore.Store }

func (s hasty) Update(ctx context.Context, rec core.Record) (string, error) {
	key, err := s.Store.Update(ctx, rec)
	if errors.Is(err, core.ErrNotFound) {
		return s.Create(ctx, rec)
	}
	return key, err
}

func ExampleCheck() {
	err := storetest.Check(func() (core.Store, error) {
		store, err := memstore.New()
		return hasty{store}, err
	})

	var first *storetest.Failure
	if errors.As(err, &first) {
		fmt.Println(first)
	}
	// Output:
	// update/absent: Update of an absent record: got no error, want error "djinn: no such session"
	// 	why: an update that inserts brings back sessions that were logged out (law 4: logout is final)
}
