package trace_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/examples/internal/trace"
)

func TestMask(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"":                                 "",
		`""`:                               "",
		"short":                            "••••",
		"abcdefghijklmnopqrstuvwxyz012345": "abcd••••",
		"abc\xe2\x82\xacdefghijklmnopqrst": "abc••••",
	} {
		if got := trace.Mask(key); got != want {
			t.Errorf("Mask(%q): got %q, want %q", key, got, want)
		}
	}
}

// serve answers one request under trace.Handler and returns what handle saw.
func serve(handler http.Handler, r *http.Request) { handler.ServeHTTP(httptest.NewRecorder(), r) }

func TestSnapshot(t *testing.T) {
	t.Parallel()
	const key = "abcdefghijklmnopqrstuvwxyz012345"
	var got trace.Snapshot
	handler := trace.Handler("sid", "db", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithoutCancel(r.Context()) // what a store is given
		trace.Statement(ctx, "SELECT 1")
		trace.Observe(ctx, core.Event{Kind: core.EventLoaded, Op: "load", Duration: time.Second})
		trace.Statement(ctx, "SELECT 2")
		trace.Observe(ctx, core.Event{Kind: core.EventLoaded, Op: "load", Err: core.ErrNotFound})
		if trace.From(ctx).Snapshot().Begun {
			t.Error("the response has begun before a header is set")
		}
		w.Header().Add("Set-Cookie", "other="+key)
		w.Header().Add("Set-Cookie", "sid="+key+"; Path=/")
		w.Header().Add("Vary", "Cookie")
		got = trace.From(ctx).Snapshot()
	}))
	r := httptest.NewRequest(http.MethodGet, "/path?q", nil)
	r.AddCookie(&http.Cookie{Name: "sid", Value: key})
	serve(handler, r)

	if got.Path != "/path" || got.Engine != "db" || got.Sent != "abcd••••" || got.SetCookie != "sid=abcd••••; Path=/" || !got.Vary || !got.Begun {
		t.Errorf("got %+v", got)
	}
	if len(got.Events) != 2 || !got.Events[0].Found || got.Events[1].Found {
		t.Fatalf("got events %+v, want one found and one not found", got.Events)
	}
	if s := got.Events[1].Statements; len(s) != 1 || s[0] != "SELECT 2" {
		t.Errorf("the second event has statements %q, want its own", s)
	}
}

func TestTakeOnce(t *testing.T) {
	t.Parallel()
	links := make([]string, 0, 101)
	found := func(r *http.Request, link string) bool {
		_, ok := trace.Take(r.Context(), link)
		return ok
	}
	handler := trace.Handler("sid", "db", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/form":
			links = append(links, trace.From(r.Context()).Link())
			if found(r, links[len(links)-1]) {
				t.Error("a request that has not ended is on the shelf")
			}
		case "/page":
			if !found(r, links[100]) || found(r, links[100]) {
				t.Error("the last trace is not found exactly once")
			}
			if found(r, links[0]) {
				t.Error("the oldest of 101 traces is still there")
			}
			if found(r, "") {
				t.Error("found a trace without a name")
			}
		}
	}))
	for range 101 {
		serve(handler, httptest.NewRequest(http.MethodPost, "/form", nil))
	}
	serve(handler, httptest.NewRequest(http.MethodGet, "/page", nil))
}

func TestWithoutHandler(t *testing.T) {
	t.Parallel()
	trace.Observe(t.Context(), core.Event{Kind: core.EventFailed, Err: errors.New("no request here")})
	trace.Statement(t.Context(), "CREATE TABLE")
	if got := trace.From(t.Context()).Snapshot(); len(got.Events) != 0 {
		t.Errorf("got %+v, want nothing", got)
	}
}
