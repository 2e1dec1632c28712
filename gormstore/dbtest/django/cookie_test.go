package django

import (
	"net/http"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
)

var cookieRequirements = []requirement{
	{name: "test_save", says: "Nothing: a cookie does not exist anywhere.", verdict: differs,
		why: "Exists says whether the cookie is good, which Django's exists() never does.",
		test: func(t *testing.T, st *site) {
			s := st.stored(t)
			if !st.exists(t, s.Key()) {
				t.Error("Exists after Save: got false, want true")
			}
			wantItems(t, st.reopen(t, s), `{"foo":"bar"}`)
		}},
	{name: "test_cycle", says: "Nothing: an old cookie cannot be revoked.", verdict: same,
		why: "Pinned, so that it is known.",
		test: func(t *testing.T, st *site) {
			s := st.stored(t)
			old := s.Key()
			st.clock.advance(time.Second)
			s.CycleKey()
			save(t, s)
			if s.Key() == old {
				t.Error("the cookie after CycleKey: got the old one")
			}
			wantItems(t, st.m.Open(t.Context(), old), `{"foo":"bar"}`)
		}},
	{name: "test_actual_expiry", says: "An expected failure: a session's own expiry is not enforced on the server.", verdict: same,
		why: "The browser is told; the server accepts the cookie until its age is over.",
		test: func(t *testing.T, st *site) {
			s := st.stored(t)
			s.SetExpiryDate(st.clock.Now().Add(-10 * time.Second))
			save(t, s)
			if !st.reopen(t, s).Has("foo") {
				t.Error("a cookie past its own expiry reads as empty")
			}
			st.clock.advance(twoWeeks + time.Second)
			wantItems(t, st.reopen(t, s), `{}`)
		}, also: []reference{"core/cookiestore TestEngineExpires"}},
	{name: "test_unpickling_exception", says: "A cookie that is signed well and cannot be decoded does not raise.", verdict: same, test: func(t *testing.T, st *site) {
		key := st.signed("no JSON")
		answer := visit(t, st.m, key, read)
		if answer.status != http.StatusOK {
			t.Errorf("status: got %d, want 200", answer.status)
		}
		if got := len(st.took(core.EventUndecodable)); got != 1 {
			t.Errorf("events of kind undecodable: got %d, want 1", got)
		}
	}},
	{name: "test_session_load_does_not_create_record", says: "Skipped: there is no store.", verdict: differs,
		why: "There is no record to make, and djinn makes no cookie either: Django answers the reading of a bad cookie with a new empty one.",
		test: func(t *testing.T, st *site) {
			key := st.signed("no JSON")
			if answer := visit(t, st.m, key, read); answer.cookies != nil {
				t.Errorf("Set-Cookie: got %d lines, want none", len(answer.cookies))
			}
		}},
	{name: notResurrected, says: "Skipped: there is no store.", verdict: notApplicable,
		why: "A cookie that was flushed elsewhere is still good: nobody can tell."},
}
