package core_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/core"
)

// A handle is in users' URLs and logs: it must never come out different.
func TestHandleStaysTheSame(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"abcdefghijklmnopqrstuvwxyz012345":         "abcd-7lpvgakxspn2jveuyqcxjp4soi",
		"00000000000000000000000000000000":         "0000-k27aiojwywlhz323qdokp6hyoe",
		"0123456789abcdef":                         "0123-sasbmkfj4bm57d7uj5rlhnc4cm", // the shortest
		"0123456789abcdefghijklmnopqrstuvwxyz0123": "0123-7tum5qs5vex6glwilavlvv3s5q", // the longest
	}
	for key, want := range tests {
		if got := core.Handle(key); got != want {
			t.Errorf("Handle(%q): got %q, want %q", key, got, want)
		}
	}
}

func TestHandleOfNoKey(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{
		"empty":            "",
		"too short":        "0123456789abcde",
		"Django's minimum": "abcdefgh",
		"too long":         "0123456789abcdefghijklmnopqrstuvwxyz01234",
		"a signed cookie":  "eyJhIjoxfQ:1u2v3w:abcdefghijklmnopqrst",
		"upper case":       "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345",
		"cut runes":        "äöüßäöüßäöüßäöüß",
		"a handle":         core.Handle("abcdefghijklmnopqrstuvwxyz012345"),
	} {
		if got := core.Handle(key); got != "" {
			t.Errorf("Handle of a key that is %s: got %q, want none", name, got)
		}
	}
}

// A handle gives away the four characters at its beginning and no more.
func TestHandleHidesTheKey(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	seen := map[string]bool{}
	for range 5000 {
		key := make([]byte, 32)
		for i := range key {
			key[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[random.IntN(36)]
		}
		handle := core.Handle(string(key))
		if seen[handle] {
			t.Fatalf("two keys have the handle %q", handle)
		}
		seen[handle] = true
		if prefix, ok := core.HandlePrefix(handle); !ok || prefix != string(key[:4]) {
			t.Errorf("HandlePrefix(%q): got %q, %t, want what the key begins with", handle, prefix, ok)
		}
		for i := range len(key) - 4 {
			// Five in a row by chance: once in 100,000 keys, and never with this seed.
			if strings.Contains(handle, string(key[i:i+5])) {
				t.Errorf("the handle %q has five characters of its key in a row", handle)
			}
		}
	}
	// Keys that differ in their last character alone.
	if a, b := core.Handle("abcdefghijklmnopqrstuvwxyz012345"), core.Handle("abcdefghijklmnopqrstuvwxyz012346"); a[5:] == b[5:] {
		t.Errorf("two keys: got the handles %q and %q, want different digests", a, b)
	}
}

func TestHandlePrefixOfNoHandle(t *testing.T) {
	t.Parallel()
	const handle = "abcd-abcdefghijklmnopqrstuvwxyz"
	if _, ok := core.HandlePrefix(handle); !ok {
		t.Fatalf("HandlePrefix(%q): got false, want true", handle)
	}
	for name, text := range map[string]string{
		"nothing":             "",
		"a key":               "abcdefghijklmnopqrstuvwxyz012345",
		"a dash":              "-",
		"no dash":             strings.ReplaceAll(handle, "-", ""),
		"an early dash":       "abc-abcdefghijklmnopqrstuvwxyza",
		"a second dash":       "abcd-abcdefghijklm-opqrstuvwxyz",
		"a prefix alone":      "abcd-",
		"too short":           handle[:len(handle)-1],
		"too long":            handle + "a",
		"upper case":          strings.ToUpper(handle),
		"SQL's wildcards":     "%%%%-abcdefghijklmnopqrstuvwxyz",
		"an underscore":       "ab_d-abcdefghijklmnopqrstuvwxyz",
		"a quote":             "ab'd-abcdefghijklmnopqrstuvwxyz",
		"a NUL":               "ab\x00d-abcdefghijklmnopqrstuvwxyz",
		"a wildcard at last":  "abcd-abcdefghijklmnopqrstuvwxy%",
		"a space at the end":  handle[:len(handle)-1] + " ",
		"a rune":              "aüd-abcdefghijklmnopqrstuvwxyz",
		"a line break behind": handle[:len(handle)-1] + "\n",
	} {
		if prefix, ok := core.HandlePrefix(text); ok {
			t.Errorf("HandlePrefix of %s: got %q, true, want false", name, prefix)
		}
	}
}

// The session's handle is that of the record in the store, at every moment.
func TestSessionHandle(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	check := func(s *core.Session, when, want string) {
		t.Helper()
		if got := s.Handle(); got != want {
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
		check(s, "after it", core.Handle(s.Key()))
	})
	old := core.Handle(st.cookie)
	if old == "" {
		t.Fatal("a new session has no handle")
	}
	st.visit(func(s *core.Session, w http.ResponseWriter) {
		check(s, "the first thing in a request", old)
		s.CycleKey()
		check(s, "while CycleKey is pending", old)
		w.WriteHeader(http.StatusOK)
		check(s, "after it was saved", core.Handle(s.Key()))
	})
	if got := core.Handle(st.cookie); got == old {
		t.Error("a new key has the old handle")
	}
	st.visit(func(s *core.Session, _ http.ResponseWriter) {
		s.Flush()
		check(s, "after Flush", "")
		s.Set("a", 1)
		check(s, "and a new session that is not saved", "")
	})
	st.cookie = core.NewKey()
	st.visit(func(s *core.Session, _ http.ResponseWriter) { check(s, "an unknown key", "") })
}

// Whoever shows a handle shows what depends on the cookie.
func TestSessionHandleIsARead(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	st.visit(increment)
	st.spy.took()
	w := st.visit(func(s *core.Session, _ http.ResponseWriter) { s.Handle() })
	st.wantCalls("load")
	if got := w.Header().Get("Vary"); got != "Cookie" {
		t.Errorf("Vary: got %q, want Cookie", got)
	}
}

// A handle is public, but a session prints nothing of itself.
func TestSessionDoesNotPrintItsHandle(t *testing.T) {
	t.Parallel()
	st := newSite(t, core.Config{}, nil)
	st.visit(increment)
	st.visit(func(s *core.Session, _ http.ResponseWriter) {
		handle := s.Handle()
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			if got := fmt.Sprintf(verb, s); strings.Contains(got, handle) || strings.Contains(got, s.Key()) {
				t.Errorf("%s prints the handle or the key", verb)
			}
		}
	})
}

func FuzzHandle(f *testing.F) {
	for _, seed := range []string{"", "abcdefghijklmnopqrstuvwxyz012345", "abcd-abcdefghijklmnopqrstuvwxyz", "a-b", "äöüß"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if handle := core.Handle(text); handle != "" {
			prefix, ok := core.HandlePrefix(handle)
			if !ok || !strings.HasPrefix(text, prefix) || handle != core.Handle(text) || core.ValidKey(handle) {
				t.Errorf("Handle(%q) = %q: no handle, another one the second time, or a key", text, handle)
			}
		}
		if prefix, ok := core.HandlePrefix(text); ok && (!strings.HasPrefix(text, prefix+"-") || core.Handle(text) != "" || core.ValidKey(text)) {
			t.Errorf("HandlePrefix(%q) = %q: the text is a key, or does not begin so", text, prefix)
		}
	})
}
