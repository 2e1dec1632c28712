package cookiestore_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
)

// python is the interpreter that the system's Django belongs to.
const python = "/usr/bin/python3"

// askDjango runs statements with Django's signed_cookies back end, and returns the
// JSON object that they print.
func askDjango(t *testing.T, program string, args ...string) map[string]any {
	t.Helper()
	if err := exec.Command(python, "-c", "import django").Run(); err != nil {
		if os.Getenv("DJINN_REQUIRE_SERVICES") == "1" {
			t.Fatal("DJINN_REQUIRE_SERVICES=1, but there is no Django: install python3-django")
		}
		t.Skip("there is no Django to share sessions with: install python3-django")
	}
	const setup = `
import json, sys
from unittest import mock
from django.conf import settings
settings.configure(SECRET_KEY='secret', USE_TZ=True, SESSION_COOKIE_AGE=3600, DEFAULT_HASHING_ALGORITHM='sha256')
from django.contrib.sessions.backends.signed_cookies import SessionStore
`
	cmd := exec.Command(python, append([]string{"-W", "ignore", "-c", setup + program}, args...)...)
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

// manager is Django's twin: the same key and age.
func manager(t *testing.T, now func() time.Time) *core.Manager {
	t.Helper()
	m, err := core.New(open(t),
		core.Config{SecretKey: "secret", CookieAge: time.Hour, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDjangoWritesGoReads(t *testing.T) {
	t.Parallel()
	answer := askDjango(t, `
with mock.patch('time.time', return_value=1700000000.9):
    s = SessionStore()
    s['_auth_user_id'] = '7'
    s['big'] = 10**30
    s['text'] = 'caf\u00e9 ' * 100
    s.save()
    print(json.dumps({'cookie': s.session_key}))`)
	cookie, _ := answer["cookie"].(string)
	signed := time.Unix(1700000000, 0)
	for age, want := range map[time.Duration]any{0: "7", time.Hour: "7", time.Hour + time.Second: nil, -time.Hour: "7"} {
		now := func() time.Time { return signed.Add(age) }
		if got := manager(t, now).Open(t.Context(), cookie).Get("_auth_user_id"); got != want {
			t.Errorf("%v after Django signed it: got %v, want %v", age, got, want)
		}
	}
	// Go changes one item, Django reads all.
	s := manager(t, time.Now).Open(t.Context(), "")
	for name, value := range manager(t, func() time.Time { return signed }).Open(t.Context(), cookie).All() {
		s.Set(name, value)
	}
	s.Set("go", "was here")
	if err := s.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(s.Key()) > len(cookie)+40 {
		t.Errorf("Go's cookie has %d bytes, Django's has %d: want about as short", len(s.Key()), len(cookie))
	}
	got := askDjango(t, `
s = SessionStore(sys.argv[1])
print(json.dumps({'big': str(s.get('big')), 'go': s.get('go'), 'text': s.get('text')}))`, s.Key())
	if got["big"] != "1"+strings.Repeat("0", 30) || got["go"] != "was here" || got["text"] != strings.Repeat("café ", 100) {
		t.Errorf("Django reads %d items otherwise than Go wrote them", len(got))
	}
}

func TestDjangoAgreesOnExpiry(t *testing.T) {
	t.Parallel()
	signed := time.Unix(1700000000, 0)
	s := manager(t, func() time.Time { return signed }).Open(t.Context(), "")
	s.Set("a", 1)
	if err := s.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := askDjango(t, `
out = {}
for age in (0, 3600, 3601, -3600):
    with mock.patch('time.time', return_value=1700000000 + age):
        out[str(age)] = SessionStore(sys.argv[1]).get('a')
print(json.dumps(out))`, s.Key())
	for age, want := range map[string]any{"0": 1.0, "3600": 1.0, "3601": nil, "-3600": 1.0} {
		if got[age] != want {
			t.Errorf("%s s after Go signed it: Django reads %v, want %v", age, got[age], want)
		}
	}
}
