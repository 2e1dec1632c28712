package django

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/signing"
)

const secretKey core.Secret = "only for tests"

// clock stands still until a test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)} }

// Now is the time that stores, Managers and tests share.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// site is a back end with a Manager on it, for one requirement.
type site struct {
	backend
	opened
	clock *clock
	m     *core.Manager

	mu     sync.Mutex
	events []core.Event
	log    bytes.Buffer
}

func newSite(t *testing.T, b backend, c *clock, o opened) *site {
	t.Helper()
	st := &site{backend: b, opened: o, clock: c}
	st.m = st.manager(t, o.store, core.Config{})
	return st
}

// fresh is a site on a store of its own, for tests that count records.
func (st *site) fresh(t *testing.T) *site {
	t.Helper()
	c := newClock()
	return newSite(t, st.backend, c, st.open(t, c))
}

// manager is one more Manager with the site's clock, log and observer.
func (st *site) manager(t *testing.T, store core.Store, cfg core.Config) *core.Manager {
	t.Helper()
	cfg.SecretKey = secretKey
	cfg.Now = st.clock.Now
	cfg.Logger = slog.New(slog.NewTextHandler(lockedWriter{st}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	cfg.Observer = func(_ context.Context, e core.Event) {
		st.mu.Lock()
		defer st.mu.Unlock()
		st.events = append(st.events, e)
	}
	m, err := core.New(store, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

type lockedWriter struct{ st *site }

func (w lockedWriter) Write(p []byte) (int, error) {
	w.st.mu.Lock()
	defer w.st.mu.Unlock()
	return w.st.log.Write(p)
}

// took are the events of a kind since the last call for it.
func (st *site) took(kind core.EventKind) []core.Event {
	st.mu.Lock()
	defer st.mu.Unlock()
	var found []core.Event
	for _, e := range st.events {
		if e.Kind == kind {
			found = append(found, e)
		}
	}
	st.events = slices.DeleteFunc(st.events, func(e core.Event) bool { return e.Kind == kind })
	return found
}

// logged is what was logged at level warn and above.
func (st *site) logged() string {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.log.String()
}

// empty is a session without a key.
func (st *site) empty(t *testing.T) *core.Session { return st.m.Open(t.Context(), "") }

// reopen is what the next request sees of s.
func (st *site) reopen(t *testing.T, s *core.Session) *core.Session {
	t.Helper()
	if s.Key() == "" {
		t.Fatal("the session has no key")
	}
	return st.m.Open(t.Context(), s.Key())
}

// stored is a session with an item, saved.
func (st *site) stored(t *testing.T) *core.Session {
	t.Helper()
	s := st.empty(t)
	s.Set("foo", "bar")
	save(t, s)
	return s
}

func save(t *testing.T, s *core.Session) {
	t.Helper()
	if err := s.Save(t.Context()); err != nil {
		t.Fatalf("Save: got %v, want nil", err)
	}
}

// holding puts a text into the store where a session should be, and returns its key.
func (st *site) holding(t *testing.T, text string) string {
	t.Helper()
	if st.stateless {
		return text
	}
	key := st.stored(t).Key()
	st.overwrite(t, key, text)
	return key
}

// signed is a text with a good signature, whatever the payload.
func (st *site) signed(payload string) string {
	salt := core.DjangoSalt
	if s, ok := core.As[core.Salter](st.store); ok {
		salt = s.Salt()
	}
	return signing.New(string(secretKey), salt).Dump([]byte(payload), st.clock.Now(), false)
}

func (st *site) exists(t *testing.T, key string) bool {
	t.Helper()
	ok, err := st.m.Exists(t.Context(), key)
	if err != nil {
		t.Fatalf("Exists: got %v, want no error", err)
	}
	return ok
}

// wantEnded checks that a key that was given up is dead, or cannot be.
func (st *site) wantEnded(t *testing.T, key string) {
	t.Helper()
	if got := st.exists(t, key); got != st.stateless {
		t.Errorf("Exists of the old key: got %t, want %t", got, st.stateless)
	}
}

// wantFlags checks Accessed and Modified.
func wantFlags(t *testing.T, s *core.Session, accessed, modified bool) {
	t.Helper()
	if got := s.Accessed(); got != accessed {
		t.Errorf("Accessed: got %t, want %t", got, accessed)
	}
	if got := s.Modified(); got != modified {
		t.Errorf("Modified: got %t, want %t", got, modified)
	}
}

// wantItems checks all items, as the JSON text that is stored.
func wantItems(t *testing.T, s *core.Session, want string) {
	t.Helper()
	if got := string(s.Values().AppendJSON(nil)); got != want {
		t.Errorf("items: got %s, want %s", got, want)
	}
}

// response is what a browser got.
type response struct {
	status  int
	cookies []string // Set-Cookie, to the letter
	vary    string
	body    string
}

// visit sends one request over HTTP. key is the cookie; empty sends none.
func visit(t *testing.T, m *core.Manager, key string, do func(s *core.Session, w http.ResponseWriter)) response {
	t.Helper()
	server := httptest.NewServer(m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		do(m.Session(r.Context()), w)
	})))
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		r.Header.Set("Cookie", m.CookieName()+"="+key)
	}
	answer, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response{answer.StatusCode, answer.Header["Set-Cookie"], strings.Join(answer.Header["Vary"], ", "), string(body)}
}

// key is that of the one session cookie that was set.
func (r response) key(t *testing.T) string {
	t.Helper()
	if len(r.cookies) != 1 {
		t.Fatalf("got %d Set-Cookie lines, want 1", len(r.cookies))
	}
	value, _, _ := strings.Cut(r.cookies[0], ";")
	_, value, _ = strings.Cut(value, "=")
	return value
}

// what requests do
func untouched(*core.Session, http.ResponseWriter)      {}
func read(s *core.Session, _ http.ResponseWriter)       { s.Get("foo") }
func change(s *core.Session, _ http.ResponseWriter)     { s.Set("hello", "world") }
func flush(s *core.Session, _ http.ResponseWriter)      { s.Flush() }
func removeItem(s *core.Session, _ http.ResponseWriter) { s.Delete("foo") }
