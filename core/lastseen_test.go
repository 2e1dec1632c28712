package core_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

// seeing is a store that keeps when each record was written or touched.
type seeing struct {
	rotateSpy
	now  func() time.Time
	mu   sync.Mutex
	seen map[string]time.Time
}

func (s *seeing) see(key string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.seen[key] = s.now()
	}
}

func (s *seeing) Load(ctx context.Context, key string) (core.Record, error) {
	rec, err := s.rotateSpy.Load(ctx, key)
	s.mu.Lock()
	defer s.mu.Unlock()
	rec.LastSeen = s.seen[key]
	return rec, err
}

func (s *seeing) Create(ctx context.Context, rec core.Record) (string, error) {
	key, err := s.rotateSpy.Create(ctx, rec)
	s.see(key, err)
	return key, err
}

func (s *seeing) Update(ctx context.Context, rec core.Record) (string, error) {
	key, err := s.rotateSpy.Update(ctx, rec)
	s.see(key, err)
	return key, err
}

func (s *seeing) Touch(ctx context.Context, rec core.Record) error {
	err := s.rotateSpy.Touch(ctx, rec)
	s.see(rec.Key, err)
	return err
}

// A session whose expiry is fixed is touched because it was seen, and not with
// every request. A store that does not keep that is left alone.
func TestLastSeen(t *testing.T) {
	t.Parallel()
	const interval = time.Minute
	tests := []struct {
		name    string
		keeps   bool // LastSeen
		fixed   bool // the expiry
		every   bool // SaveEveryRequest
		touches time.Duration
		steps   []time.Duration // from request to request
		calls   []string
	}{
		{"fixed expiry", true, true, true, interval,
			[]time.Duration{30 * time.Second, 29 * time.Second, time.Second, 59 * time.Second, time.Second, time.Hour},
			[]string{"load", "load", "load touch", "load", "load touch", "load touch"}},
		{"each time", true, true, true, -1, []time.Duration{time.Nanosecond, 0}, []string{"load touch", "load touch"}},
		{"sliding expiry", true, false, true, interval,
			[]time.Duration{59 * time.Second, time.Second, 30 * time.Second}, []string{"load", "load touch", "load"}},
		{"a read alone writes nothing", true, true, false, interval, []time.Duration{time.Hour, time.Hour}, []string{"load", "load"}},
		{"a store that does not keep it, fixed", false, true, true, interval, []time.Duration{time.Hour, time.Hour}, []string{"load", "load"}},
		{"a store that does not keep it, sliding", false, false, true, interval, []time.Duration{59 * time.Second, time.Second}, []string{"load", "load touch"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
			clock := func() time.Time { return now }
			st := newSite(t, core.Config{Now: clock, SaveEveryRequest: tt.every, TouchInterval: tt.touches}, func(spy *spyStore) core.Store {
				spy.Store = configured(must(memstore.New()), core.Settings{Now: clock})
				inner := rotateSpy{touchSpy{spy}}
				if !tt.keeps {
					return inner
				}
				return &seeing{rotateSpy: inner, now: clock, seen: map[string]time.Time{}}
			})
			st.visit(func(s *core.Session, w http.ResponseWriter) {
				increment(s, w)
				if tt.fixed {
					s.SetExpiryDate(now.Add(24 * time.Hour))
				}
			})
			st.wantCalls("create")
			for i, step := range tt.steps {
				now = now.Add(step)
				st.visit(read)
				if got := st.spy.took(); got != tt.calls[i] {
					t.Errorf("request %d, %s after the one before: the store was asked %q, want %q", i+1, step, got, tt.calls[i])
				}
			}
		})
	}
}

// Several saves in one request are seen once.
func TestLastSeenInOneRequest(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	clock := func() time.Time { return now }
	st := newSite(t, core.Config{Now: clock, TouchInterval: time.Minute}, func(spy *spyStore) core.Store {
		spy.Store = configured(must(memstore.New()), core.Settings{Now: clock})
		return &seeing{rotateSpy: rotateSpy{touchSpy{spy}}, now: clock, seen: map[string]time.Time{}}
	})
	st.visit(func(s *core.Session, w http.ResponseWriter) {
		increment(s, w)
		s.SetExpiryDate(now.Add(24 * time.Hour))
	})
	st.spy.took()
	now = now.Add(time.Hour)
	st.visit(func(s *core.Session, _ http.ResponseWriter) {
		for range 3 {
			s.MarkModified()
			if err := s.Save(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
	st.wantCalls("load touch")
}
