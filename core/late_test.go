package core_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/core"
)

// After the first byte, Save does not do what the browser could never learn of: it
// would log the visitor out, or leave a record that nobody finds.
func TestLateSave(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		cookie func(st *site)
		do     func(s *core.Session)
	}{
		{"CycleKey", func(st *site) { st.visit(increment) }, func(s *core.Session) { s.CycleKey() }},
		{"a new session", func(*site) {}, func(s *core.Session) { s.Set("a", 1) }},
		{"an unknown key", func(st *site) { st.cookie = core.NewSessionKey() }, func(s *core.Session) { s.Clear(); s.Set("a", 1) }},
	}
	for _, tt := range tests {
		for _, save := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, Save called: %t", tt.name, save), func(t *testing.T) {
				t.Parallel()
				st := newSite(t, core.Config{}, nil)
				tt.cookie(st)
				st.spy.took()
				st.visit(func(s *core.Session, w http.ResponseWriter) {
					s.Loaded() // and nothing that loads it
					fmt.Fprint(w, "first byte")
					tt.do(s)
					if !save {
						return
					}
					if err := s.Save(context.Background()); err == nil || !strings.Contains(err.Error(), "cannot reach the browser") {
						t.Errorf("Save = %v, want an error that says why", err)
					}
					if err := s.Save(context.Background()); err != nil {
						t.Errorf("Save of nothing more = %v, want none", err)
					}
				})
				if got := st.spy.took(); strings.Contains(got, "create") || strings.Contains(got, "rotate") {
					t.Errorf("the store was asked %q, want nothing written", got)
				}
				if got := strings.Join(st.events.warnings(), "; "); strings.Count(got, "cannot reach the browser") != 1 {
					t.Errorf("reports = %q, want one of what was dropped", got)
				}
			})
		}
	}
}
