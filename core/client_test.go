package core_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/memstore"
)

// clientStore writes down for which client each of its methods was called.
type clientStore struct {
	*memstore.Store
	mu    sync.Mutex
	calls []string
}

func newClientStore() *clientStore { return &clientStore{Store: must(memstore.New())} }

func (s *clientStore) note(ctx context.Context, op string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, op+" "+clientText(ctx))
}

func (s *clientStore) took() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := strings.Join(s.calls, ", ")
	s.calls = nil
	return calls
}

func (s *clientStore) Load(ctx context.Context, key string) (core.Record, error) {
	s.note(ctx, "load")
	return s.Store.Load(ctx, key)
}

func (s *clientStore) Create(ctx context.Context, rec core.Record) (string, error) {
	s.note(ctx, "create")
	return s.Store.Create(ctx, rec)
}

func (s *clientStore) Update(ctx context.Context, rec core.Record) (string, error) {
	s.note(ctx, "update")
	return s.Store.Update(ctx, rec)
}

func (s *clientStore) Touch(ctx context.Context, rec core.Record) error {
	s.note(ctx, "touch")
	return s.Store.Touch(ctx, rec)
}

func (s *clientStore) Rotate(ctx context.Context, old string, rec core.Record) (string, error) {
	s.note(ctx, "rotate")
	return s.Store.Rotate(ctx, old, rec)
}

func (s *clientStore) Delete(ctx context.Context, key string) (bool, error) {
	s.note(ctx, "delete")
	return s.Store.Delete(ctx, key)
}

// clientText is the client of ctx in short.
func clientText(ctx context.Context) string {
	c, ok := core.ClientInfoFrom(ctx)
	if !ok {
		return "nobody"
	}
	return c.IP.String() + " " + c.UserAgent
}

func newClientManager(t *testing.T, store core.Store, cfg core.Config) *core.Manager {
	t.Helper()
	cfg.SecretKey, cfg.Logger = "only for tests", slog.New(slog.NewTextHandler(io.Discard, nil))
	m, err := core.New(store, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func requestFrom(addr, agent string) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = addr
	if agent != "" {
		r.Header.Set("User-Agent", agent)
	}
	return r
}

func TestClientAddress(t *testing.T) {
	t.Parallel()
	unknown := func(*http.Request) string { panic("not to be called") }
	says := func(text string) func(*http.Request) string { return func(*http.Request) string { return text } }
	const direct = "198.51.100.7:4711"
	tests := []struct {
		name       string
		remote     string
		config     func(*http.Request) string // Config.ClientIP
		middleware func(*http.Request) string // HandlerOptions.ClientIP
		want       string                     // "" for unknown
	}{
		{name: "IPv4", remote: "192.0.2.1:1234", want: "192.0.2.1"},
		{name: "IPv6", remote: "[2001:db8::1]:1234", want: "2001:db8::1"},
		{name: "IPv6 with a zone", remote: "[fe80::1%eth0]:1234", want: "fe80::1"},
		{name: "IPv4 mapped into IPv6", remote: "[::ffff:192.0.2.1]:1234", want: "192.0.2.1"},
		{name: "the same with a zone", remote: "[::ffff:192.0.2.1%eth0]:1234", want: "192.0.2.1"},
		{name: "without a port", remote: "192.0.2.1", want: "192.0.2.1"},
		{name: "IPv6 without a port", remote: "2001:db8::1", want: "2001:db8::1"},
		{name: "a unix socket", remote: "@"},
		{name: "a unix socket with a path", remote: "/run/app.sock"},
		{name: "nothing", remote: ""},
		{name: "a host name", remote: "localhost:80"},

		{name: "Config", remote: direct, config: says("203.0.113.9"), want: "203.0.113.9"},
		{name: "Config wins", remote: direct, config: says("203.0.113.9"), middleware: unknown, want: "203.0.113.9"},
		{name: "Config, nothing", remote: direct, config: says(""), middleware: unknown, want: "198.51.100.7"},
		{name: "Config, junk", remote: direct, config: says("<script>"), middleware: unknown},
		{name: "Config, a list", remote: direct, config: says("203.0.113.9, 10.0.0.1")},
		{name: "Config, very long", remote: direct, config: says(strings.Repeat("1", 1<<20))},
		{name: "Config, an octet too large", remote: direct, config: says("203.0.113.256")},
		{name: "Config, spaces around", remote: direct, config: says(" 203.0.113.9\t"), want: "203.0.113.9"},
		{name: "Config, with a port", remote: direct, config: says("203.0.113.9:80"), want: "203.0.113.9"},
		{name: "Config, IPv6 with a port", remote: direct, config: says("[2001:db8::9]:80"), want: "2001:db8::9"},
		{name: "Config, IPv6 in brackets", remote: direct, config: says("[2001:db8::9]"), want: "2001:db8::9"},
		{name: "Config, brackets alone", remote: direct, config: says("[]")},
		{name: "Config, mapped", remote: direct, config: says("::ffff:203.0.113.9"), want: "203.0.113.9"},
		{name: "Config, zone", remote: direct, config: says("fe80::9%eth0"), want: "fe80::9"},

		{name: "middleware", remote: direct, middleware: says("203.0.113.9"), want: "203.0.113.9"},
		{name: "middleware, nothing", remote: direct, middleware: says(""), want: "198.51.100.7"},
		{name: "middleware, junk", remote: direct, middleware: says("unknown")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := newClientManager(t, must(memstore.New()), core.Config{ClientIP: tt.config})
			var want netip.Addr
			if tt.want != "" {
				want = netip.MustParseAddr(tt.want)
			}
			h := func(_ http.ResponseWriter, r *http.Request) {
				if c, ok := core.ClientInfoFrom(r.Context()); !ok || c.IP != want {
					t.Errorf("ClientInfoFrom: got %v, %t, want %v, true", c.IP, ok, want)
				}
			}
			m.HandlerWith(http.HandlerFunc(h), core.HandlerOptions{ClientIP: tt.middleware}).
				ServeHTTP(httptest.NewRecorder(), requestFrom(tt.remote, ""))
		})
	}
}

