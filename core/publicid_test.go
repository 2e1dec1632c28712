package core_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/core"
)

// A public ID is in users' URLs and logs: it must never come out different.
func TestPublicIDStaysTheSame(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"abcdefghijklmnopqrstuvwxyz012345":         "abcd-7lpvgakxspn2jveuyqcxjp4soi",
		"00000000000000000000000000000000":         "0000-k27aiojwywlhz323qdokp6hyoe",
		"0123456789abcdef":                         "0123-sasbmkfj4bm57d7uj5rlhnc4cm", // the shortest
		"0123456789abcdefghijklmnopqrstuvwxyz0123": "0123-7tum5qs5vex6glwilavlvv3s5q", // the longest
	}
	for key, want := range tests {
		if got := core.PublicID(key); got != want {
			t.Errorf("PublicID(%q): got %q, want %q", key, got, want)
		}
	}
}

func TestPublicIDOfNoKey(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{
		"empty":            "",
		"too short":        "0123456789abcde",
		"Django's minimum": "abcdefgh",
		"too long":         "0123456789abcdefghijklmnopqrstuvwxyz01234",
		"a signed cookie":  "eyJhIjoxfQ:1u2v3w:abcdefghijklmnopqrst",
		"upper case":       "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345",
		"cut runes":        "äöüßäöüßäöüßäöüß",
		"a public ID":      core.PublicID("abcdefghijklmnopqrstuvwxyz012345"),
	} {
		if got := core.PublicID(key); got != "" {
			t.Errorf("PublicID of a key that is %s: got %q, want none", name, got)
		}
	}
}

