package django

import (
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
)

const twoWeeks = 14 * 24 * time.Hour

var expiryRequirements = []requirement{
	{name: "test_default_expiry", says: "Without an expiry of its own, and with one of 0, a session's age is the setting's.", verdict: same, test: func(t *testing.T, st *site) {
		s := st.stored(t)
		st.wantExpiry(t, s, twoWeeks)
		s.SetExpiry(0)
		save(t, s)
		st.wantExpiry(t, s, twoWeeks)
	}, also: []reference{"core TestExpiryVectors"}},
	{name: "test_custom_expiry_seconds", says: "set_expiry(10): ten seconds after the modification.", verdict: same,
		why: "The file back end ends the session then, too; Django's never does.",
		test: func(t *testing.T, st *site) {
			s := st.stored(t)
			s.SetExpiry(10 * time.Second)
			save(t, s)
			st.wantExpiry(t, s, 10*time.Second)
			if st.clock.advance(10 * time.Second); !st.stateless {
				wantItems(t, st.reopen(t, s), `{}`)
			}
		}, also: []reference{"core TestSetExpiryVectors", "core TestSetExpiryRoundsUp", "core/filestore TestExpiry"}},
	{name: "test_custom_expiry_timedelta", says: "The same with a timedelta, which becomes a date.", verdict: same, test: func(t *testing.T, st *site) {
		s := st.stored(t)
		s.SetExpiryDate(st.clock.Now().Add(10 * time.Second))
		save(t, s)
		st.wantExpiry(t, s, 10*time.Second)
		st.clock.advance(4 * time.Second) // a date stays where it is
		st.wantExpiry(t, s, 6*time.Second)
	}},
	{name: "test_custom_expiry_datetime", says: "The same with a date.", verdict: same, test: func(t *testing.T, st *site) {
		s := st.stored(t)
		s.SetExpiryDate(st.clock.Now().Add(10 * time.Second).In(time.FixedZone("", 5*3600+1800)))
		save(t, s)
		st.wantExpiry(t, s, 10*time.Second)
	}},
	{name: "test_custom_expiry_reset", says: "Taking the expiry away brings the setting's back.", verdict: same, test: func(t *testing.T, st *site) {
		s := st.stored(t)
		s.ResetExpiry()
		s.SetExpiry(10 * time.Second)
		s.ResetExpiry()
		save(t, s)
		st.wantExpiry(t, s, twoWeeks)
	}},
	{name: "test_get_expire_at_browser_close", says: "An expiry of 10 is not until the browser closes, one of 0 is, and without one the setting says.", verdict: same, test: func(t *testing.T, st *site) {
		for _, setting := range []bool{false, true} {
			m := st.manager(t, st.store, core.Config{ExpireAtBrowserClose: setting})
			for name, step := range map[string]struct {
				do   func(s *core.Session)
				want bool
			}{
				"10":    {func(s *core.Session) { s.SetExpiry(10 * time.Second) }, false},
				"0":     {func(s *core.Session) { s.SetExpiry(0) }, true},
				"reset": {func(s *core.Session) { s.SetExpiry(0); s.ResetExpiry() }, setting},
			} {
				s := m.Open(t.Context(), "")
				s.Set("foo", "bar")
				step.do(s)
				save(t, s)
				if got := m.Open(t.Context(), s.Key()).ExpireAtBrowserClose(); got != step.want {
					t.Errorf("setting %t, expiry %s: ExpireAtBrowserClose: got %t, want %t", setting, name, got, step.want)
				}
			}
		}
	}},
}

// wantExpiry checks what the next request is told of a session's expiry.
func (st *site) wantExpiry(t *testing.T, s *core.Session, age time.Duration) {
	t.Helper()
	s = st.reopen(t, s)
	if !s.Has("foo") {
		t.Fatal("the session is gone")
	}
	if got := s.ExpiryAge(); got != age {
		t.Errorf("ExpiryAge: got %v, want %v", got, age)
	}
	if got, want := s.ExpiryDate(), st.clock.Now().Add(age); !got.Equal(want) {
		t.Errorf("ExpiryDate: got %v, want %v", got, want)
	}
}