// What the client says about itself is handed on as it is.
func TestClientUserAgent(t *testing.T) {
	t.Parallel()
	m := newClientManager(t, must(memstore.New()), core.Config{})
	for _, agent := range []string{"", "Mozilla/5.0", "Çédille \xff\x00", strings.Repeat("ü", 10_000)} {
		h := func(_ http.ResponseWriter, r *http.Request) {
			if c, ok := core.ClientInfoFrom(r.Context()); !ok || c.UserAgent != agent {
				t.Errorf("ClientInfoFrom: got a user agent of %d bytes, %t, want the %d bytes that were sent", len(c.UserAgent), ok, len(agent))
			}
		}
		m.Handler(http.HandlerFunc(h)).ServeHTTP(httptest.NewRecorder(), requestFrom("192.0.2.1:1", agent))
	}
}

// Stores and the observer are told, whichever way they are called.
func TestClientInStoreAndObserver(t *testing.T) {
	t.Parallel()
	store := newClientStore()
	var observed []string
	m := newClientManager(t, store, core.Config{
		TouchInterval: -1,
		Observer: func(ctx context.Context, e core.Event) {
			observed = append(observed, e.Kind.String()+" "+clientText(ctx))
		},
	})
	const who = "192.0.2.1 lynx"
	cookie := ""
	visit := func(handler func(r *http.Request, s *core.Session)) {
		r := requestFrom("192.0.2.1:1", "lynx")
		if cookie != "" {
			r.AddCookie(&http.Cookie{Name: "sessionid", Value: cookie})
		}
		w := httptest.NewRecorder()
		m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			handler(r, m.Session(r.Context()))
		})).ServeHTTP(w, r)
		for _, c := range w.Result().Cookies() {
			cookie = c.Value
		}
	}
	steps := []struct {
		name    string
		handler func(r *http.Request, s *core.Session)
		ops     string
	}{
		{"create", func(_ *http.Request, s *core.Session) { s.Set("a", 1) }, "create"},
		{"update", func(_ *http.Request, s *core.Session) { s.Set("a", 2) }, "load update"},
		{"Save in the handler", func(r *http.Request, s *core.Session) {
			s.Set("a", 3)
			if err := s.Save(r.Context()); err != nil {
				t.Error(err)
			}
		}, "load update"},
		{"touch", func(_ *http.Request, s *core.Session) { s.MarkModified() }, "load touch"},
		{"rotate", func(_ *http.Request, s *core.Session) { s.CycleKey() }, "load rotate"},
		{"Manager.Open and Delete", func(r *http.Request, _ *core.Session) {
			m.Open(r.Context(), cookie).Get("a")
			if _, err := m.Delete(r.Context(), core.NewSessionKey()); err != nil {
				t.Error(err)
			}
		}, "load delete"},
		{"delete", func(_ *http.Request, s *core.Session) { s.Flush() }, "delete"},
	}
	for _, step := range steps {
		observed = nil
		visit(step.handler)
		var want []string
		for op := range strings.FieldsSeq(step.ops) {
			want = append(want, op+" "+who)
		}
		if got := store.took(); got != strings.Join(want, ", ") {
			t.Errorf("%s: the store was called with %q, want %q", step.name, got, want)
		}
		if len(observed) == 0 {
			t.Errorf("%s: the observer was told nothing", step.name)
		}
		for _, got := range observed {
			if !strings.HasSuffix(got, " "+who) {
				t.Errorf("%s: the observer was called with %q, want the client %q", step.name, got, who)
			}
		}
	}
}

