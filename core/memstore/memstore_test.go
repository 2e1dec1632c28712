package memstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
	"github.com/djinn-go/djinn/core/sessiontest"
	"github.com/djinn-go/djinn/core/storetest"
)

func TestLaws(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(testing.TB) core.Store { return must(memstore.New()) })
}

// clock is a clock that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func values(t testing.TB, pairs ...any) core.Values {
	t.Helper()
	v, err := sessiontest.Values(pairs...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// create creates a record that lives for that long by the clock.
func create(t testing.TB, s *memstore.Store, c *clock, key string, life time.Duration) {
	t.Helper()
	rec := core.Record{Key: key, Values: values(t, "key", key), ExpireDate: c.Now().Add(life)}
	if _, err := s.Create(context.Background(), rec); err != nil {
		t.Fatalf("Create(%s): %v", key, err)
	}
}

func wantRecords(t *testing.T, s *memstore.Store, want int) {
	t.Helper()
	if got, want := fmt.Sprint(s), fmt.Sprintf("memstore.Store(%d records)", want); got != want {
		t.Errorf("the store prints %s, want %s", got, want)
	}
}

func TestExpiresByItsClock(t *testing.T) {
	t.Parallel()
	c, ctx := newClock(), context.Background()
	s := configured(must(memstore.New()), core.Settings{Now: c.Now})
	create(t, s, c, "a", time.Minute)

	c.advance(time.Minute - time.Nanosecond)
	if _, err := s.Load(ctx, "a"); err != nil {
		t.Errorf("Load a nanosecond before the expiry: got %v, want the record", err)
	}
	c.advance(time.Nanosecond) // not after now any more
	if _, err := s.Load(ctx, "a"); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("Load at the expiry: got %v, want ErrNotFound", err)
	}
	if err := s.Touch(ctx, core.Record{Key: "a", ExpireDate: c.Now().Add(time.Hour)}); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("Touch at the expiry: got %v, want ErrNotFound", err)
	}
	wantRecords(t, s, 1) // it waits to be cleared
}

func TestCreateKeepsExpiredRecordUnderItsOwnKey(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := configured(must(memstore.New()), core.Settings{Now: c.Now})
	create(t, s, c, "a", time.Minute)
	c.advance(time.Hour)
	rec := core.Record{Key: "a", ExpireDate: c.Now().Add(time.Hour)}
	if _, err := s.Create(context.Background(), rec); !errors.Is(err, core.ErrExists) {
		t.Errorf("Create under the key of an expired record: got %v, want ErrExists", err)
	}
	wantRecords(t, s, 1)
}

func TestCreateClearsTwoExpired(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := configured(must(memstore.New()), core.Settings{Now: c.Now})
	for i := range 10 {
		create(t, s, c, fmt.Sprint("old", i), time.Duration(10-i)*time.Second)
	}
	c.advance(time.Hour)
	for i, want := range []int{9, 8, 7, 6, 5, 6} { // -2, +1 each, until none is left
		create(t, s, c, fmt.Sprint("new", i), time.Hour)
		wantRecords(t, s, want)
	}
	for i := range 6 {
		if _, err := s.Load(context.Background(), fmt.Sprint("new", i)); err != nil {
			t.Errorf("Load(new%d): got %v, want the record", i, err)
		}
	}
}

func TestMaxRecords(t *testing.T) {
	t.Parallel()
	c, ctx := newClock(), context.Background()
	s := configured(must(memstore.New(memstore.WithMaxRecords(2))), core.Settings{Now: c.Now})
	create(t, s, c, "short", time.Minute)
	create(t, s, c, "long", time.Hour)

	third := core.Record{Key: "third", ExpireDate: c.Now().Add(time.Hour)}
	if _, err := s.Create(ctx, third); !errors.Is(err, memstore.ErrFull) {
		t.Errorf("Create in a full store: got %v, want ErrFull", err)
	}
	long, err := s.Load(ctx, "long")
	if err != nil {
		t.Fatalf("Load in a full store: got %v, want the record", err)
	}
	if _, err := s.Update(ctx, long); err != nil {
		t.Errorf("Update in a full store: got %v, want no error", err)
	}
	if _, err := s.Rotate(ctx, "long", core.Record{Key: "rotated", ExpireDate: long.ExpireDate}); err != nil {
		t.Errorf("Rotate in a full store: got %v, want no error", err)
	}

	c.advance(time.Minute)
	if _, err := s.Create(ctx, third); err != nil {
		t.Errorf("Create in a full store with an expired record: got %v, want no error", err)
	}
	wantRecords(t, s, 2)
}

