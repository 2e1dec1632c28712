package core_test

import (
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
			if got := strings.Join(st.events.reasons(core.EventRejected), "; "); (got != "") != tt.dropped {
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

// FailOpen is about loading: a value that cannot be kept stays an error.
func TestFailOpenDoesNotHideAnUnkeepableItem(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	w := st.visit(func(s *core.Session, _ http.ResponseWriter) {
		s.Set("a", make(chan int))
		s.FailOpen()
	})
	if w.Code != http.StatusInternalServerError {
		t.Errorf("status = %d, want 500", w.Code)
	}
}