// A client that hangs up has been there all the same.
func TestClientOfAClientThatHungUp(t *testing.T) {
	t.Parallel()
	store := newClientStore()
	m := newClientManager(t, store, core.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	h := m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		m.Session(r.Context()).Set("a", 1)
		cancel()
	}))
	h.ServeHTTP(httptest.NewRecorder(), requestFrom("192.0.2.1:1", "lynx").WithContext(ctx))
	if got, want := store.took(), "create 192.0.2.1 lynx"; got != want {
		t.Errorf("the store was called with %q, want %q", got, want)
	}
}

func TestClientOutsideOfRequests(t *testing.T) {
	t.Parallel()
	store := newClientStore()
	m := newClientManager(t, store, core.Config{})
	s := m.Open(t.Context(), "")
	s.Set("a", 1)
	if err := s.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := store.took(); got != "create nobody" {
		t.Errorf("Manager.Open: the store was called with %q, want nobody", got)
	}
}

// The request's context may outlive the request, in a goroutine for example. By
// then the framework has given its own context to the next visitor.
func TestClientAfterTheRequest(t *testing.T) {
	t.Parallel()
	m := newClientManager(t, must(memstore.New()), core.Config{})
	var x core.RequestBinding
	r := x.Begin(m, httptest.NewRecorder(), requestFrom("192.0.2.1:1", "lynx"))
	framework := &recycled{ip: "192.0.2.2"}
	x.SetClientIP(framework)
	if got := clientText(r.Context()); got != "192.0.2.2 lynx" {
		t.Errorf("during the request: got %q, want what the framework says", got)
	}
	x.Session().Set("a", 1)
	if err := x.Commit(http.StatusOK); err != nil {
		t.Fatal(err)
	}
	if got := clientText(r.Context()); got != "192.0.2.2 lynx" {
		t.Errorf("after the commit: got %q, want what the framework says", got)
	}
	x.End()
	framework.ip = "192.0.2.99"
	if got := clientText(r.Context()); got != "nobody" {
		t.Errorf("after the request: got %q, want nobody", got)
	}
}

// recycled is a framework's context, which has another client's request later.
type recycled struct{ ip string }

func (r *recycled) ClientIP() string { return r.ip }

