package django

import (
	"slices"
	"testing"

	"github.com/djinn-go/djinn/core"
)

var itemRequirements = []requirement{
	{name: "test_new_session", says: "A new session is neither accessed nor modified.", verdict: same, test: func(t *testing.T, st *site) {
		wantFlags(t, st.empty(t), false, false)
		wantFlags(t, st.m.Open(t.Context(), st.stored(t).Key()), false, false)
	}},
	{name: "test_get_empty", says: "Getting an item that is absent gives nothing.", verdict: same, test: func(t *testing.T, st *site) {
		if got := st.empty(t).Get("cat"); got != nil {
			t.Errorf("Get of a new session: got %v, want nil", got)
		}
		if got := st.reopen(t, st.stored(t)).Get("cat"); got != nil {
			t.Errorf("Get of a stored session: got %v, want nil", got)
		}
	}},
	{name: "test_store", says: "Setting an item marks the session modified; popping it returns the value.", verdict: same, test: func(t *testing.T, st *site) {
		s := st.empty(t)
		s.Set("cat", "dog")
		wantFlags(t, s, true, true)
		if got := s.Pop("cat"); got != "dog" {
			t.Errorf("Pop: got %v, want dog", got)
		}
	}},
	{name: "test_pop", says: "Popping what is there returns it, removes it, and marks the session accessed and modified.", verdict: same, test: func(t *testing.T, st *site) {
		s := st.reopen(t, st.stored(t))
		if got := s.Pop("foo"); got != "bar" {
			t.Errorf("Pop: got %v, want bar", got)
		}
		wantFlags(t, s, true, true)
		if got := s.Get("foo"); got != nil {
			t.Errorf("Get after Pop: got %v, want nil", got)
		}
		save(t, s)
		wantItems(t, st.reopen(t, s), `{}`)
	}},
	{name: "test_pop_default", says: "Popping what is absent returns the caller's default; accessed, not modified.", verdict: differs,
		why:  "Go has no optional arguments: Pop returns nil, Key.Pop the zero value, and cmp.Or puts a default in its place.",
		test: popAbsent},
	{name: "test_pop_default_named_argument", says: "The same with the default as a named argument.", verdict: notApplicable,
		why: "Go has no named arguments. What is left of it is test_pop_default."},
	{name: "test_pop_no_default_keyerror_raised", says: "Popping what is absent without a default raises KeyError.", verdict: differs,
		why: "Go has no exceptions, and an absent item is nothing exceptional: Has and Key.Lookup tell absent from empty.",
		test: func(t *testing.T, st *site) {
			popAbsent(t, st)
			s := st.empty(t)
			if _, ok := core.Key[string]("foo").Lookup(s); ok {
				t.Error("Lookup of an absent item: got true, want false")
			}
			if err := s.Err(); err != nil {
				t.Errorf("Err after Pop of an absent item: got %v, want nil", err)
			}
		}},
	{name: "test_setdefault", says: "The first call stores and returns the default, the second returns what is stored.", verdict: same, test: func(t *testing.T, st *site) {
		s := st.reopen(t, st.stored(t))
		if got := s.SetDefault("foo", "other"); got != "bar" {
			t.Errorf("SetDefault of what is there: got %v, want bar", got)
		}
		wantFlags(t, s, true, false)
		if got := s.SetDefault("new", "value"); got != "value" {
			t.Errorf("SetDefault: got %v, want value", got)
		}
		wantFlags(t, s, true, true)
		save(t, s)
		wantItems(t, st.reopen(t, s), `{"foo":"bar","new":"value"}`)
	}},
	{name: "test_update", says: "Updating with a mapping sets its items; accessed and modified.", verdict: same, test: func(t *testing.T, st *site) {
		s := st.empty(t)
		s.Update(map[string]any{"update key": 1})
		wantFlags(t, s, true, true)
		save(t, s)
		wantItems(t, st.reopen(t, s), `{"update key":1}`)
	}},
	{name: "test_has_key", says: "Asking whether an item is there accesses and does not modify.", verdict: same, test: func(t *testing.T, st *site) {
		s := st.reopen(t, st.stored(t))
		if !s.Has("foo") || s.Has("cat") {
			t.Errorf("Has: got %t for what is there and %t for what is not", s.Has("foo"), s.Has("cat"))
		}
		wantFlags(t, s, true, false)
	}},
	{name: "test_values", says: "The values: none at first, then the one; accessed, not modified.", verdict: same, test: func(t *testing.T, st *site) {
		s := st.empty(t)
		if got := s.Values().Len(); got != 0 {
			t.Errorf("Values of a new session: got %d items, want 0", got)
		}
		wantFlags(t, s, true, false)
		s = st.reopen(t, st.stored(t))
		var values []any
		for _, value := range s.All() {
			values = append(values, value)
		}
		if want := []any{"bar"}; !slices.Equal(values, want) {
			t.Errorf("values: got %v, want %v", values, want)
		}
		wantFlags(t, s, true, false)
	}},
	{name: "test_keys", says: "The names of the items; accessed, not modified.", verdict: same, test: func(t *testing.T, st *site) {
		s := st.reopen(t, st.stored(t))
		if got, want := s.Keys(), []string{"foo"}; !slices.Equal(got, want) {
			t.Errorf("Keys: got %q, want %q", got, want)
		}
		wantFlags(t, s, true, false)
	}},
	{name: "test_items", says: "Names and values in pairs; accessed, not modified.", verdict: same, test: func(t *testing.T, st *site) {
		s := st.reopen(t, st.stored(t))
		pairs := 0
		for name, value := range s.All() {
			if pairs++; name != "foo" || value != "bar" {
				t.Errorf("All: got %s=%v, want foo=bar", name, value)
			}
		}
		if pairs != 1 {
			t.Errorf("All: got %d pairs, want 1", pairs)
		}
		wantFlags(t, s, true, false)
	}},
	{name: "test_clear", says: "Clearing leaves no items; accessed and modified.", verdict: same, test: func(t *testing.T, st *site) {
		s := st.reopen(t, st.stored(t))
		s.Clear()
		wantFlags(t, s, true, true)
		wantItems(t, s, `{}`)
		save(t, s)
		wantItems(t, st.reopen(t, s), `{}`)
	}},
}

func popAbsent(t *testing.T, st *site) {
	s := st.reopen(t, st.stored(t))
	if got := s.Pop("absent"); got != nil {
		t.Errorf("Pop: got %v, want nil", got)
	}
	if got := core.Key[int]("absent").Pop(s); got != 0 {
		t.Errorf("Key.Pop: got %v, want 0", got)
	}
	wantFlags(t, s, true, false)
}
