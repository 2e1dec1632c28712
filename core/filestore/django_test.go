//go:build unix

package filestore_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
)

// python is the interpreter that the system's Django belongs to.
const python = "/usr/bin/python3"

// askDjango runs statements with Django's file back end in dir, and returns the JSON
// that they print.
func askDjango(t *testing.T, dir, program string, args ...string) map[string]any {
	t.Helper()
	if err := exec.Command(python, "-c", "import django").Run(); err != nil {
		if os.Getenv("DJINN_REQUIRE_SERVICES") == "1" {
			t.Fatal("DJINN_REQUIRE_SERVICES=1, but there is no Django: install python3-django")
		}
		t.Skip("there is no Django to share sessions with: install python3-django")
	}
	const setup = `
import json, sys
from django.conf import settings
settings.configure(SECRET_KEY=sys.argv[1], SESSION_FILE_PATH=sys.argv[2], USE_TZ=True, SESSION_COOKIE_AGE=3600,
    DEFAULT_HASHING_ALGORITHM='sha256')
from django.contrib.sessions.backends.file import SessionStore
`
	cmd := exec.Command(python, append([]string{"-W", "ignore", "-c", setup + program, secret, dir}, args...)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("Django: %v\n%s", err, stderr.String())
	}
	var answer map[string]any
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatalf("Django printed %d bytes that are no JSON object: %v", len(out), err)
	}
	return answer
}

// number is a number that Django printed.
func number(t *testing.T, answer map[string]any, name string) float64 {
	t.Helper()
	n, ok := answer[name].(float64)
	if !ok {
		t.Fatalf("Django printed no number %s", name)
	}
	return n
}

func manager(t *testing.T, dir string) *core.Manager {
	t.Helper()
	m, err := core.New(open(t, dir), core.Config{SecretKey: secret, CookieAge: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDjangoWritesGoReads(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	answer := askDjango(t, dir, `
out = {}
def make(name, expiry):
    s = SessionStore()
    s['name'] = name
    s['big'] = 10**30
    s['text'] = 'caf\u00e9 ' * 100
    if isinstance(expiry, str):
        s['_session_expiry'] = expiry # as Django 4.1 and later write it
    elif expiry is not None:
        s.set_expiry(expiry)
    s.save()
    out[name] = s.session_key
    return s
s = make('default', None)
out['mtime'] = s._last_modification().timestamp()
make('close', 0)
make('ten minutes', 600)
make('date', '2099-01-02T03:04:05.500000+00:00')
make('past', -1)
print(json.dumps(out))`)
	m := manager(t, dir)
	store := configured(t, open(t, dir), core.Settings{CookieAge: time.Hour})
	saved := time.UnixMicro(int64(number(t, answer, "mtime") * 1e6))
	for name, want := range map[string]time.Time{
		"default":     saved.Add(time.Hour),
		"close":       saved.Add(time.Hour),
		"ten minutes": saved.Add(10 * time.Minute),
		"date":        time.Date(2099, 1, 2, 3, 4, 5, 500_000_000, time.UTC),
	} {
		key, _ := answer[name].(string)
		s := m.Open(t.Context(), key)
		if got := s.Get("name"); got != name || s.Get("text") != strings.Repeat("café ", 100) {
			t.Errorf("%s: Go reads %v and a text, want what Django wrote", name, got)
		}
		rec, err := store.Load(t.Context(), key)
		within := time.Second // that Django took to write the others
		if name == "default" || name == "date" {
			within = 2 * time.Microsecond
		}
		if err != nil || rec.ExpireDate.Sub(want).Abs() > within {
			t.Errorf("%s expires: got %v, %v; want %v", name, rec.ExpireDate, err, want)
		}
	}
	past, _ := answer["past"].(string)
	if _, err := store.Load(t.Context(), past); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("past: got %v, want ErrNotFound", err)
	}
	// Go changes one item, Django reads all.
	key, _ := answer["default"].(string)
	s := m.Open(t.Context(), key)
	s.Set("go", "was here")
	if err := s.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := askDjango(t, dir, `
s = SessionStore(sys.argv[3])
print(json.dumps({'keys': list(s.keys()), 'big': str(s['big']), 'go': s['go'], 'key': s.session_key == sys.argv[3]}))`, key)
	if got["big"] != "1"+strings.Repeat("0", 30) || got["go"] != "was here" || got["key"] != true || len(got["keys"].([]any)) != 4 {
		t.Errorf("Django reads %v after Go's change, want its own items and Go's", got)
	}
	if n, err := m.ClearExpired(t.Context(), core.ClearOptions{}); n != 1 || err != nil {
		t.Errorf("ClearExpired: got %d, %v; want 1, the one of the past", n, err)
	}
}

func TestGoWritesDjangoReads(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := manager(t, dir)
	date := time.Now().Add(30 * time.Hour).Truncate(time.Microsecond).UTC()
	save := func(f func(s *core.Session)) string {
		s := m.Open(t.Context(), "")
		s.Set("text", "café")
		f(s)
		if err := s.Save(t.Context()); err != nil {
			t.Fatal(err)
		}
		return s.Key()
	}
	keys := []string{
		save(func(*core.Session) {}),
		save(func(s *core.Session) { s.SetExpiry(10 * time.Minute) }),
		save(func(s *core.Session) { s.SetExpiryDate(date) }),
		save(func(s *core.Session) { s.SetExpiry(-time.Second) }),
	}
	touched := save(func(*core.Session) {})
	store := configured(t, open(t, dir), core.Settings{CookieAge: time.Hour})
	later := time.Now().Add(5 * time.Hour).UTC()
	if err := store.Touch(t.Context(), core.Record{Key: touched, ExpireDate: later}); err != nil {
		t.Fatal(err)
	}
	got := askDjango(t, dir, `
import datetime, django
out = {'dates': django.VERSION >= (4, 1)} # before, a date written as text is a TypeError
for i, key in enumerate(sys.argv[3:]):
    if i == 2 and not out['dates']:
        continue
    s = SessionStore(key)
    if s.load().get('text') != 'caf\u00e9':
        continue
    out[str(i)] = True
    s = SessionStore(key)
    e = s._expiry_date({k: v for k, v in s.load().items() if k != '_session_expiry' or not isinstance(v, int)})
    if isinstance(e, str):
        e = datetime.datetime.fromisoformat(e)
    out['expires%d' % i] = e.timestamp()
s = SessionStore(sys.argv[3])
s['django'] = 1
s.save()
SessionStore(sys.argv[4]).delete()
print(json.dumps(out))`, append(keys, touched)...)
	dates := got["dates"] == true
	for i, want := range []bool{true, true, dates, false, true} {
		if _, ok := got[string(rune('0'+i))]; ok != want {
			t.Errorf("session %d: Django reads it: %t, want %t", i, ok, want)
		}
	}
	near := func(name string, want time.Time, within time.Duration) {
		t.Helper()
		have := time.UnixMicro(int64(number(t, got, name) * 1e6))
		if have.Sub(want).Abs() > within {
			t.Errorf("%s: Django says %v, want %v", name, have, want)
		}
	}
	near("expires0", time.Now().Add(time.Hour), time.Minute)
	if dates {
		near("expires2", date, 2*time.Microsecond)
	}
	near("expires4", later, 2*time.Microsecond)
	if v := m.Open(t.Context(), keys[0]).Get("django"); v != int64(1) {
		t.Errorf("Go reads %v of what Django added, want 1", v)
	}
	if alive, err := m.Exists(t.Context(), keys[1]); alive || err != nil {
		t.Errorf("what Django deleted: got alive %t, %v; want gone", alive, err)
	}
}
