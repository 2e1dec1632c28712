package django

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/filestore"
)

var fileRequirements = []requirement{
	{name: "test_configuration_check", says: "A storage directory that does not exist is refused at construction.", verdict: same, test: func(t *testing.T, st *site) {
		if _, err := filestore.New(filepath.Join(st.dir, "none")); err == nil || !strings.Contains(err.Error(), "create it") {
			t.Errorf("New: got %v, want an error that says what to do", err)
		}
	}, also: []reference{"core/filestore TestNewSaysTheCure"}},
	{name: "test_invalid_key_backslash", says: `The key a\b\c is refused.`, verdict: differs,
		why: "It is a key that nobody has (ErrNotFound), not an error of its own: a client that makes up keys is no incident.", test: func(t *testing.T, st *site) {
			wantNoPath(t, st, `a\b\c\d\e`)
		}},
	{name: "test_invalid_key_forwardslash", says: "The key a/b/c is refused.", verdict: differs, why: "As above.", test: func(t *testing.T, st *site) {
		wantNoPath(t, st, "a/b/c/d/e")
		wantNoPath(t, st, "../../a/b/c")
	}},
	{name: "test_clearsessions_command", says: "With an age of 0, of three sessions (one with an hour left, one past it, one without an expiry) clearing leaves the first.", verdict: same,
		why: "Config.CookieAge is a second at least, so a second passes.",
		test: func(t *testing.T, st *site) {
			dir := t.TempDir()
			store, err := filestore.New(dir)
			if err != nil {
				t.Fatal(err)
			}
			m := st.manager(t, store, core.Config{CookieAge: time.Second})
			for _, expiry := range []time.Duration{time.Hour, -time.Hour, 0} {
				s := m.Open(t.Context(), "")
				s.Set("foo", "bar")
				if expiry != 0 {
					s.SetExpiry(expiry)
				}
				save(t, s)
			}
			if got := sessionFiles(t, dir); got != 3 {
				t.Errorf("files before: got %d, want 3", got)
			}
			st.clock.advance(time.Second)
			if n, err := m.ClearExpired(t.Context(), core.ClearOptions{}); n != 2 || err != nil {
				t.Errorf("ClearExpired: got %d, %v; want 2, nil", n, err)
			}
			if got := sessionFiles(t, dir); got != 1 {
				t.Errorf("files after: got %d, want 1", got)
			}
		}, also: []reference{"core/filestore TestClearLeavesForeignFiles"}},
}

// wantNoPath checks that a key with separators reaches no file.
func wantNoPath(t *testing.T, st *site, key string) {
	t.Helper()
	ctx := t.Context()
	if got := st.m.Open(ctx, key).Key(); got != "" {
		t.Error("Open adopts the key")
	}
	if _, err := st.store.Load(ctx, key); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("Load: got %v, want ErrNotFound", err)
	}
	if existed, err := st.store.Delete(ctx, key); existed || err != nil {
		t.Errorf("Delete: got %t, %v; want false, nil", existed, err)
	}
	if _, err := st.store.Create(ctx, core.Record{Key: key, ExpireDate: st.clock.Now().Add(time.Hour)}.WithCodec(codec(t))); err == nil {
		t.Error("Create: got no error, want one")
	}
}

func sessionFiles(t *testing.T, dir string) (n int) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "sessionid") {
			n++
		}
	}
	return n
}
