package core_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
)

// panicOnce panics in the first call of op.
func panicOnce(op string) func(string) error {
	armed := true
	return func(call string) error {
		if call == op && armed {
			armed = false
			panic("the store of " + op)
		}
		return nil
	}
}

// A store that panics must not leave the session locked: the request would never
// end, because the commit waits for the lock.
func TestPanicInLoadLeavesNoLock(t *testing.T) {
	t.Parallel()
	for name, use := range map[string]func(*core.Session){
		"Get":        func(s *core.Session) { s.Get("a") },
		"Pop":        func(s *core.Session) { s.Pop("a") },
		"Key.Pop":    func(s *core.Session) { core.Key[int]("a").Pop(s) },
		"SetDefault": func(s *core.Session) { s.SetDefault("a", 1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := newSite(t, core.Config{}, nil)
			st.visit(increment)
			st.spy.setBefore(panicOnce("load"))
			s := st.m.Open(context.Background(), st.cookie)
			func() {
				defer func() {
					if recover() == nil {
						t.Error("the panic did not pass through")
					}
				}()
				use(s)
			}()
			ended := make(chan struct{})
			go func() { s.Key(); close(ended) }()
			select {
			case <-ended:
			case <-time.After(5 * time.Second):
				t.Fatal("the session is locked for good")
			}
			if got := s.Get("count"); got != int64(1) {
				t.Errorf("count = %v after a second look, want 1: the load that panicked does not count", got)
			}
		})
	}
}

// A commit that panicked saved nothing, and neither does the end of the request.
func TestPanicInCommit(t *testing.T) {
	t.Parallel()
	visit := func(st *site, do func(s *core.Session)) {
		defer func() {
			if recover() == nil {
				t.Error("the panic did not pass through")
			}
		}()
		st.visit(func(s *core.Session, w http.ResponseWriter) {
			do(s)
			fmt.Fprint(w, "first byte")
		})
	}
	t.Run("in the store", func(t *testing.T) {
		st := newSite(t, core.Config{}, nil)
		st.visit(increment)
		st.spy.setBefore(panicOnce("update"))
		visit(st, func(s *core.Session) { s.Set("a", 1) })
		if got := st.get("a"); got != nil {
			t.Errorf("a = %v, want nothing: the answer was a panic", got)
		}
	})
	t.Run("in a function that runs again", func(t *testing.T) {
		st := newSite(t, core.Config{}, nil)
		st.visit(increment)
		calls := 0
		visit(st, func(s *core.Session) {
			s.Set("a", 1)
			core.Key[int]("b").Update(s, func(n int) int {
				if calls++; calls == 2 {
					panic("oops")
				}
				return n + 1
			})
			other := st.m.Open(context.Background(), st.cookie)
			other.Set("c", 1)
			if err := other.Save(context.Background()); err != nil {
				t.Error(err)
			}
		})
		if a, b, c := st.get("a"), st.get("b"), st.get("c"); a != nil || b != nil || c != int64(1) {
			t.Errorf("a, b, c = %v, %v, %v, want only c, from the other request", a, b, c)
		}
	})
	t.Run("and recovered by the handler", func(t *testing.T) {
		st := newSite(t, core.Config{}, nil)
		st.visit(increment)
		calls := 0
		st.visit(func(s *core.Session, _ http.ResponseWriter) {
			s.Set("a", 1)
			core.Key[int]("b").Update(s, func(n int) int {
				if calls++; calls == 2 {
					panic("oops")
				}
				return n + 1
			})
			other := st.m.Open(context.Background(), st.cookie)
			other.Set("c", 1)
			if err := other.Save(context.Background()); err != nil {
				t.Error(err)
			}
			defer func() { _ = recover() }()
			_ = s.Save(context.Background())
		})
		if a, b, c := st.get("a"), st.get("b"), st.get("c"); a != int64(1) || b != int64(1) || c != int64(1) {
			t.Errorf("a, b, c = %v, %v, %v, want 1 each: all changes, on fresh data", a, b, c)
		}
	})
}
