//go:build unix

package filestore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/filestore"
	"github.com/djinn-go/djinn/core/storetest"
)

func TestLaws(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB) core.Store { return open(t, t.TempDir()) })
}

// Two stores on one directory are to each other as two processes are.
func TestLawsBetweenProcesses(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB) core.Store {
		dir := t.TempDir()
		return &alternating{Store: open(t, dir), other: open(t, dir)}
	}, storetest.Rounds(50))
}

// alternating updates through one store and does the rest through another.
type alternating struct {
	*filestore.Store
	other *filestore.Store
}

func (a *alternating) Update(ctx context.Context, rec core.Record) (string, error) {
	return a.other.Update(ctx, rec)
}

const secret = "not a secret"

func open(t testing.TB, dir string, opts ...filestore.Option) *filestore.Store {
	t.Helper()
	s, err := filestore.New(dir, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// configured returns s after it was told settings, as core.New tells it.
func configured(t testing.TB, s *filestore.Store, settings core.Settings) *filestore.Store {
	t.Helper()
	if err := s.Configure(settings); err != nil {
		t.Fatal(err)
	}
	return s
}

func codec(t testing.TB) core.Codec {
	t.Helper()
	c, err := core.DjangoCodec{SecretKey: secret}.New()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// record has the items of json and expires in d.
func record(t testing.TB, key, json string, d time.Duration) core.Record {
	t.Helper()
	v, err := core.ParseValues(json)
	if err != nil {
		t.Fatal(err)
	}
	return core.Record{Key: key, Values: v, ExpireDate: time.Now().Add(d)}.WithCodec(codec(t))
}

func create(t testing.TB, s *filestore.Store, json string, d time.Duration) string {
	t.Helper()
	key, err := s.Create(t.Context(), record(t, core.NewSessionKey(), json, d))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func names(t testing.TB, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".lock") {
			all = append(all, e.Name())
		}
	}
	return all
}

func TestFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := configured(t, open(t, dir, filestore.WithSync()), core.Settings{CookieName: "site"})
	key := create(t, s, `{"a":1}`, time.Hour)
	if got := names(t, dir); len(got) != 1 || got[0] != "site"+key {
		t.Fatalf("the directory holds %d files, want one: the cookie's name and the key", len(got))
	}
	path := filepath.Join(dir, "site"+key)
	fi, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := fi.Mode(); got != 0o600 {
		t.Errorf("mode: got %v, want 0600", got)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := s.Load(t.Context(), key)
	if err != nil || rec.Encoded != string(text) || !strings.HasPrefix(rec.Encoded, "eyJhIjoxfQ:") {
		t.Errorf("Load: got %d bytes and %v, want the file's %d bytes", len(rec.Encoded), err, len(text))
	}
	if existed, err := s.Delete(t.Context(), key); !existed || err != nil {
		t.Errorf("Delete: got %t, %v; want true, nil", existed, err)
	}
	if got := names(t, dir); len(got) != 0 {
		t.Errorf("the directory holds %d files after Delete, want none", len(got))
	}
}

func TestNewSaysTheCure(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, none := range []string{filepath.Join(dir, "none"), "", plain} {
		s, err := filestore.New(none)
		if s != nil || err == nil || !strings.Contains(err.Error(), "create it") {
			t.Errorf("New(%q): got %v, want an error with the cure", none, err)
		}
	}
	for want, told := range map[string]core.Settings{
		`CookieName "../x"`: {CookieName: "../x"},
		`CookieName "a/b"`:  {CookieName: "a/b"},
		"CookieAge is 1ms":  {CookieAge: time.Millisecond},
		"MaxSize is -1":     {MaxSize: -1},
	} {
		s := open(t, dir)
		if err := s.Configure(told); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Configure: got %v, want an error with %s", err, want)
		}
		if err := s.Configure(core.Settings{CookieName: "site", CookieAge: time.Hour, MaxSize: 1}); err != nil {
			t.Errorf("Configure after an error: got %v, want none", err)
		}
	}
}

// The table of the package comment, for files that Django wrote.
func TestExpiry(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := configured(t, open(t, dir), core.Settings{CookieAge: time.Hour})
	date := time.Now().Add(50 * time.Hour).Truncate(time.Second).UTC()
	for json, want := range map[string]time.Duration{
		`{}`:                      time.Hour,
		`{"_session_expiry":0}`:   time.Hour,
		`{"_session_expiry":600}`: 10 * time.Minute,
		`{"_session_expiry":-1}`:  -time.Second,
		`{"_session_expiry":"` + date.Format("2006-01-02T15:04:05+00:00") + `"}`: -1, // the date
	} {
		key := core.NewSessionKey()
		rec := record(t, key, json, 0)
		text, err := rec.Encode()
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "sessionid"+key)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		saved := time.Now().Add(-time.Minute).Truncate(time.Microsecond)
		if err := os.Chtimes(path, saved, saved); err != nil {
			t.Fatal(err)
		}
		expires := saved.Add(want)
		if want == -1 {
			expires = date
		}
		got, err := s.Load(t.Context(), key)
		if expires.Before(time.Now()) {
			if !errors.Is(err, core.ErrNotFound) {
				t.Errorf("%s: got %v, want ErrNotFound", json, err)
			}
			continue
		}
		if err != nil || !got.ExpireDate.Equal(expires) {
			t.Errorf("%s: got %v, %v; want %v", json, got.ExpireDate, err, expires)
		}
		// Touch moves it, unless it is a date.
		rec.ExpireDate = time.Now().Add(100 * time.Hour).UTC()
		if err := s.Touch(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
		if want != -1 {
			expires = rec.ExpireDate
		}
		got, err = s.Load(t.Context(), key)
		if err != nil || got.ExpireDate.Sub(expires).Abs() > time.Microsecond || got.Encoded != text {
			t.Errorf("%s after Touch: got %v, %v; want %v and the same text", json, got.ExpireDate, err, expires)
		}
	}
}

func TestBrokenFiles(t *testing.T) {
	t.Parallel()
	dir, ctx := t.TempDir(), t.Context()
	s := open(t, dir)
	if err := s.Configure(core.Settings{CookieName: "sessionid", MaxSize: 250}); err != nil {
		t.Fatal(err)
	}
	put := func(make func(path string) error) string {
		key := core.NewSessionKey()
		if err := make(filepath.Join(dir, "sessionid"+key)); err != nil {
			t.Fatal(err)
		}
		return key
	}
	write := func(text string) func(string) error {
		return func(path string) error { return os.WriteFile(path, []byte(text), 0o600) }
	}
	for name, text := range map[string]string{
		"foreign":   "not a session",
		"NUL":       "\x00\x00",
		"non-ASCII": "eyJhIjoxfQ:1r31gT:cuQtcHXbaoC6_\xff\xfe",
		"newline":   "eyJhIjoxfQ:1r31gT:cuQtcHXbaoC6_YiJsWVuJuakKoRcYp1VkfxCnhQSW-Q\n",
		"too large": strings.Repeat("x", 2000),
	} {
		rec, err := s.Load(ctx, put(write(text)))
		if err != nil {
			t.Errorf("%s: Load: got %v, want a record that cannot be decoded", name, err)
			continue
		}
		if _, err := rec.Decode(codec(t)); !errors.Is(err, core.ErrUndecodable) {
			t.Errorf("%s: Decode: got %v, want ErrUndecodable", name, err)
		}
	}
	empty := put(write(""))
	rec, err := s.Load(ctx, empty)
	if v, derr := rec.Decode(codec(t)); err != nil || derr != nil || v.Len() != 0 || rec.Version == "" {
		t.Errorf("an empty file: got %v, %v, %d items; want no items and a version", err, derr, v.Len())
	}
	notFiles := map[string]string{
		"directory": put(func(path string) error { return os.Mkdir(path, 0o700) }),
		"symlink":   put(func(path string) error { return os.Symlink(filepath.Join(dir, "sessionid"+empty), path) }),
		"pipe":      put(func(path string) error { return syscall.Mkfifo(path, 0o600) }),
	}
	for name, key := range notFiles {
		_, err := s.Load(ctx, key)
		if err == nil || errors.Is(err, core.ErrNotFound) || strings.Contains(err.Error(), key) {
			t.Errorf("%s: Load: got %v, want an error that is no answer and does not name the key", name, err)
		}
		if _, err := s.Update(ctx, record(t, key, `{}`, time.Hour)); err == nil || errors.Is(err, core.ErrNotFound) {
			t.Errorf("%s: Update: got %v, want an error that is no answer", name, err)
		}
	}
	if _, err := s.Create(ctx, record(t, core.NewSessionKey(), `{"a":"`+strings.Repeat("x", 2000)+`"}`, time.Hour)); !errors.Is(err, core.ErrTooLarge) {
		t.Errorf("Create of more than Config.MaxSize allows: got %v, want ErrTooLarge", err)
	}
}

func TestClearLeavesForeignFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	old := time.Now().Add(-365 * 24 * time.Hour)
	key := create(t, s, `{}`, -time.Minute)
	stale := "sessionid" + key + "_out_abc"
	keep := []string{"README", "sessionid", "sessionid.bak", "sessionidX" + key, "other" + key, "sessionid" + key + ".bak", "sessionid_out_x"}
	for _, name := range append(keep, stale) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	young := "sessionid" + key + "_out_young"
	if err := os.WriteFile(filepath.Join(dir, young), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	keep = append(keep, young)
	n, err := s.ClearExpired(t.Context(), core.ClearOptions{})
	if n != 1 || err != nil {
		t.Errorf("ClearExpired: got %d, %v; want 1, nil", n, err)
	}
	if got := names(t, dir); len(got) != len(keep) {
		t.Errorf("after ClearExpired: got %q, want %q", got, keep)
	}
}

// A process that stops while it has the lock costs an error, not a request that
// never ends.
func TestLockIsBoundedByContext(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	key := create(t, s, `{"a":1}`, time.Hour)
	f, err := os.Open(filepath.Join(dir, ".sessionid.lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := s.Update(ctx, record(t, key, `{"a":2}`, time.Hour)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Update while another process has the lock: got %v, want DeadlineExceeded", err)
	}
	if _, err := s.Load(t.Context(), key); err != nil {
		t.Errorf("Load while another process has the lock: got %v, want the record", err)
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("the directory holds %d files, want the session alone", len(got))
	}
}

func TestPrintsNoKey(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	if got := fmt.Sprintf("%+v", s); !strings.HasPrefix(got, "filestore.Store(") {
		t.Errorf("the store prints %s", got)
	}
}

func BenchmarkUpdate(b *testing.B) {
	s := open(b, b.TempDir())
	rec := record(b, core.NewSessionKey(), `{"_auth_user_id":"1","cart":[1,2,3]}`, time.Hour)
	if _, err := s.Create(b.Context(), rec); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.Update(b.Context(), rec); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	s := open(b, b.TempDir())
	key := create(b, s, `{"_auth_user_id":"1","cart":[1,2,3]}`, time.Hour)
	for b.Loop() {
		if _, err := s.Load(b.Context(), key); err != nil {
			b.Fatal(err)
		}
	}
}
