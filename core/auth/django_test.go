package auth_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/auth"
	"github.com/djinn-go/djinn/core/memstore"
)

// djangoSite is a real Django in another process. Sessions cross as the text that
// Django keeps in its table.
type djangoSite struct {
	t       *testing.T
	in      io.Writer
	out     *bufio.Scanner
	version [3]int
	codec   core.Codec
}

// djangoUser is what Django says of one of its users.
type djangoUser struct{ ID, Password, Hash string }

// djangoVisit is what a request to Django came to.
type djangoVisit struct {
	Status        int
	Body          string
	SessionData   *string `json:"session_data"` // nil: there is none left
	NewSessionKey bool    `json:"new_key"`
}

// startDjango starts the site, or skips the test where there is no Django.
func startDjango(t *testing.T, secret string, fallbacks ...string) *djangoSite {
	t.Helper()
	python := findDjango(t)
	cmd := exec.CommandContext(t.Context(), python, "testdata/django_site.py")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Wait() // t.Context has killed it
	})
	codec, err := core.DjangoCodec{SecretKey: core.Secret(secret)}.New()
	if err != nil {
		t.Fatal(err)
	}
	site := &djangoSite{t: t, in: in, out: bufio.NewScanner(out), codec: codec}
	site.out.Buffer(nil, 1<<20)
	var hello struct{ Version [3]int }
	if fallbacks == nil {
		fallbacks = []string{}
	}
	site.ask(map[string]any{"secret_key": secret, "fallbacks": fallbacks}, &hello)
	site.version = hello.Version
	t.Logf("Django %v", site.version)
	return site
}

// findDjango returns a Python that has Django: $DJINN_PYTHON, or the system's own,
// or the first in the PATH.
func findDjango(t *testing.T) string {
	t.Helper()
	for _, python := range []string{os.Getenv("DJINN_PYTHON"), "/usr/bin/python3", "python3"} {
		if python != "" && exec.Command(python, "-c", "import django").Run() == nil {
			return python
		}
	}
	const why = "no Python with Django: install Debian's python3-django, or name one in DJINN_PYTHON"
	if os.Getenv("DJINN_REQUIRE_SERVICES") == "1" {
		t.Fatal(why + " (and DJINN_REQUIRE_SERVICES=1)")
	}
	t.Skip(why)
	return ""
}

// ask sends one line and reads one.
func (d *djangoSite) ask(question, answer any) {
	d.t.Helper()
	line, err := json.Marshal(question)
	if err != nil {
		d.t.Fatal(err)
	}
	if _, err := d.in.Write(append(line, '\n')); err != nil {
		d.t.Fatalf("Django is gone: %v", err)
	}
	if !d.out.Scan() {
		d.t.Fatalf("Django does not answer: %v", d.out.Err())
	}
	if err := json.Unmarshal(d.out.Bytes(), answer); err != nil {
		d.t.Fatalf("Django answers %s: %v", d.out.Bytes(), err)
	}
}

func (d *djangoSite) createUser(name, password string) (u djangoUser) {
	d.t.Helper()
	d.ask(map[string]any{"do": "create_user", "username": name, "password": password}, &u)
	return u
}

func (d *djangoSite) changeUser(name string, fields map[string]any) (u djangoUser) {
	d.t.Helper()
	question := map[string]any{"do": "change_user", "username": name}
	for k, v := range fields {
		question[k] = v
	}
	d.ask(question, &u)
	return u
}

// visit makes a request; s is nil for a new visitor. post makes it a POST.
func (d *djangoSite) visit(view string, s *core.Session, post map[string]any) (v djangoVisit) {
	d.t.Helper()
	question := map[string]any{"do": "visit", "view": view}
	if s != nil {
		text, err := d.codec.Encode(s.Values())
		if err != nil {
			d.t.Fatal(err)
		}
		question["session_data"] = text
	}
	for k, x := range post {
		question[k] = x
	}
	d.ask(question, &v)
	if v.Status != 200 {
		d.t.Fatalf("Django answers /%s with %d", view, v.Status)
	}
	return v
}

