// Package trace records what the session did in one request, so that the
// examples' page can show it. It sees what a program of yours can see too: the
// Manager's Observer, GORM's logger, the session's flags, and the headers.
package trace

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/djinn-go/djinn/core"
)

// Event is something the Manager told its Observer.
type Event struct {
	Kind  core.EventKind
	Op    core.Op
	Found bool // for core.EventLoaded: there was such a session
	Took  time.Duration
	// Statements is what the database was asked meanwhile, in SQL without its
	// parameters, and the cache.
	Statements []string
}

// Flags are a session's flags at one moment.
type Flags struct{ Loaded, Accessed, Modified bool }

// Snapshot is what is known of a request at one moment.
type Snapshot struct {
	Method, Path string
	CookieName   string
	// Engine is where the sessions live, under its name in SESSION_ENGINE.
	Engine string
	// Sent is the key the browser sent, masked; empty if it sent none.
	Sent string
	// Key is the key the session has now, masked; empty if it has none.
	Key string
	// Before are the flags when Watch was called.
	Before, Now Flags
	Events      []Event
	// Begun reports whether the response has begun.
	Begun bool
	// SetCookie is the header of that name, masked; empty if there is none.
	SetCookie string
	// Vary reports whether the response varies by cookie.
	Vary bool
}

// Trace records one request. It is safe for concurrent use.
type Trace struct {
	cookieName string
	engine     string
	r          *http.Request
	header     http.Header // of the response

	mu      sync.Mutex
	session *core.Session
	before  Flags
	events  []Event
	pending []string // statements of the event to come
	link    string
	ended   bool
}

// contextKey finds the trace in a request's context.
type contextKey struct{}

// Handler gives every request a trace. It goes around the session middleware.
func Handler(cookieName, engine string, next http.Handler) http.Handler {
	finished := new(shelf)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := &Trace{cookieName: cookieName, engine: engine, header: w.Header()}
		ctx := context.WithValue(r.Context(), contextKey{}, t)
		ctx = context.WithValue(ctx, shelfKey{}, finished)
		t.r = r.WithContext(ctx)
		defer func() {
			if link := t.end(); link != "" {
				finished.put(link, t.Snapshot())
			}
		}()
		next.ServeHTTP(w, t.r)
	})
}

// From returns the request's trace, or one that nobody sees if there is none.
func From(ctx context.Context) *Trace {
	if t, ok := ctx.Value(contextKey{}).(*Trace); ok {
		return t
	}
	return &Trace{r: new(http.Request), header: make(http.Header)}
}

// Observe is for core.Config.Observer.
func Observe(ctx context.Context, e core.Event) {
	t := From(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events = append(t.events, Event{
		Kind: e.Kind, Op: e.Op, Took: e.Duration,
		Found:      e.Kind == core.EventLoaded && e.Err == nil,
		Statements: t.pending,
	})
	t.pending = nil
}

// Statement takes note of what the database has executed, SQL without parameters,
// or of what the cache has answered.
func Statement(ctx context.Context, sql string) {
	t := From(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pending = append(t.pending, sql)
}

// Watch makes the session's flags part of the trace. It loads nothing.
func (t *Trace) Watch(s *core.Session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.session == nil {
		t.session, t.before = s, flags(s)
	}
}

// Snapshot returns what is known now.
func (t *Trace) Snapshot() Snapshot {
	t.mu.Lock()
	defer t.mu.Unlock()
	snap := Snapshot{
		Method: t.r.Method, CookieName: t.cookieName, Engine: t.engine,
		Before: t.before,
		Events: slices.Clone(t.events),
		Vary:   slices.Contains(t.header.Values("Vary"), "Cookie"),
	}
	if t.r.URL != nil {
		snap.Path = t.r.URL.Path
	}
	if c, err := t.r.Cookie(t.cookieName); err == nil {
		snap.Sent = Mask(c.Value)
	}
	if t.session != nil {
		snap.Now, snap.Key = flags(t.session), Mask(t.session.Key())
	}
	for _, line := range t.header.Values("Set-Cookie") {
		if name, rest, _ := strings.Cut(line, "="); name == t.cookieName {
			value, attributes, _ := strings.Cut(rest, ";")
			snap.SetCookie = name + "=" + Mask(value) + ";" + attributes
		}
	}
	// The session is committed, and the headers written, before the first byte.
	snap.Begun = t.ended || snap.Vary || snap.SetCookie != ""
	return snap
}

// end closes the trace and returns the name under which it was promised to
// somebody, if it was.
func (t *Trace) end() (link string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
	return t.link
}

func flags(s *core.Session) Flags {
	return Flags{Loaded: s.Loaded(), Accessed: s.Accessed(), Modified: s.Modified()}
}

// Mask returns the first four characters of a key and dots for the rest. Whoever
// knows a key has the session, so no page and no log may show all of it.
func Mask(key string) string {
	key = strings.Trim(key, `"`)
	switch {
	case key == "":
		return ""
	case len(key) < 16:
		return "••••"
	default:
		return strings.ToValidUTF8(key[:4], "") + "••••"
	}
}
