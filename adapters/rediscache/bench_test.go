package rediscache_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/adapters/rediscache"
	"github.com/djinn-go/djinn/core/cachestore"
)

func BenchmarkStore(b *testing.B) {
	ctx := context.Background()
	store := must(cachestore.New(rediscache.New(shared(b)), cachestore.WithKeyPrefix(rand.Text())))
	rec := record(b, `{"_auth_user_id":"1","cart":[1,2,3],"pad":"`+strings.Repeat("x", 1000)+`"}`)
	if _, err := store.Create(ctx, rec); err != nil {
		b.Fatal(err)
	}
	b.Run("Load", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			if _, err := store.Load(ctx, rec.Key); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("LoadUpdate", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			loaded, err := store.Load(ctx, rec.Key)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := store.Update(ctx, loaded); err != nil {
				b.Fatal(err)
			}
		}
	})
	if _, err := store.Delete(ctx, rec.Key); err != nil {
		b.Fatal(err)
	}
}
