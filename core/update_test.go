package core_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
)

const (
	total core.Key[int] = "total"
	price core.Key[int] = "price"
)

// within fails the test if do hangs.
func within(t *testing.T, d time.Duration, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	select {
	case <-done:
	case <-time.After(d):
		t.Fatalf("it hangs: nothing after %v", d)
	}
}

// The function of an Update may read other items, when it runs first and when it runs
// again on what another request wrote, of which it sees all.
func TestUpdateReadsOtherItems(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	st.visit(func(s *core.Session, _ http.ResponseWriter) { price.Set(s, 2) })
	was := st.cookie
	within(t, 10*time.Second, func() {
		runs := 0
		st.visit(func(s *core.Session, _ http.ResponseWriter) {
			total.Update(s, func(n int) int { runs++; return n + price.Get(s) })
			if got := total.Get(s); got != 2 {
				t.Errorf("total = %d, want 2", got)
			}
			other := st.m.Open(context.Background(), was)
			price.Set(other, 5)
			total.Set(other, 100)
			if err := other.Save(context.Background()); err != nil {
				t.Error(err)
			}
		})
		if runs != 2 {
			t.Errorf("the function ran %d times, want 2: again on what the other request wrote", runs)
		}
	})
	if got := st.get("total"); got != int64(105) {
		t.Errorf("total = %v, want 105: the price of the other request on its total", got)
	}
}

// When the function runs again it sees this request's own Set of another item.
func TestUpdateSeesOwnChangesAgain(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	st.visit(func(s *core.Session, _ http.ResponseWriter) { price.Set(s, 2) })
	was := st.cookie
	st.visit(func(s *core.Session, _ http.ResponseWriter) {
		total.Update(s, func(n int) int { return n + price.Get(s) })
		price.Set(s, 7)
		other := st.m.Open(context.Background(), was)
		price.Set(other, 5)
		if err := other.Save(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if got := st.get("total"); got != int64(7) {
		t.Errorf("total = %v, want 7", got)
	}
	if got := st.get("price"); got != int64(7) {
		t.Errorf("price = %v, want 7: the last Set wins", got)
	}
}

// Other goroutines of the request see the item as it was until the function has
// returned; what they do to it meanwhile is not lost.
func TestUpdateAndOtherGoroutines(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	st.visit(func(s *core.Session, _ http.ResponseWriter) {
		total.Set(s, 1)
		running, seen := make(chan struct{}), make(chan struct{})
		var once sync.Once
		go func() {
			<-running
			if got := total.Get(s); got != 1 {
				t.Errorf("total = %d while the function runs, want 1", got)
			}
			total.Set(s, 10)
			close(seen)
		}()
		total.Update(s, func(n int) int {
			once.Do(func() { close(running); <-seen })
			return n + 1
		})
		if got := total.Get(s); got != 11 {
			t.Errorf("total = %d, want 11: the function on what the goroutine set", got)
		}
		var wg sync.WaitGroup
		for range 50 {
			wg.Add(1)
			go func() { defer wg.Done(); total.Update(s, func(n int) int { return n + 1 }) }()
		}
		wg.Wait()
		if got := total.Get(s); got != 61 {
			t.Errorf("total = %d, want 61", got)
		}
	})
	if got := st.get("total"); got != int64(61) {
		t.Errorf("total = %v, want 61", got)
	}
}

// What cannot work ends with an error that says so, and not never.
func TestUpdateThatCannotEnd(t *testing.T) {
	t.Parallel()
	t.Run("it changes its own item", func(t *testing.T) {
		t.Parallel()
		st := newSite(t, core.Config{}, nil)
		within(t, 10*time.Second, func() {
			w := st.visit(func(s *core.Session, _ http.ResponseWriter) {
				total.Update(s, func(n int) int { total.Set(s, n+1); return n })
				if err := s.Err(); err == nil || !strings.Contains(err.Error(), "must not change the item itself") {
					t.Errorf("Err = %v, want one that says the cure", err)
				}
			})
			if w.Code != http.StatusInternalServerError {
				t.Errorf("status = %d, want 500", w.Code)
			}
		})
	})
	t.Run("it saves when it runs again", func(t *testing.T) {
		t.Parallel()
		st := newSite(t, core.Config{StoreTimeout: 100 * time.Millisecond}, nil)
		st.visit(increment)
		was := st.cookie
		within(t, 10*time.Second, func() {
			var saved []error
			st.visit(func(s *core.Session, w http.ResponseWriter) {
				total.Update(s, func(n int) int {
					saved = append(saved, s.Save(context.Background()))
					return n + 1
				})
				other := st.m.Open(context.Background(), was)
				price.Set(other, 5)
				if err := other.Save(context.Background()); err != nil {
					t.Error(err)
				}
			})
			if len(saved) != 2 || saved[0] != nil || saved[1] == nil || !strings.Contains(saved[1].Error(), "not from within such a function") {
				t.Errorf("Save = %v, want none and then an error that says why", saved)
			}
		})
	})
}

// A function that panics when it runs again leaves the session usable by who recovers.
func TestUpdatePanicsAgain(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	st.visit(func(s *core.Session, _ http.ResponseWriter) { price.Set(s, 2) })
	was := st.cookie
	within(t, 10*time.Second, func() {
		st.visit(func(s *core.Session, _ http.ResponseWriter) {
			fail := false
			total.Update(s, func(n int) int {
				if fail {
					panic("again")
				}
				return n + price.Get(s)
			})
			other := st.m.Open(context.Background(), was)
			price.Set(other, 5)
			if err := other.Save(context.Background()); err != nil {
				t.Error(err)
			}
			fail = true
			func() {
				defer func() { _ = recover() }()
				_ = s.Save(context.Background())
				t.Error("Save did not panic")
			}()
			fail = false
		})
	})
	if got := st.get("total"); got != int64(5) {
		t.Errorf("total = %v, want 5", got)
	}
}
