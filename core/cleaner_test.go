//go:build go1.25

package core_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

// clearing is a store whose ClearExpired is up to the test.
type clearing struct {
	core.Store
	clear func(ctx context.Context, opts core.ClearOptions) (int64, error)
}

func (s clearing) ClearExpired(ctx context.Context, opts core.ClearOptions) (int64, error) {
	return s.clear(ctx, opts)
}

// clearEvents makes a manager that writes down what is reported of clearing.
func clearEvents(t *testing.T, store core.Store, reports *[]string) *core.Manager {
	return newClientManager(t, store, core.Config{Observer: func(_ context.Context, e core.Event) {
		*reports = append(*reports, fmt.Sprintf("%s %s %d", e.Kind, e.Op, e.Count))
	}})
}

// Runs come about every interval, and not all at the same distance. The bubble of
// synctest fails if a goroutine is left.
func TestClearPeriodically(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const every, wanted = time.Hour, 200
		start := time.Now()
		var runs []time.Duration
		ctx, cancel := context.WithCancel(t.Context())
		var reports []string
		m := clearEvents(t, clearing{must(memstore.New()), func(_ context.Context, opts core.ClearOptions) (int64, error) {
			if opts.Batch != 7 {
				t.Errorf("the options: got Batch %d, want those given, 7", opts.Batch)
			}
			if runs = append(runs, time.Since(start)); len(runs) == wanted {
				cancel()
			}
			return 3, nil
		}}, &reports)
		if err := m.ClearPeriodically(ctx, every, core.ClearOptions{Batch: 7}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want why the context ended", err)
		}
		if len(runs) != wanted || len(reports) != wanted || reports[0] != "cleared clear 3" {
			t.Fatalf("got %d runs, %d reports, want %d of each", len(runs), len(reports), wanted)
		}
		if runs[0] >= every {
			t.Errorf("the first run: after %s, want it within the first %s", runs[0], every)
		}
		shortest, longest := every, every
		for i := 1; i < wanted; i++ {
			wait := runs[i] - runs[i-1]
			shortest, longest = min(shortest, wait), max(longest, wait)
		}
		if shortest < every-every/10 || longest > every+every/10 {
			t.Errorf("between two runs: got %s to %s, want %s give or take a tenth", shortest, longest, every)
		}
		if longest-shortest < every/20 {
			t.Errorf("between two runs: got %s to %s, want them to differ", shortest, longest)
		}
	})
}

// Nodes that start together do not begin together.
func TestClearPeriodicallySpreadsTheFirstRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const every, nodes = time.Hour, 100
		start := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		first := make(chan time.Duration, nodes)
		for range nodes {
			node, stop := context.WithCancel(ctx)
			m := newClientManager(t, clearing{must(memstore.New()), func(context.Context, core.ClearOptions) (int64, error) {
				first <- time.Since(start)
				stop()
				return 0, nil
			}}, core.Config{})
			go func() { _ = m.ClearPeriodically(node, every, core.ClearOptions{}) }()
		}
		quarters := [4]int{}
		for range nodes {
			at := <-first
			quarters[min(int(4*at/every), 3)]++
		}
		for i, n := range quarters {
			if n == 0 { // by chance: once in 10^12 times
				t.Errorf("quarter %d of the first interval: got no first run of %d nodes, want some", i+1, nodes)
			}
		}
	})
}

// Whatever it is doing, the end of the context is its end.
func TestClearPeriodicallyStops(t *testing.T) {
	t.Parallel()
	cause := errors.New("the service stops")
	tests := map[string]func(ctx context.Context, stop func()){
		"before it began": func(_ context.Context, stop func()) { stop() },
		"while it waits":  func(_ context.Context, stop func()) { time.AfterFunc(time.Nanosecond, stop) },
		"during a run":    func(context.Context, func()) {},
	}
	for name, begin := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				var stopped time.Time
				stop := func() { stopped = time.Now(); cancel(cause) }
				begin(ctx, stop)
				m := newClientManager(t, clearing{must(memstore.New()), func(ctx context.Context, _ core.ClearOptions) (int64, error) {
					time.AfterFunc(time.Minute, stop)
					<-ctx.Done() // as every store does between two steps
					return 5, ctx.Err()
				}}, core.Config{})
				err := m.ClearPeriodically(ctx, time.Hour, core.ClearOptions{})
				if !errors.Is(err, cause) {
					t.Errorf("got %v, want the cause of the context's end", err)
				}
				if late := time.Since(stopped); late != 0 {
					t.Errorf("it stopped %s after the context, want at once", late)
				}
			})
		})
	}
}

