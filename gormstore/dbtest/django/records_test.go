package django

import (
	"errors"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
)

var recordRequirements = []requirement{
	{name: "test_save", says: "After a new session is saved, its key exists.", verdict: differs,
		why: "An empty session that never had a record is not saved: visitors without data make no records. With an item it is the same.",
		test: func(t *testing.T, st *site) {
			s := st.empty(t)
			save(t, s)
			if s.Key() != "" {
				t.Error("Save of an empty session: got a key, want none")
			}
			if s = st.stored(t); !st.exists(t, s.Key()) {
				t.Error("Exists after Save: got false, want true")
			}
		}},
	{name: "test_delete", says: "After deleting a key, it does not exist.", verdict: same,
		why: "Except for signed_cookies, where nothing can be deleted: Django's exists() is always false there, djinn says that the cookie is still good.",
		test: func(t *testing.T, st *site) {
			key := st.stored(t).Key()
			if existed, err := st.m.Delete(t.Context(), key); !existed || err != nil {
				t.Errorf("Delete: got %t, %v; want true, nil", existed, err)
			}
			st.wantEnded(t, key)
		}},
	{name: "test_flush", says: "Flushing ends the old key, leaves none, and marks the session accessed and modified.", verdict: differs,
		why: "The record goes when the response begins (or with Save), together with everything else that the request did. The rest is the same.",
		test: func(t *testing.T, st *site) {
			s := st.stored(t)
			key := s.Key()
			s = st.reopen(t, s)
			s.Flush()
			if !st.exists(t, key) {
				t.Error("Exists before the commit: got false, want true")
			}
			save(t, s)
			st.wantEnded(t, key)
			if s.Key() != "" {
				t.Error("Key after Flush: got one, want none")
			}
			wantFlags(t, s, true, true)
			wantItems(t, s, `{}`)
		}},
	{name: "test_cycle", says: "Cycling the key ends the old one, gives a new one and keeps the items.", verdict: differs,
		why: "It takes effect when the response begins (or with Save). The rest is the same.",
		test: func(t *testing.T, st *site) {
			s := st.stored(t)
			key := s.Key()
			st.clock.advance(time.Second) // signed cookies differ by their time stamp
			s.CycleKey()
			save(t, s)
			if s.Key() == key || s.Key() == "" {
				t.Error("the key after CycleKey: got the old one or none, want a new one")
			}
			st.wantEnded(t, key)
			wantItems(t, st.reopen(t, s), `{"foo":"bar"}`)
		}},
	{name: "test_cycle_with_no_session_cache", says: "Cycling the key of a session that has not been loaded loads it and keeps the items.", verdict: same, test: func(t *testing.T, st *site) {
		s := st.reopen(t, st.stored(t))
		if s.Loaded() {
			t.Fatal("Loaded before the first use: got true, want false")
		}
		key := s.Key()
		st.clock.advance(time.Second)
		s.CycleKey()
		save(t, s)
		if s.Key() == key {
			t.Error("the key after CycleKey: got the old one, want a new one")
		}
		wantItems(t, st.reopen(t, s), `{"foo":"bar"}`)
	}},
	{name: "test_save_doesnt_clear_data", says: "The items are still there after saving.", verdict: same, test: func(t *testing.T, st *site) {
		wantItems(t, st.stored(t), `{"foo":"bar"}`)
	}},
	{name: "test_invalid_key", says: "A session opened with a key that cannot be one is saved under another, has no items, and can be deleted.", verdict: same, test: func(t *testing.T, st *site) {
		s := st.m.Open(t.Context(), "1")
		if got := s.Get("foo"); got != nil {
			t.Errorf("Get: got %v, want nil", got)
		}
		s.Set("cat", "dog")
		save(t, s)
		if s.Key() == "1" || s.Key() == "" {
			t.Error("the key after Save: got the invalid one or none, want a new one")
		}
		if existed, err := st.m.Delete(t.Context(), s.Key()); !existed || err != nil {
			t.Errorf("Delete: got %t, %v; want true, nil", existed, err)
		}
		if existed, err := st.m.Delete(t.Context(), "1"); existed || err != nil {
			t.Errorf("Delete of the invalid key: got %t, %v; want false, nil", existed, err)
		}
	}},
}

// lastingRequirements end the list of every back end.
var lastingRequirements = []requirement{
	{name: "test_actual_expiry", says: "A session saved with an expiry in the past cannot be read.", verdict: same, test: func(t *testing.T, st *site) {
		s := st.stored(t)
		s.SetExpiryDate(st.clock.Now().Add(-10 * time.Second))
		save(t, s)
		wantItems(t, st.reopen(t, s), `{}`)
		fresh := st.empty(t)
		fresh.Set("foo", "bar")
		fresh.SetExpiryDate(st.clock.Now().Add(-10 * time.Second))
		save(t, fresh)
		wantItems(t, st.reopen(t, fresh), `{}`)
	}},
	{name: "test_session_load_does_not_create_record", says: "Loading an unknown key leaves no key and makes no record.", verdict: same, test: func(t *testing.T, st *site) {
		key := core.NewSessionKey()
		s := st.m.Open(t.Context(), key)
		wantItems(t, s, `{}`)
		if s.Key() != "" {
			t.Error("the key after loading: got the unknown one, want none")
		}
		save(t, s)
		if st.exists(t, key) {
			t.Error("Exists of the unknown key: got true, want false")
		}
	}},
	{name: notResurrected, says: "Saving a session that was deleted meanwhile is an error and does not bring it back.", verdict: same,
		test: saveDoesNotResurrect, also: []reference{"core TestLogoutIsFinal"}},
}

func saveDoesNotResurrect(t *testing.T, st *site) {
	s := st.stored(t)
	key := s.Key()
	other := st.reopen(t, s)
	other.Flush()
	save(t, other)
	s.Set("foo", "changed")
	if err := s.Save(t.Context()); !errors.Is(err, core.ErrInterrupted) {
		t.Errorf("Save: got %v, want ErrInterrupted", err)
	}
	wantItems(t, st.m.Open(t.Context(), key), `{}`)
}
