package lograce

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// site is a handler with sessions, and what can be done to its sessions from
// outside.
type site struct {
	handler  http.Handler
	cookie   string        // its name
	holds    bool          // no session may come back, and no request may fail
	patience time.Duration // of the stage; 0 for the usual one
	slow     []string

	without []string // scenarios that say nothing about this site

	// ends are the ways to end sessions other than by a request, by the name of the
	// scenario.
	ends map[string]end
	// begin, if set, is told of every race before it begins.
	begin func()
	// rows tells how many records there are in which the user is logged in, whether
	// a browser knows of them or not. It is nil where nobody can tell.
	rows func(ctx context.Context, user string) (int, error)
}

// end ends a session, or all of a user.
type end func(ctx context.Context, r *race) error

// race is one interleaving.
type race struct {
	*stage
	t    *testing.T
	site *site
	user string

	// rotating: a request has begun to rotate. It may be done before the session's
	// end has come as far as the store, which then ends a key that is dead already.
	rotating atomic.Bool
	// ended: whatever is alive after this has come back.
	ended atomic.Bool

	// of RevokeUser, and the log-ins that race it.
	revocation atomic.Int32
	logins     []*login

	mu      sync.Mutex
	cookies []string // every value that a response has set
	current string   // the one that the browser has, if it is logged in
	first   string   // the one that slow requests have
	other   string   // another browser's, where there is one
	rotated bool     // a browser was told of a new key
}

// run draws one race from a seed, and says what is wrong with its outcome.
func (sc *scenario) run(t *testing.T, s *site, seed uint64) (r *race, wrong string) {
	r = &race{stage: newStage(seed), t: t, site: s, user: fmt.Sprint(seed)}
	if s.patience > 0 {
		r.patience = s.patience
	}
	if s.begin != nil {
		s.begin()
	}
	r.send(t.Context(), "/login", "")
	r.first = r.current
	if got := r.whoami(r.first); got != r.user {
		t.Fatalf("after the log-in the user is %q, want %q", got, r.user)
	}
	sc.cast(r)
	r.play(t)

	var alive []string
	for _, cookie := range r.cookies {
		if r.whoami(cookie) == r.user {
			alive = append(alive, cookie)
		}
	}
	rows := len(alive)
	if s.rows != nil {
		var err error
		if rows, err = s.rows(t.Context(), r.user); err != nil {
			t.Fatal(err)
		}
	}
	return r, sc.verdict(r, alive, rows)
}

// request sends a request of the stage, with a name for people.
func (r *race) request(path, cookie string) {
	r.enter(path, func(ctx context.Context) {
		halt(ctx, "begins")
		r.send(ctx, path, cookie)
	})
}

// send sends a request and notes the cookies of the answer.
func (r *race) send(ctx context.Context, path, cookie string) {
	res := r.exchange(context.WithValue(ctx, raceKey{}, r), path, cookie)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range res.Cookies() {
		if c.Name != r.site.cookie || c.Value == "" {
			continue
		}
		r.cookies = append(r.cookies, c.Value)
		if path == "/login" || path == "/rotate" {
			r.current = c.Value
			r.rotated = r.rotated || path == "/rotate"
		}
	}
	slices.Sort(r.cookies)
	r.cookies = slices.Compact(r.cookies)
}

func (r *race) exchange(ctx context.Context, path, cookie string) *http.Response {
	req := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	req.Header.Set("User", r.user)
	if cookie != "" {
		req.AddCookie(&http.Cookie{Name: r.site.cookie, Value: cookie})
	}
	w := httptest.NewRecorder()
	r.site.handler.ServeHTTP(w, req)
	if w.Code >= http.StatusInternalServerError && r.site.holds {
		r.t.Errorf("%s is answered with status %d, want none of 500 and above", path, w.Code)
	}
	return w.Result()
}

// whoami is who is logged in with a cookie.
func (r *race) whoami(cookie string) string {
	var b [64]byte
	n, _ := r.exchange(r.t.Context(), "/whoami", cookie).Body.Read(b[:])
	return string(b[:n])
}

func (r *race) browser() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return cmp.Or(r.current, r.first)
}
