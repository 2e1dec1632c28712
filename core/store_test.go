package core_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
	"github.com/djinn-go/djinn/core/sessiontest"
)

// spyStore is a memory store that writes down what it is asked, and can be told
// to fail or to do something first. It hides the abilities of what it wraps.
type spyStore struct {
	core.Store
	mu    sync.Mutex
	calls []string
	// before runs before a call and fails it if it returns an error.
	before func(op string) error
}

func newSpyStore() *spyStore { return &spyStore{Store: must(memstore.New())} }

func (s *spyStore) note(op string) error {
	s.mu.Lock()
	s.calls = append(s.calls, op)
	before := s.before
	s.mu.Unlock()
	if before != nil {
		return before(op)
	}
	return nil
}

// took returns the calls so far and forgets them.
func (s *spyStore) took() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := strings.Join(s.calls, " ")
	s.calls = nil
	return calls
}

func (s *spyStore) setBefore(f func(op string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = f
}

func (s *spyStore) Load(ctx context.Context, key string) (core.Record, error) {
	if err := s.note("load"); err != nil {
		return core.Record{}, err
	}
	return s.Store.Load(ctx, key)
}

func (s *spyStore) Create(ctx context.Context, rec core.Record) (string, error) {
	if err := s.note("create"); err != nil {
		return "", err
	}
	return s.Store.Create(ctx, rec)
}

func (s *spyStore) Update(ctx context.Context, rec core.Record) (string, error) {
	if err := s.note("update"); err != nil {
		return "", err
	}
	return s.Store.Update(ctx, rec)
}

func (s *spyStore) Delete(ctx context.Context, key string) (bool, error) {
	if err := s.note("delete"); err != nil {
		return false, err
	}
	return s.Store.Delete(ctx, key)
}

// touchSpy and rotateSpy show the abilities again, and note them.
type touchSpy struct{ *spyStore }

func (s touchSpy) Touch(ctx context.Context, rec core.Record) error {
	if err := s.note("touch"); err != nil {
		return err
	}
	return s.Store.(core.Toucher).Touch(ctx, rec)
}

type rotateSpy struct{ touchSpy }

func (s rotateSpy) Rotate(ctx context.Context, old string, rec core.Record) (string, error) {
	if err := s.note("rotate"); err != nil {
		return "", err
	}
	return s.Store.(core.Rotator).Rotate(ctx, old, rec)
}

// events collects what the Observer is told.
type events struct {
	mu  sync.Mutex
	all []core.Event
}

func (e *events) observe(_ context.Context, ev core.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, ev)
}

// reasons returns the reasons of all events of that kind, and forgets everything.
func (e *events) reasons(kind core.EventKind) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var reasons []string
	for _, ev := range e.all {
		if ev.Kind == kind {
			reasons = append(reasons, ev.Reason)
		}
	}
	e.all = nil
	return reasons
}

// warnings returns the reasons of all events that somebody should look at and that are
// no failures of the store, and forgets everything.
func (e *events) warnings() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var reasons []string
	for _, ev := range e.all {
		if isWarning(ev.Kind) {
			reasons = append(reasons, ev.Reason)
		}
	}
	e.all = nil
	return reasons
}

func isWarning(k core.EventKind) bool {
	return k >= core.EventEnded && k < core.EventFailed && k != core.EventUndecodable
}

// site is a small web site: a Manager over a spied store, and a browser with one
// cookie.
type site struct {
	t      *testing.T
	m      *core.Manager
	spy    *spyStore
	events *events
	cookie string
}

// newSite makes one. Which abilities the store shows is for the caller to choose.
func newSite(t *testing.T, cfg core.Config, show func(*spyStore) core.Store) *site {
	t.Helper()
	st := &site{t: t, spy: newSpyStore(), events: &events{}}
	cfg.SecretKey = "only for tests"
	cfg.Observer = st.events.observe
	cfg.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	var store core.Store = rotateSpy{touchSpy{st.spy}}
	if show != nil {
		store = show(st.spy)
	}
	m, err := core.New(store, cfg)
	if err != nil {
		t.Fatal(err)
	}
	st.m = m
	return st
}

