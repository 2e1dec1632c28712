package cachestore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
)

var ctx = context.Background()

func put(t testing.TB, m *cachestore.Memory, key, value string) {
	t.Helper()
	if err := m.Set(ctx, key, cachestore.Item{Value: value, Expires: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
}

func has(t testing.TB, m *cachestore.Memory, key string) bool {
	t.Helper()
	_, found, err := m.Get(ctx, key)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestMemoryEvictsWhatIsNotRead is what SIEVE is for: robots pass through, and
// those who come back stay.
func TestMemoryEvictsWhatIsNotRead(t *testing.T) {
	t.Parallel()
	m := must(cachestore.NewMemory(cachestore.WithMaxEntries(100)))
	for i := range 50 {
		put(t, m, fmt.Sprint("user", i), "v")
	}
	for i := range 10_000 {
		put(t, m, fmt.Sprint("robot", i), "v")
		user := fmt.Sprint("user", i%50)
		if !has(t, m, user) {
			t.Fatalf("after %d robots, %s is gone", i+1, user)
		}
	}
	if got := fmt.Sprint(m); !strings.HasPrefix(got, "cachestore.Memory(100 entries,") {
		t.Errorf("got %s, want 100 entries", got)
	}
}

func TestMemoryBoundsBytes(t *testing.T) {
	t.Parallel()
	const limit = 100_000
	m := must(cachestore.NewMemory(cachestore.WithMaxBytes(limit)))
	for i := range 1000 {
		put(t, m, fmt.Sprint(i%70), strings.Repeat("x", i*37%9000))
		var entries, bytes int
		if _, err := fmt.Sscanf(fmt.Sprint(m), "cachestore.Memory(%d entries, %d bytes)", &entries, &bytes); err != nil {
			t.Fatal(err)
		}
		if bytes > limit || bytes < 0 {
			t.Fatalf("after %d items: %d bytes, want %d at most", i+1, bytes, limit)
		}
	}
	put(t, m, "huge", strings.Repeat("x", limit))
	if has(t, m, "huge") {
		t.Error("an item larger than the cache was kept")
	}
	put(t, m, "69", "small")
	put(t, m, "69", strings.Repeat("x", limit))
	if has(t, m, "69") {
		t.Error("the old value stayed under an item larger than the cache")
	}
	for i := range 70 {
		if _, err := m.Delete(ctx, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := fmt.Sprint(m), "cachestore.Memory(0 entries, 0 bytes)"; got != want {
		t.Errorf("after deleting all: got %s, want %s", got, want)
	}
}

func TestMemoryEvictsTheExpiredFirst(t *testing.T) {
	t.Parallel()
	now := time.Now()
	m := configured(must(cachestore.NewMemory(cachestore.WithMaxEntries(2))), core.Settings{Now: func() time.Time { return now }})
	for _, key := range []string{"a", "b"} {
		if err := m.Set(ctx, key, cachestore.Item{Value: "v", Expires: now.Add(time.Minute)}); err != nil {
			t.Fatal(err)
		}
	}
	put(t, m, "a", "lives on")
	if !has(t, m, "b") { // read, so it would stay
		t.Fatal("b is gone")
	}
	now = now.Add(2 * time.Minute)
	put(t, m, "c", "v")
	if !has(t, m, "a") || !has(t, m, "c") {
		t.Error("a live item was evicted while an expired one was there")
	}
}

func TestMemoryGetAllocatesNothing(t *testing.T) {
	m := newMemory()
	put(t, m, "key", "value")
	if got := testing.AllocsPerRun(100, func() { _, _, _ = m.Get(ctx, "key") }); got != 0 {
		t.Errorf("Get: got %v allocations, want 0", got)
	}
}

func BenchmarkMemoryGet(b *testing.B) {
	m := newMemory()
	put(b, m, "key", "value")
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, _, _ = m.Get(ctx, "key")
		}
	})
}

// Whatever is done in whatever order, what was stored last is there, and the
// books balance.
func TestMemoryAtRandom(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	m := must(cachestore.NewMemory(cachestore.WithMaxEntries(10)))
	for i := range 20_000 {
		key := fmt.Sprint(rnd.IntN(20))
		switch rnd.IntN(4) {
		case 0, 1:
			put(t, m, key, strings.Repeat("v", rnd.IntN(50)))
			if !has(t, m, key) {
				t.Fatalf("step %d: what was stored just now is gone", i)
			}
		case 2:
			has(t, m, key)
		case 3:
			if _, err := m.Delete(ctx, key); err != nil {
				t.Fatal(err)
			}
			if has(t, m, key) {
				t.Fatalf("step %d: what was deleted is there", i)
			}
		}
	}
	for i := range 20 {
		if _, err := m.Delete(ctx, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := fmt.Sprint(m), "cachestore.Memory(0 entries, 0 bytes)"; got != want {
		t.Errorf("after deleting all: got %s, want %s", got, want)
	}
}