// TestQueueFollowsChanges moves expiries in every way there is, and checks that
// ClearExpired takes exactly what has expired.
func TestQueueFollowsChanges(t *testing.T) {
	t.Parallel()
	c, ctx := newClock(), context.Background()
	s := configured(must(memstore.New()), core.Settings{Now: c.Now})
	at := func(key string, life time.Duration) core.Record {
		return core.Record{Key: key, ExpireDate: c.Now().Add(life)}
	}
	want := map[string]bool{}
	for i := range 100 {
		key := fmt.Sprint("k", i)
		create(t, s, c, key, time.Duration(1+i%7)*time.Minute)
		var err error
		switch i % 5 {
		case 0:
			err = s.Touch(ctx, at(key, time.Hour))
			want[key] = true
		case 1:
			_, err = s.Update(ctx, at(key, time.Second))
		case 2:
			_, err = s.Update(ctx, at(key, 2*time.Hour))
			want[key] = true
		case 3:
			_, err = s.Rotate(ctx, key, at("moved-"+key, 3*time.Hour))
			want["moved-"+key] = true
		case 4:
			_, err = s.Delete(ctx, key)
		}
		if err != nil {
			t.Fatalf("change %d: %v", i, err)
		}
	}
	c.advance(30 * time.Minute)
	if n, err := s.ClearExpired(ctx, core.ClearOptions{}); err != nil || n != 20 {
		t.Errorf("ClearExpired: got %d, %v, want 20 and no error", n, err)
	}
	wantRecords(t, s, len(want))
	for key := range want {
		if _, err := s.Load(ctx, key); err != nil {
			t.Errorf("Load(%s): got %v, want the record", key, err)
		}
	}
	c.advance(24 * time.Hour)
	if n, err := s.ClearExpired(ctx, core.ClearOptions{}); err != nil || n != 60 {
		t.Errorf("ClearExpired a day later: got %d, %v, want 60 and no error", n, err)
	}
	wantRecords(t, s, 0)
}

func TestClearExpiredPauses(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := configured(must(memstore.New()), core.Settings{Now: c.Now})
	for i := range 4 {
		create(t, s, c, fmt.Sprint(i), time.Minute)
	}
	c.advance(time.Hour)
	begin := time.Now()
	const pause = 20 * time.Millisecond
	n, err := s.ClearExpired(context.Background(), core.ClearOptions{Batch: 2, Pause: pause})
	if n != 4 || err != nil {
		t.Errorf("ClearExpired: got %d, %v, want 4 and no error", n, err)
	}
	if took := time.Since(begin); took < 2*pause {
		t.Errorf("three steps with a pause of %s: took %s, want two pauses at least", pause, took)
	}
}

func TestVersionNeverRepeats(t *testing.T) {
	t.Parallel()
	c, ctx := newClock(), context.Background()
	s := configured(must(memstore.New()), core.Settings{Now: c.Now})
	seen := map[string]bool{}
	for range 50 {
		create(t, s, c, "a", time.Hour)
		rec, err := s.Load(ctx, "a")
		if err != nil {
			t.Fatal(err)
		}
		if seen[rec.Version] {
			t.Fatalf("version %q of a record that was created again: got it before", rec.Version)
		}
		seen[rec.Version] = true
		if _, err := s.Delete(ctx, "a"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestErrorsHaveTheCure(t *testing.T) {
	t.Parallel()
	if got := memstore.ErrFull.Error(); !strings.Contains(got, "WithMaxRecords") {
		t.Errorf("ErrFull: got %q, want it to name the setting", got)
	}
}

func TestLoadAllocatesNothing(t *testing.T) {
	c, ctx := newClock(), context.Background()
	s := configured(must(memstore.New()), core.Settings{Now: c.Now})
	create(t, s, c, "a", time.Hour)
	for _, key := range []string{"a", "unknown"} {
		if got := testing.AllocsPerRun(100, func() { _, _ = s.Load(ctx, key) }); got != 0 {
			t.Errorf("Load(%s): got %v allocations, want 0", key, got)
		}
	}
	rec := core.Record{Key: "a", ExpireDate: c.Now().Add(2 * time.Hour)}
	if got := testing.AllocsPerRun(100, func() { _ = s.Touch(ctx, rec) }); got != 0 {
		t.Errorf("Touch: got %v allocations, want 0", got)
	}
}

func BenchmarkLoad(b *testing.B) {
	c, ctx := newClock(), context.Background()
	s := configured(must(memstore.New()), core.Settings{Now: c.Now})
	create(b, s, c, "a", time.Hour)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := s.Load(ctx, "a"); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkUpdate(b *testing.B) {
	c, ctx := newClock(), context.Background()
	s := configured(must(memstore.New()), core.Settings{Now: c.Now})
	for i := range 100_000 {
		create(b, s, c, fmt.Sprint(i), time.Hour)
	}
	rec := core.Record{Key: "500", Values: values(b, "n", 1), ExpireDate: c.Now().Add(2 * time.Hour)}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if _, err := s.Update(ctx, rec); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCreate(b *testing.B) {
	s, ctx := must(memstore.New()), context.Background()
	rec := core.Record{Values: values(b, "n", 1), ExpireDate: time.Now().Add(time.Hour)}
	keys := make([]string, b.N)
	for i := range keys {
		keys[i] = fmt.Sprintf("%032d", i)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for _, rec.Key = range keys {
		if _, err := s.Create(ctx, rec); err != nil {
			b.Fatal(err)
		}
	}
}