// visit makes one request and keeps the cookie it gets.
func (st *site) visit(handler func(s *core.Session, w http.ResponseWriter)) *httptest.ResponseRecorder {
	st.t.Helper()
	r := httptest.NewRequest("GET", "/", nil)
	if st.cookie != "" {
		r.AddCookie(&http.Cookie{Name: "sessionid", Value: st.cookie})
	}
	w := httptest.NewRecorder()
	st.m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler(st.m.Session(r.Context()), w)
	})).ServeHTTP(w, r)
	res := w.Result()
	if n := len(res.Header["Set-Cookie"]); n > 1 {
		st.t.Errorf("%d Set-Cookie headers, want at most one", n)
	}
	for _, c := range res.Cookies() {
		st.cookie = c.Value
		if c.MaxAge < 0 {
			st.cookie = ""
		}
	}
	return w
}

// get returns what the store holds under the browser's cookie.
func (st *site) get(name string) any {
	st.t.Helper()
	s := st.m.Open(context.Background(), st.cookie)
	v := s.Get(name)
	if err := s.Err(); err != nil {
		st.t.Fatal(err)
	}
	st.spy.took()
	return v
}

func (st *site) wantCalls(want string) {
	st.t.Helper()
	if got := st.spy.took(); got != want {
		st.t.Errorf("the store was asked %q, want %q", got, want)
	}
}

var errDown = errors.New("connection refused")

func failOn(ops ...string) func(string) error {
	return func(op string) error {
		if slices.Contains(ops, op) {
			return errDown
		}
		return nil
	}
}

func TestAsLooksThroughWrappers(t *testing.T) {
	t.Parallel()
	inner := must(memstore.New())
	if _, ok := core.As[core.ExpiredClearer](wrapper{wrapper{inner}}); !ok {
		t.Error("As does not find an ability through Unwrap")
	}
	if _, ok := core.As[core.ChangeNotifier](newSpyStore()); ok {
		t.Error("As finds an ability that the store hides")
	}
	if _, ok := core.As[core.ExpiredClearer](nil); ok {
		t.Error("As finds an ability in nil")
	}
}

type wrapper struct{ core.Store }

func (w wrapper) Unwrap() core.Store { return w.Store }

func TestRecordWithoutCodec(t *testing.T) {
	t.Parallel()
	if _, err := (core.Record{}).Encode(); err == nil || !strings.Contains(err.Error(), "WithCodec") {
		t.Errorf("Encode without a codec: err = %v, want one that names WithCodec", err)
	}
}

// Nothing that a program may print by accident shows a secret.
func TestNothingPrintsSecrets(t *testing.T) {
	t.Parallel()
	const secret, key, item = "the-secret-key", "keykeykeykeykeykeykeykeykeykeyke", "the-item"
	cfg := core.Config{SecretKey: secret, SecretKeyFallbacks: []core.Secret{secret}}
	var log strings.Builder
	cfg.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	m, err := core.New(must(memstore.New()), cfg)
	if err != nil {
		t.Fatal(err)
	}
	values, err := sessiontest.Values("name", item)
	if err != nil {
		t.Fatal(err)
	}
	codec, err := core.DjangoCodec{SecretKey: secret}.New()
	if err != nil {
		t.Fatal(err)
	}
	rec := core.Record{Key: key, Values: values, Version: item, Encoded: item}.WithCodec(codec)
	s := m.Open(context.Background(), key)
	s.Set("name", item)
	x := new(core.RequestBinding)
	r := x.Begin(m, httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	x.Session().Set("name", item)
	printed := []any{cfg, &cfg, m, values, codec, rec, &rec, s, x, core.Secret(secret), []core.Secret{secret}, r.Context()}
	for _, p := range printed {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			text := fmt.Sprintf(verb, p)
			for _, hidden := range []string{secret, key, item, fmt.Sprintf("%x", secret), fmt.Sprintf("%x", key), fmt.Sprintf("%x", item)} {
				if strings.Contains(text, hidden) {
					t.Errorf("%T with %s prints %q", p, verb, text)
				}
			}
		}
	}
	for _, p := range []any{m, values, rec, s, core.Secret(secret)} {
		cfg.Logger.Info("print", "value", p)
	}
	for _, hidden := range []string{secret, key, item} {
		if strings.Contains(log.String(), hidden) {
			t.Errorf("the log shows %q: %s", hidden, log.String())
		}
	}
}
