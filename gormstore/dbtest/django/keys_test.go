package django

import (
	"reflect"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/core"
)

var keyRequirements = []requirement{
	{name: "test_session_key_empty_string_invalid", says: "An empty key is none.", verdict: same, test: func(t *testing.T, st *site) {
		wantKey(t, st, "", false)
	}},
	{name: "test_session_key_too_short_invalid", says: "A key of seven characters is none.", verdict: same, test: func(t *testing.T, st *site) {
		wantKey(t, st, "1234567", false)
	}},
	{name: "test_session_key_valid_string_saved", says: "A key of eight characters is kept.", verdict: same,
		why: "Stricter beyond that: 8 to 40 characters of a-z and 0-9, since no other key was ever generated; signed_cookies wants what has the shape of a signed session.",
		test: func(t *testing.T, st *site) {
			wantKey(t, st, "12345678", !st.stateless)
			for _, junk := range []string{"ABCDEFGH", "abcd efgh", "aaaaaaaa\x00b", "../../etc", strings.Repeat("a", 41)} {
				wantKey(t, st, junk, false)
			}
			wantKey(t, st, st.stored(t).Key(), true)
		}, also: []reference{"core TestJunkCookies", "core TestKeys", "core/cookiestore TestShape"}},
	{name: "test_session_key_is_read_only", says: "The key cannot be assigned.", verdict: same,
		why: "By the compiler: Key is a method, and the struct has no exported field.",
		test: func(t *testing.T, st *site) {
			for field := range reflect.TypeFor[core.Session]().Fields() {
				if field.IsExported() {
					t.Errorf("core.Session has the exported field %s, want none", field.Name)
				}
			}
			for method := range reflect.TypeFor[*core.Session]().Methods() {
				if method.Name == "SetKey" {
					t.Error("core.Session has a method SetKey, want none")
				}
			}
		}},
}

// wantKey opens a session with key and looks whether it has it.
func wantKey(t *testing.T, st *site, key string, kept bool) {
	t.Helper()
	want := ""
	if kept {
		want = key
	}
	if got := st.m.Open(t.Context(), key).Key(); got != want {
		t.Errorf("a key of %d characters: got one of %d, want %d", len(key), len(got), len(want))
	}
}
