package core_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/djinn-go/djinn/core"
)

// Save has rotated the key, and then the request fails: the browser still gets the
// new key, or the failure would have logged the visitor out.
func TestFailureAfterSaveKeepsTheNewKey(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		then   func(st *site, s *core.Session)
		status int
	}{
		{"a value that cannot be kept", func(_ *site, s *core.Session) { s.Set("x", make(chan int)) }, 500},
		{"the same, and the handler goes on", func(_ *site, s *core.Session) { s.Set("x", make(chan int)); s.FailOpen() }, 200},
		{"the store goes down", func(st *site, s *core.Session) { s.Set("x", 1); st.spy.setBefore(failOn("load", "update")) }, 503},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st := newSite(t, core.Config{}, nil)
			st.visit(increment)
			w := st.visit(func(s *core.Session, w http.ResponseWriter) {
				w.Header().Set("ETag", "of the handler")
				s.CycleKey()
				if err := s.Save(context.Background()); err != nil {
					t.Error(err)
				}
				tt.then(st, s)
			})
			if w.Code != tt.status {
				t.Errorf("status = %d, want %d", w.Code, tt.status)
			}
			if got := w.Header().Get("ETag"); (got != "") != (tt.status == 200) {
				t.Errorf("ETag = %q with status %d", got, tt.status)
			}
			st.spy.setBefore(nil)
			if got := st.get("count"); got != int64(1) {
				t.Errorf("count = %v under the browser's cookie, want 1: still the same session", got)
			}
		})
	}
}

// A Flush that failed after a Save deletes no cookie: the session may be alive.
func TestFailedFlushAfterSaveKeepsTheCookie(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	st.visit(increment)
	w := st.visit(func(s *core.Session, w http.ResponseWriter) {
		increment(s, w)
		if err := s.Save(context.Background()); err != nil {
			t.Error(err)
		}
		s.Flush()
		st.spy.setBefore(failOn("delete"))
	})
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("response = %d with cookie %t, want 503 and none", w.Code, w.Header().Get("Set-Cookie") != "")
	}
}

// Having seen that a Flush could not be done is not having seen what fails next.
func TestErrorAfterSaveIsNotSeen(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	st.visit(increment)
	w := st.visit(func(s *core.Session, w http.ResponseWriter) {
		s.Flush()
		st.spy.setBefore(failOn("delete"))
		if err := s.Save(context.Background()); err == nil {
			t.Error("Save of a Flush that cannot be done returns no error")
		}
		increment(s, w)
		st.spy.setBefore(failOn("create"))
	})
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("status = %d, want 503: nobody has looked at why the new session could not be saved", w.Code)
	}
}