// Each manager asks whom it was told to ask.
func TestClientUnderTwoManagers(t *testing.T) {
	t.Parallel()
	outerStore, innerStore := newClientStore(), newClientStore()
	outer := newClientManager(t, outerStore, core.Config{ClientIP: func(*http.Request) string { return "203.0.113.1" }})
	inner := newClientManager(t, innerStore, core.Config{CookieName: "admin", ClientIP: func(*http.Request) string { return "203.0.113.2" }})
	h := outer.Handler(inner.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		outer.Session(r.Context()).Set("a", 1)
		inner.Session(r.Context()).Set("a", 1)
		if got := clientText(r.Context()); got != "203.0.113.2 lynx" {
			t.Errorf("in the handler: got %q, want the inner manager's", got)
		}
	})))
	h.ServeHTTP(httptest.NewRecorder(), requestFrom("192.0.2.1:1", "lynx"))
	if got, want := outerStore.took(), "create 203.0.113.1 lynx"; got != want {
		t.Errorf("the outer store was called with %q, want %q", got, want)
	}
	if got, want := innerStore.took(), "create 203.0.113.2 lynx"; got != want {
		t.Errorf("the inner store was called with %q, want %q", got, want)
	}
}

// Goroutines of the request ask while the session is saved.
func TestClientConcurrently(t *testing.T) {
	t.Parallel()
	store := newClientStore()
	m := newClientManager(t, store, core.Config{})
	h := m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		s := m.Session(r.Context())
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				s.Set(fmt.Sprint(i), i)
				if got := clientText(r.Context()); got != "192.0.2.1 lynx" {
					t.Errorf("got %q, want the client", got)
				}
			}()
		}
		if err := s.Save(r.Context()); err != nil {
			t.Error(err)
		}
		wg.Wait()
	}))
	for range 20 {
		h.ServeHTTP(httptest.NewRecorder(), requestFrom("192.0.2.1:1", "lynx"))
	}
}

// What the store gets prints neither the session nor the request.
func TestClientContextPrintsNothing(t *testing.T) {
	t.Parallel()
	printed := ""
	look := func(ctx context.Context) {
		printed += fmt.Sprintf("%v %+v %s", ctx, ctx, context.WithValue(ctx, recycled{}, 1))
	}
	m := newClientManager(t, lookingStore{must(memstore.New()), look}, core.Config{})
	m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		m.Session(r.Context()).Set("user", "jasmine")
	})).ServeHTTP(httptest.NewRecorder(), requestFrom("192.0.2.1:1", "jasmine"))
	if printed == "" || strings.Contains(printed, "jasmine") {
		t.Errorf("the context prints %q, want something without items and headers", printed)
	}
}

// Save is often called with another context than the request's: Gin's own answers
// nothing that it was not told, and some pass context.Background(). The client is
// the session's all the same, and so is the age of the request.
func TestClientOfSaveWithAnotherContext(t *testing.T) {
	t.Parallel()
	store := newClientStore()
	m := newClientManager(t, store, core.Config{})
	h := m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		s := m.Session(r.Context())
		s.Set("a", 1)
		if err := s.Save(context.Background()); err != nil {
			t.Error(err)
		}
	}))
	h.ServeHTTP(httptest.NewRecorder(), requestFrom("192.0.2.1:1", "lynx"))
	if got, want := store.took(), "create 192.0.2.1 lynx"; got != want {
		t.Errorf("the store was called with %q, want %q", got, want)
	}
}

// An error that nobody has answered is reported when the request's context ends.
// The framework has given its own context to the next visitor by then.
func TestClientOfAnUnansweredRequest(t *testing.T) {
	t.Parallel()
	told := make(chan string, 1)
	m := newClientManager(t, must(memstore.New()), core.Config{Observer: func(ctx context.Context, e core.Event) {
		if e.Kind == core.EventChangesDropped {
			told <- clientText(ctx)
		}
	}})
	ctx, cancel := context.WithCancel(t.Context())
	var x core.RequestBinding
	x.Begin(m, httptest.NewRecorder(), requestFrom("192.0.2.1:1", "lynx").WithContext(ctx))
	framework := &recycled{ip: "192.0.2.2"}
	x.SetClientIP(framework)
	x.Session().Set("a", 1)
	if later, err := x.Leave(http.StatusOK, false); !later || err != nil {
		t.Fatal(err)
	}
	framework.ip = "192.0.2.99" // the next visitor
	cancel()
	if got := <-told; got != "192.0.2.2 lynx" {
		t.Errorf("the observer was called for %q, want this request's client", got)
	}
}
