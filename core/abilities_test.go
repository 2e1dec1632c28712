package core_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

// remembering is a cache as somebody would write it who knows the four methods: what it
// has loaded or written it serves without asking the store behind it. Its Unwrap lets
// clearing and the like be found.
type remembering struct {
	core.Store
	mu    sync.Mutex
	cache map[string]core.Record
}

func (s *remembering) Unwrap() core.Store { return s.Store }

func (s *remembering) Load(ctx context.Context, key string) (core.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if rec, ok := s.cache[key]; ok {
		return rec, nil
	}
	rec, err := s.Store.Load(ctx, key)
	if err == nil {
		s.cache[key] = rec
	}
	return rec, err
}

func (s *remembering) Update(ctx context.Context, rec core.Record) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.cache, rec.Key)
	return s.Store.Update(ctx, rec)
}

func (s *remembering) Delete(ctx context.Context, key string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.cache, key)
	return s.Store.Delete(ctx, key)
}

// unsupporting forwards the methods of the abilities, too, and says that there is
// nothing behind them.
type unsupporting struct{ *remembering }

func (unsupporting) Touch(context.Context, core.Record) error { return errors.ErrUnsupported }

func (unsupporting) Rotate(context.Context, string, core.Record) (string, error) {
	return "", errors.ErrUnsupported
}

// A wrapper that forwards the four methods and knows nothing of Toucher and Rotator is
// never passed by: it would go on to serve the key that CycleKey has retired.
func TestWrappersOfFourMethods(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(*remembering) core.Store{
		"not there":   func(s *remembering) core.Store { return s },
		"unsupported": func(s *remembering) core.Store { return unsupporting{s} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := time.Now()
			cfg := core.Config{SecretKey: "only for tests", Now: func() time.Time { return now }}
			m, err := core.New(wrap(&remembering{Store: must(memstore.New()), cache: map[string]core.Record{}}), cfg)
			if err != nil {
				t.Fatal(err)
			}
			s := m.Open(t.Context(), "")
			s.Set("user", "aladdin")
			if err := s.Save(t.Context()); err != nil {
				t.Fatal(err)
			}
			old := s.Key()
			if ok, err := m.Exists(t.Context(), old); !ok || err != nil {
				t.Fatalf("Exists = %t, %v, want true", ok, err)
			}

			s = m.Open(t.Context(), old)
			before := s.ExpiryDate()
			now = now.Add(time.Hour)
			s.MarkModified()
			if err := s.Save(t.Context()); err != nil {
				t.Fatal(err)
			}
			now = before // a moment that only the touch has reached
			if ok, err := m.Exists(t.Context(), old); !ok || err != nil {
				t.Errorf("after a touch: Exists = %t, %v, want true", ok, err)
			}

			s = m.Open(t.Context(), old)
			s.CycleKey()
			if err := s.Save(t.Context()); err != nil {
				t.Fatal(err)
			}
			if ok, err := m.Exists(t.Context(), old); ok || err != nil {
				t.Errorf("after CycleKey: the old key exists: %t, %v, want false", ok, err)
			}
			if got := m.Open(t.Context(), s.Key()).Get("user"); got != "aladdin" {
				t.Errorf("under the new key: user = %v, want aladdin", got)
			}
		})
	}
}