// open is the session that a visit left behind, as Go reads it.
func (d *djangoSite) open(v djangoVisit) *core.Session {
	d.t.Helper()
	if v.SessionData == nil {
		d.t.Fatal("Django left no session behind")
	}
	values, err := d.codec.Decode(*v.SessionData)
	if err != nil {
		d.t.Fatalf("cannot read what Django wrote: %v", err)
	}
	store := must(memstore.New())
	key, err := store.Create(context.Background(), core.Record{Key: core.NewSessionKey(), Values: values, ExpireDate: time.Now().Add(time.Hour)})
	if err != nil {
		d.t.Fatal(err)
	}
	return manager(d.t, store).Open(context.Background(), key)
}

func TestDjangoLogsInGoKnows(t *testing.T) {
	t.Parallel()
	site := startDjango(t, testKey)
	a := newAuth(t, auth.Config{SecretKey: testKey})
	jasmine := site.createUser("jasmine", "rajah")
	site.createUser("aladdin", "abu")
	if got := a.SessionAuthHash(jasmine.Password); got != jasmine.Hash {
		t.Errorf("SessionAuthHash = %s, Django's is %s", got, jasmine.Hash)
	}
	s := site.open(site.visit("login", nil, map[string]any{"username": "jasmine", "password": "rajah"}))
	if got := whoIs(t, a, s, jasmine.ID, jasmine.Password); got != jasmine.ID {
		t.Errorf("Go says %q is logged in, want %q", got, jasmine.ID)
	}

	// Django changes the password and keeps its own session alive.
	changed := site.visit("change_password", s, map[string]any{"password": "carpet"})
	if got := whoIs(t, a, site.open(changed), jasmine.ID, changed.Body); got != jasmine.ID {
		t.Errorf("after update_session_auth_hash Go says %q, want %q", got, jasmine.ID)
	}
	// The session that did not hear of it ends.
	if got := whoIs(t, a, s, jasmine.ID, changed.Body); got != "anonymous" {
		t.Errorf("with the old password's hash Go says %q, want anonymous", got)
	}
	if s.Has("_auth_user_id") || s.Key() != "" {
		t.Error("the session with the old password's hash was not flushed")
	}

	// What Django logs out is nobody here.
	if left := site.visit("logout", site.open(changed), nil); left.SessionData != nil {
		t.Error("Django's logout left a session behind")
	}
}

func TestGoLogsInDjangoKnows(t *testing.T) {
	t.Parallel()
	site := startDjango(t, testKey)
	a := newAuth(t, auth.Config{SecretKey: testKey})
	aladdin := site.createUser("aladdin", "abu")
	jasmine := site.createUser("jasmine", "rajah")

	s := openWith(t, "cart", "lamp")
	login(t, a, s, auth.User{ID: aladdin.ID, PasswordHash: aladdin.Password})
	if got := site.visit("who", s, nil); got.Body != aladdin.ID || got.NewSessionKey {
		t.Errorf("Django says %q (new key: %t), want %q under the same key", got.Body, got.NewSessionKey, aladdin.ID)
	}
	// The same text as Django's own login writes.
	theirs := site.open(site.visit("login", openWith(t, "cart", "lamp"), map[string]any{"username": "aladdin", "password": "abu"}))
	theirs.Delete("_csrftoken")
	if got, want := items(s), items(theirs); got != want {
		t.Errorf("Go's login writes %s, Django's %s", got, want)
	}

	// Go changes the password.
	renewed := site.changeUser("aladdin", map[string]any{"password": "genie"})
	stale := openWith(t, "cart", "lamp")
	login(t, a, stale, auth.User{ID: aladdin.ID, PasswordHash: aladdin.Password})
	a.UpdateSessionAuthHash(s, auth.User{ID: renewed.ID, PasswordHash: renewed.Password})
	if got := site.visit("who", s, nil); got.Body != aladdin.ID {
		t.Errorf("after UpdateSessionAuthHash Django says %q, want %q", got.Body, aladdin.ID)
	}
	if got := site.visit("who", stale, nil); got.Body != "anonymous" || got.SessionData != nil {
		t.Errorf("with the old password's hash Django says %q (session left: %t), want anonymous and none", got.Body, got.SessionData != nil)
	}

	// An inactive user is anonymous and the session stays, on both sides.
	site.changeUser("aladdin", map[string]any{"is_active": false})
	if got := site.visit("who", s, nil); got.Body != "anonymous" || got.SessionData == nil {
		t.Errorf("for an inactive user Django says %q (session left: %t), want anonymous and one", got.Body, got.SessionData != nil)
	}

	// Another user logs in with Django on top of a Go login: nothing is left of it.
	other := site.open(site.visit("login", s, map[string]any{"username": "jasmine", "password": "rajah"}))
	if got := whoIs(t, a, other, jasmine.ID, jasmine.Password); got != jasmine.ID || other.Has("cart") {
		t.Errorf("Go says %q (cart: %t), want %q without a cart", got, other.Has("cart"), jasmine.ID)
	}

	a.Logout(s)
	if got := site.visit("who", s, nil); got.Body != "anonymous" {
		t.Errorf("after Logout Django says %q, want anonymous", got.Body)
	}
}

