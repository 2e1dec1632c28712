package core_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/core"
)

// Failing open does not depend on when the session is loaded: by an accessor, or
// by the commit because nothing before it had to.
func TestFailOpenAtTheCommit(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		cfg     core.Config
		handler func(s *core.Session, w http.ResponseWriter)
		dropped bool
	}{
		{"Config and SaveEveryRequest", core.Config{FailOpen: true, SaveEveryRequest: true}, untouched, false},
		{"Config and MarkModified", core.Config{FailOpen: true}, func(s *core.Session, _ http.ResponseWriter) { s.MarkModified() }, true},
		{"Config and Clear", core.Config{FailOpen: true}, func(s *core.Session, _ http.ResponseWriter) { s.Clear() }, true},
		{"route and Clear", core.Config{}, func(s *core.Session, _ http.ResponseWriter) { s.FailOpen(); s.Clear() }, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st := newSite(t, tt.cfg, nil)
			st.visit(increment)
			st.events.reasons(0)
			st.spy.setBefore(failOn("load"))
			w := st.visit(tt.handler)
			if w.Code != http.StatusOK || w.Header().Get("Set-Cookie") != "" {
				t.Errorf("response = %d with cookie %t, want 200 and none", w.Code, w.Header().Get("Set-Cookie") != "")
			}
			if got := strings.Join(st.events.warnings(), "; "); (got != "") != tt.dropped {
				t.Errorf("reports = %q, want one: %t", got, tt.dropped)
			}
			st.spy.setBefore(nil)
			if got := st.get("count"); got != int64(1) {
				t.Errorf("count = %v, want 1: as it was", got)
			}
		})
	}
}

// A commit that cannot write is an error all the same: the visitor was known.
func TestFailOpenDoesNotHideAFailedWrite(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{FailOpen: true}, nil)
	st.visit(increment)
	st.spy.setBefore(failOn("update"))
	if w := st.visit(increment); w.Code != http.StatusServiceUnavailable {
		t.Errorf("status = %d, want 503", w.Code)
	}
}

// Before a failure FailOpen is about loading: a value that cannot be kept is an error
// of which the handler does not know. After it, it accepts whatever there was.
func TestFailOpenAndAnUnkeepableItem(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		handler func(s *core.Session, w http.ResponseWriter)
		status  int
	}{
		"before": {func(s *core.Session, _ http.ResponseWriter) { s.FailOpen(); s.Set("a", make(chan int)) }, http.StatusInternalServerError},
		"after":  {func(s *core.Session, _ http.ResponseWriter) { s.Set("a", make(chan int)); s.FailOpen() }, http.StatusOK},
		"looked": {func(s *core.Session, _ http.ResponseWriter) { s.Set("a", make(chan int)); _ = s.Err() }, http.StatusInternalServerError},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := newSite(t, core.Config{}, nil)
			if w := st.visit(tt.handler); w.Code != tt.status || w.Header().Get("Set-Cookie") != "" {
				t.Errorf("response = %d with cookie %q, want %d and none", w.Code, w.Header().Get("Set-Cookie"), tt.status)
			}
		})
	}
}

// Err only looks: a session that nobody has used is not loaded by it, and the response
// is no different from one without.
func TestErrOnlyLooks(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	st.visit(increment)
	st.spy.took()
	st.spy.setBefore(failOn("load"))
	w := st.visit(func(s *core.Session, _ http.ResponseWriter) {
		if err := s.Err(); err != nil || s.Accessed() || s.Loaded() {
			t.Errorf("Err = %v, accessed: %t, loaded: %t; want nil, false, false", err, s.Accessed(), s.Loaded())
		}
	})
	if w.Code != http.StatusOK || w.Header().Get("Vary") != "" {
		t.Errorf("response = %d, Vary %q; want 200 and none", w.Code, w.Header().Get("Vary"))
	}
	st.wantCalls("")
}

// A 400 is what a handler may go on in spite of, too, and what it says goes out.
func TestFailOpenAfterAnInterruption(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	st.visit(increment)
	was := st.cookie
	w := st.visit(func(s *core.Session, w http.ResponseWriter) {
		increment(s, w)
		if _, err := st.m.Delete(t.Context(), was); err != nil {
			t.Error(err)
		}
		if err := s.Save(t.Context()); !errors.Is(err, core.ErrInterrupted) {
			t.Errorf("Save = %v, want ErrInterrupted", err)
		}
		s.FailOpen()
		w.WriteHeader(http.StatusTeapot)
	})
	if w.Code != http.StatusTeapot || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("response = %d with cookie %q, want the handler's and none", w.Code, w.Header().Get("Set-Cookie"))
	}
}