// Also a store that finished its run although the context had ended.
func TestClearPeriodicallyStopsWithoutTheStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		runs := 0
		m := newClientManager(t, clearing{must(memstore.New()), func(context.Context, core.ClearOptions) (int64, error) {
			runs++
			cancel()
			return 0, nil
		}}, core.Config{})
		if err := m.ClearPeriodically(ctx, time.Nanosecond, core.ClearOptions{}); !errors.Is(err, context.Canceled) || runs != 1 {
			t.Errorf("got %v after %d runs, want the context's error after 1", err, runs)
		}
	})
}

// A failure is reported, and the next turn comes.
func TestClearPeriodicallyGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		runs := 0
		var reports []string
		m := clearEvents(t, clearing{must(memstore.New()), func(context.Context, core.ClearOptions) (int64, error) {
			if runs++; runs < 4 {
				return 2, errDown
			}
			cancel()
			return 9, nil
		}}, &reports)
		if err := m.ClearPeriodically(ctx, time.Hour, core.ClearOptions{}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the context's error", err)
		}
		want := "[failed clear 2 failed clear 2 failed clear 2 cleared clear 9]"
		if got := fmt.Sprint(reports); got != want {
			t.Errorf("reports: got %s, want %s", got, want)
		}
	})
}

// A program that has nothing to clear hears so when it starts, and not an hour
// later.
func TestClearPeriodicallyRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		store core.Store
		every time.Duration
		want  string
	}{
		{"no interval", must(memstore.New()), 0, "djinn: ClearPeriodically: the interval is 0s: pass one such as time.Hour"},
		{"a negative interval", must(memstore.New()), -time.Second, "djinn: ClearPeriodically: the interval is -1s: pass one such as time.Hour"},
		{"a store without ClearExpired", newSpyStore(), time.Hour, "djinn: *core_test.spyStore has no expired sessions to clear: unsupported operation"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				m := newClientManager(t, tt.store, core.Config{})
				err := m.ClearPeriodically(t.Context(), tt.every, core.ClearOptions{})
				if err == nil || err.Error() != tt.want {
					t.Errorf("got %v, want %s", err, tt.want)
				}
				if waited := time.Since(start); waited != 0 {
					t.Errorf("it said so after %s, want at once", waited)
				}
			})
		})
	}
}

// A store around another may learn late that it has nothing to clear.
func TestClearPeriodicallyStopsIfUnsupported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newClientManager(t, clearing{must(memstore.New()), func(context.Context, core.ClearOptions) (int64, error) {
			return 0, errors.ErrUnsupported
		}}, core.Config{})
		if err := m.ClearPeriodically(t.Context(), time.Hour, core.ClearOptions{}); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("got %v, want errors.ErrUnsupported", err)
		}
	})
}

// What is cleared is what has expired.
func TestClearPeriodicallyClears(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := must(memstore.New())
		ctx, cancel := context.WithCancel(t.Context())
		cleared := int64(0)
		m := newClientManager(t, store, core.Config{Observer: func(_ context.Context, e core.Event) {
			if e.Kind == core.EventCleared {
				cleared += e.Count
			}
		}})
		keys := map[time.Duration]string{}
		for _, age := range []time.Duration{time.Minute, 48 * time.Hour} {
			s := m.Open(ctx, "")
			s.Set("a", 1)
			s.SetExpiry(age)
			if err := s.Save(ctx); err != nil {
				t.Fatal(err)
			}
			keys[age] = s.Key()
		}
		time.AfterFunc(24*time.Hour, cancel)
		_ = m.ClearPeriodically(ctx, time.Hour, core.ClearOptions{})
		if lives, err := m.Exists(t.Context(), keys[48*time.Hour]); !lives || err != nil || cleared != 1 {
			t.Errorf("cleared %d, the living one is there: %t, %v, want 1 and true", cleared, lives, err)
		}
	})
}