func TestDjangoTakesIntegerID(t *testing.T) {
	t.Parallel()
	site := startDjango(t, testKey)
	aladdin := site.createUser("aladdin", "abu")
	s := openWith(t, "_auth_user_id", json.Number(aladdin.ID), "_auth_user_backend", auth.ModelBackend, "_auth_user_hash", aladdin.Hash)
	if got := site.visit("who", s, nil); got.Body != aladdin.ID {
		t.Errorf("Django says %q, want %q", got.Body, aladdin.ID)
	}
	if got := whoIs(t, newAuth(t, auth.Config{SecretKey: testKey}), s, aladdin.ID, aladdin.Password); got != aladdin.ID {
		t.Errorf("Go says %q, want %q", got, aladdin.ID)
	}
}

func TestDjangoMakesCSRFSecretAnew(t *testing.T) {
	t.Parallel()
	site := startDjango(t, testKey)
	a := newAuth(t, auth.Config{SecretKey: testKey})
	aladdin := site.createUser("aladdin", "abu")
	s := site.open(site.visit("form", nil, nil))
	before, ok := s.Get("_csrftoken").(string)
	if !ok {
		t.Fatal("Django keeps no CSRF secret in the session")
	}
	login(t, a, s, auth.User{ID: aladdin.ID, PasswordHash: aladdin.Password})
	if s.Has("_csrftoken") {
		t.Error("Login left the CSRF secret in the session")
	}
	after := site.open(site.visit("form", s, nil))
	if got, _ := after.Get("_csrftoken").(string); got == "" || got == before {
		t.Errorf("Django's next form has the CSRF secret of before the login, or none")
	}
}

// TestSecretKeyRotation: Go accepts what Django made with the old key, and Django
// accepts what Go makes of it with the new one.
func TestSecretKeyRotation(t *testing.T) {
	t.Parallel()
	old := startDjango(t, "old-"+testKey)
	a := newAuth(t, auth.Config{SecretKey: testKey, SecretKeyFallbacks: []core.Secret{"older", "old-" + testKey}})
	aladdin := old.createUser("aladdin", "abu")
	s := old.open(old.visit("login", nil, map[string]any{"username": "aladdin", "password": "abu"}))
	before := s.Key()
	if got := whoIs(t, a, s, aladdin.ID, aladdin.Password); got != aladdin.ID {
		t.Errorf("Go says %q, want %q by a fallback key", got, aladdin.ID)
	}
	save(t, s)
	if s.Key() == before {
		t.Error("the session kept its key")
	}
	if got, want := s.Get("_auth_user_hash"), a.SessionAuthHash(aladdin.Password); got != want {
		t.Errorf("the session's hash was not made anew with the current key: %v", got)
	}

	site := startDjango(t, testKey, "old-"+testKey)
	site.ask(map[string]any{"do": "import_user", "id": aladdin.ID, "username": "aladdin", "password": aladdin.Password}, &djangoUser{})
	if got := site.visit("who", s, nil); got.Body != aladdin.ID || got.NewSessionKey {
		t.Errorf("Django with the new key says %q (new key: %t), want %q under the same key", got.Body, got.NewSessionKey, aladdin.ID)
	}
	// What Go made with the old key, Django rotates too, from 4.1.8 on.
	s = openWith(t)
	login(t, newAuth(t, auth.Config{SecretKey: "old-" + testKey}), s, auth.User{ID: aladdin.ID, PasswordHash: aladdin.Password})
	want := "anonymous"
	if slices.Compare(site.version[:], []int{4, 1, 8}) >= 0 {
		want = aladdin.ID
	}
	if got := site.visit("who", s, nil); got.Body != want || got.NewSessionKey != (want == aladdin.ID) {
		t.Errorf("Django %v says %q of the old key's hash (new key: %t), want %q", site.version, got.Body, got.NewSessionKey, want)
	}
}
