package core_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

var errNoRoom = fmt.Errorf("%w: five devices are enough", core.ErrRefused)

func refuseOn(ops ...string) func(string) error {
	fail := failOn(ops...)
	return func(op string) error {
		if fail(op) != nil {
			return errNoRoom
		}
		return nil
	}
}

// What the store refuses is not saved, is answered with 403, and is no failure.
func TestRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		op      string
		known   bool // the visitor has a session
		handler func(s *core.Session, w http.ResponseWriter)
	}{
		{"create", false, increment},
		{"update", true, increment},
		{"rotate", true, login},
	}
	for _, tt := range tests {
		for _, bare := range []bool{false, true} {
			for _, saves := range []bool{false, true} {
				if bare && tt.op == "rotate" {
					continue // such a store has no rotate to refuse
				}
				t.Run(fmt.Sprintf("%s/four methods only %t/Save %t", tt.op, bare, saves), func(t *testing.T) {
					t.Parallel()
					var show func(*spyStore) core.Store
					if bare {
						show = func(s *spyStore) core.Store { return s }
					}
					st := newSite(t, core.Config{}, show)
					if tt.known {
						st.visit(increment)
					}
					old := st.cookie
					st.events.reasons(0)
					st.spy.setBefore(refuseOn(tt.op))
					want := http.StatusForbidden
					w := st.visit(func(s *core.Session, w http.ResponseWriter) {
						tt.handler(s, w)
						if !saves {
							return
						}
						want = http.StatusConflict
						if err := s.Save(t.Context()); !errors.Is(err, core.ErrRefused) || err.Error() != errNoRoom.Error() {
							t.Errorf("Save: got %v, want the store's own error", err)
						}
						s.FailOpen()
						w.WriteHeader(want) // the handler answers itself
					})
					if w.Code != want || w.Header().Get("Set-Cookie") != "" || st.cookie != old {
						t.Errorf("got status %d and cookie %q, want %d and none", w.Code, w.Header().Get("Set-Cookie"), want)
					}
					st.events.mu.Lock()
					refusals := 0
					for _, e := range st.events.all {
						if e.Kind == core.EventFailed {
							t.Errorf("reported as a failure: %v", e.Err)
						}
						if e.Kind == core.EventRefused && errors.Is(e.Err, core.ErrRefused) {
							refusals++
						}
					}
					st.events.mu.Unlock()
					if refusals == 0 {
						t.Error("got no EventRefused with the store's reason, want one")
					}
					st.spy.setBefore(nil)
					wantCount := any(nil)
					if tt.known {
						wantCount = int64(1)
					}
					if got := st.get("count"); got != wantCount || st.get("user") != nil {
						t.Errorf("count: got %v, want %v: nothing is saved", got, wantCount)
					}
				})
			}
		}
	}
}

func TestRefusedStatus(t *testing.T) {
	t.Parallel()
	for _, err := range []error{core.ErrRefused, errNoRoom, fmt.Errorf("in FillSession: %w", errNoRoom), errors.Join(errNoRoom, errDown)} {
		if got := core.StatusCode(err); got != http.StatusForbidden {
			t.Errorf("StatusCode(%v): got %d, want 403", err, got)
		}
	}
}

// A store without Rotate that refuses the second step of a rotation leaves nothing
// of the first.
func TestRefusedRotationInSteps(t *testing.T) {
	t.Parallel()
	store := must(memstore.New())
	st := newSite(t, core.Config{}, func(s *spyStore) core.Store { s.Store = store; return s })
	st.visit(increment)
	st.spy.setBefore(refuseOn("update"))
	if w := st.visit(login); w.Code != http.StatusForbidden {
		t.Errorf("status: got %d, want 403", w.Code)
	}
	if got := fmt.Sprint(store); got != "memstore.Store(1 records)" {
		t.Errorf("got %s, want the old record alone", got)
	}
}