// A public ID gives away the four characters at its beginning and no more.
func TestPublicIDHidesTheKey(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	seen := map[string]bool{}
	for range 5000 {
		key := make([]byte, 32)
		for i := range key {
			key[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[random.IntN(36)]
		}
		publicID := core.PublicID(string(key))
		if seen[publicID] {
			t.Fatalf("two keys have the public ID %q", publicID)
		}
		seen[publicID] = true
		if prefix, ok := core.PublicIDPrefix(publicID); !ok || prefix != string(key[:4]) {
			t.Errorf("PublicIDPrefix(%q): got %q, %t, want what the key begins with", publicID, prefix, ok)
		}
		for i := range len(key) - 4 {
			// Five in a row by chance: once in 100,000 keys, and never with this seed.
			if strings.Contains(publicID, string(key[i:i+5])) {
				t.Errorf("the public ID %q has five characters of its key in a row", publicID)
			}
		}
	}
	// Keys that differ in their last character alone.
	if a, b := core.PublicID("abcdefghijklmnopqrstuvwxyz012345"), core.PublicID("abcdefghijklmnopqrstuvwxyz012346"); a[5:] == b[5:] {
		t.Errorf("two keys: got the public IDs %q and %q, want different digests", a, b)
	}
}

func TestPublicIDPrefixOfOthers(t *testing.T) {
	t.Parallel()
	const publicID = "abcd-abcdefghijklmnopqrstuvwxyz"
	if _, ok := core.PublicIDPrefix(publicID); !ok {
		t.Fatalf("PublicIDPrefix(%q): got false, want true", publicID)
	}
	for name, text := range map[string]string{
		"nothing":             "",
		"a key":               "abcdefghijklmnopqrstuvwxyz012345",
		"a dash":              "-",
		"no dash":             strings.ReplaceAll(publicID, "-", ""),
		"an early dash":       "abc-abcdefghijklmnopqrstuvwxyza",
		"a second dash":       "abcd-abcdefghijklm-opqrstuvwxyz",
		"a prefix alone":      "abcd-",
		"too short":           publicID[:len(publicID)-1],
		"too long":            publicID + "a",
		"upper case":          strings.ToUpper(publicID),
		"SQL's wildcards":     "%%%%-abcdefghijklmnopqrstuvwxyz",
		"an underscore":       "ab_d-abcdefghijklmnopqrstuvwxyz",
		"a quote":             "ab'd-abcdefghijklmnopqrstuvwxyz",
		"a NUL":               "ab\x00d-abcdefghijklmnopqrstuvwxyz",
		"a wildcard at last":  "abcd-abcdefghijklmnopqrstuvwxy%",
		"a space at the end":  publicID[:len(publicID)-1] + " ",
		"a rune":              "aüd-abcdefghijklmnopqrstuvwxyz",
		"a line break behind": publicID[:len(publicID)-1] + "\n",
	} {
		if prefix, ok := core.PublicIDPrefix(text); ok {
			t.Errorf("PublicIDPrefix of %s: got %q, true, want false", name, prefix)
		}
	}
}

// The session's public ID is that of the record in the store, at every moment.
func TestSessionPublicID(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	check := func(s *core.Session, when, want string) {
		t.Helper()
		if got := s.PublicID(); got != want {
			t.Errorf("%s: got %q, want %q", when, got, want)
		}
	}
	st.visit(func(s *core.Session, _ http.ResponseWriter) {
		check(s, "an anonymous visitor", "")
		s.Set("a", 1)
		check(s, "before the first save", "")
		if err := s.Save(t.Context()); err != nil {
			t.Fatal(err)
		}
		check(s, "after it", core.PublicID(s.Key()))
	})
	old := core.PublicID(st.cookie)
	if old == "" {
		t.Fatal("a new session has no public ID")
	}
	st.visit(func(s *core.Session, w http.ResponseWriter) {
		check(s, "the first thing in a request", old)
		s.CycleKey()
		check(s, "while CycleKey is pending", old)
		w.WriteHeader(http.StatusOK)
		check(s, "after it was saved", core.PublicID(s.Key()))
	})
	if got := core.PublicID(st.cookie); got == old {
		t.Error("a new key has the old public ID")
	}
	st.visit(func(s *core.Session, _ http.ResponseWriter) {
		s.Flush()
		check(s, "after Flush", "")
		s.Set("a", 1)
		check(s, "and a new session that is not saved", "")
	})
	st.cookie = core.NewSessionKey()
	st.visit(func(s *core.Session, _ http.ResponseWriter) { check(s, "an unknown key", "") })
}

// Whoever shows a public ID shows what depends on the cookie.
func TestSessionPublicIDIsARead(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	st.visit(increment)
	st.spy.took()
	w := st.visit(func(s *core.Session, _ http.ResponseWriter) { s.PublicID() })
	st.wantCalls("load")
	if got := w.Header().Get("Vary"); got != "Cookie" {
		t.Errorf("Vary: got %q, want Cookie", got)
	}
}

// A public ID is public, but a session prints nothing of itself.
func TestSessionDoesNotPrintItsPublicID(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	st.visit(increment)
	st.visit(func(s *core.Session, _ http.ResponseWriter) {
		publicID := s.PublicID()
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			if got := fmt.Sprintf(verb, s); strings.Contains(got, publicID) || strings.Contains(got, s.Key()) {
				t.Errorf("%s prints the public ID or the key", verb)
			}
		}
	})
}

func FuzzPublicID(f *testing.F) {
	for _, seed := range []string{"", "abcdefghijklmnopqrstuvwxyz012345", "abcd-abcdefghijklmnopqrstuvwxyz", "a-b", "äöüß"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if publicID := core.PublicID(text); publicID != "" {
			prefix, ok := core.PublicIDPrefix(publicID)
			if !ok || !strings.HasPrefix(text, prefix) || publicID != core.PublicID(text) || core.ValidSessionKey(publicID) {
				t.Errorf("PublicID(%q) = %q: no public ID, another one the second time, or a key", text, publicID)
			}
		}
		if prefix, ok := core.PublicIDPrefix(text); ok && (!strings.HasPrefix(text, prefix+"-") || core.PublicID(text) != "" || core.ValidSessionKey(text)) {
			t.Errorf("PublicIDPrefix(%q) = %q: the text is a key, or does not begin so", text, prefix)
		}
	})
}
