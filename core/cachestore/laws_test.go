package cachestore_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
	"github.com/djinn-go/djinn/core/cachestore/cachetest"
	"github.com/djinn-go/djinn/core/memstore"
	"github.com/djinn-go/djinn/core/sessiontest"
	"github.com/djinn-go/djinn/core/storetest"
)

func newMemory() *cachestore.Memory { return must(cachestore.NewMemory()) }

func TestMemoryKeepsTheRules(t *testing.T) {
	t.Parallel()
	cachetest.Run(t, func(*testing.T) cachestore.Cache { return newMemory() })
}

func TestCacheLaws(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(testing.TB) core.Store { return must(cachestore.New(newMemory())) })
}

func TestCachedDBLaws(t *testing.T) {
	t.Parallel()
	tests := map[string]func() core.Store{
		"values": func() core.Store { return must(memstore.New()) },
		"texts":  func() core.Store { return textStore{must(memstore.New())} },
		"plain":  func() core.Store { return struct{ core.Store }{must(memstore.New())} },
	}
	for name, durable := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(testing.TB) core.Store {
				return must(cachestore.NewCachedDB(newMemory(), durable()))
			})
		})
	}
}

// Two nodes in front of one table and one cache: what one writes, the other
// reads, call by call.
func TestCachedDBLawsOnTwoNodes(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(testing.TB) core.Store {
		durable, cache := textStore{must(memstore.New())}, newMemory()
		return &alternating{
			a: must(cachestore.NewCachedDB(cache, durable)),
			b: must(cachestore.NewCachedDB(cache, durable)),
		}
	})
}

// alternating sends one call to one store, the next to the other.
type alternating struct {
	a, b  core.Store
	calls atomic.Int64
}

func (s *alternating) next() core.Store {
	if s.calls.Add(1)%2 == 0 {
		return s.a
	}
	return s.b
}

func (s *alternating) Load(ctx context.Context, key string) (core.Record, error) {
	return s.next().Load(ctx, key)
}

func (s *alternating) Create(ctx context.Context, rec core.Record) (string, error) {
	return s.next().Create(ctx, rec)
}

func (s *alternating) Update(ctx context.Context, rec core.Record) (string, error) {
	return s.next().Update(ctx, rec)
}

func (s *alternating) Delete(ctx context.Context, key string) (bool, error) {
	return s.next().Delete(ctx, key)
}

func (s *alternating) Touch(ctx context.Context, rec core.Record) error {
	return s.next().(core.Toucher).Touch(ctx, rec)
}

func (s *alternating) Rotate(ctx context.Context, oldKey string, rec core.Record) (string, error) {
	return s.next().(core.Rotator).Rotate(ctx, oldKey, rec)
}

// textStore keeps the codec's text, as tables do: the engine decodes what it
// loads.
type textStore struct{ *memstore.Store }

func (s textStore) encode(rec core.Record) (core.Record, error) {
	text, err := rec.Encode()
	if err != nil {
		return rec, err
	}
	rec.Values, err = sessiontest.Values("text", text)
	return rec, err
}

func (s textStore) Load(ctx context.Context, key string) (core.Record, error) {
	rec, err := s.Store.Load(ctx, key)
	if err == nil {
		rec.Encoded, _ = rec.Values.Get("text").(string)
		rec.Values = core.Values{}
	}
	return rec, err
}

func (s textStore) Create(ctx context.Context, rec core.Record) (string, error) {
	rec, err := s.encode(rec)
	if err != nil {
		return "", err
	}
	return s.Store.Create(ctx, rec)
}

func (s textStore) Update(ctx context.Context, rec core.Record) (string, error) {
	rec, err := s.encode(rec)
	if err != nil {
		return "", err
	}
	return s.Store.Update(ctx, rec)
}

func (s textStore) Rotate(ctx context.Context, oldKey string, rec core.Record) (string, error) {
	rec, err := s.encode(rec)
	if err != nil {
		return "", err
	}
	return s.Store.Rotate(ctx, oldKey, rec)
}
