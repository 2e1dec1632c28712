package adaptertest_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/adaptertest"
)

// broken are adapters with one mistake each, and cases that must notice.
var broken = []struct {
	name   string
	flaws  flaws
	caught []string
}{
	{"loads every session", flaws{loadsAtOnce: true}, []string{"untouched/no-io", "untouched/unknown-route", "fault/load-untouched"}},
	{"does not notice the outer middleware", flaws{wrapsTwice: true}, []string{"mount/twice"}},
	{"hands the old request on", flaws{passesRequest: true}, []string{"mount/from-context", "cookie/junk", "client/known", "client/config"}},
	{"commits after the body", flaws{commitsLast: true}, []string{"response/string", "response/json", "response/redirect", "response/no-content",
		"response/status-only", "response/write-header", "file/range", "wrapped/gzip-inside", "cache/private", "proxy/modified"}},
	{"forgets the silent handler", flaws{commitsOnWrites: true}, []string{"response/silent", "response/head-silent"}},
	{"commits at 103", flaws{commitsOn1xx: true}, []string{"stream/early-hints"}},
	{"drops a 103", flaws{drops1xx: true}, []string{"stream/early-hints-sent"}},
	{"flushes without a commit", flaws{flushesBare: true}, []string{"stream/flush-first", "fault/load-flushed"}},
	{"does not flush", flaws{noFlush: true}, []string{"stream/sse"}},
	{"hides the writer below", flaws{hidesWriter: true}, []string{"stream/deadlines"}},
	{"hijacks without a commit", flaws{hijacksBare: true}, []string{"websocket/known", "websocket/new", "websocket/store-down"}},
	{"hijacks as if the cookie went out", flaws{hijacksCommit: true}, []string{"websocket/new"}},
	{"copies files past the commit", flaws{copiesBare: true}, []string{"file/copy"}},
	{"writes strings past the commit", flaws{stringsBare: true}, []string{"response/write-string"}},
	{"sends everything in the end", flaws{buffers: true}, []string{"stream/sse"}},
	{"sets the cookie twice", flaws{cookieTwice: true}, []string{"response/json", "response/string-404", "response/head", "cookie/unknown-key"}},
	{"drops an upstream's cookie", flaws{dropsUpstream: true}, []string{"proxy/untouched"}},
	{"lets caches keep the cookie", flaws{publicCookie: true}, []string{"cache/private"}},
	{"forgets Vary", flaws{forgetsVary: true}, []string{"cache/vary", "error/page-reads-session"}},
	{"leaves out panics", flaws{noPanic: true}, []string{"panic/outside/flush", "panic/unrecovered"}},
	{"takes a panic for success", flaws{panicIs200: true}, []string{"panic/outside"}},
	{"never ends", flaws{neverEnds: true}, []string{"stream/late-change-known", "stream/late-change-new", "stream/after-request", "client/after-request"}},
	{"commits with 200 always", flaws{statusIs200: true}, []string{"error/5xx", "panic/inside"}},
	{"gives up with the client", flaws{hangsUp: true}, []string{"concurrent/hang-up"}},
	{"goes on after a failure", flaws{goesOn: true}, []string{"fault/load", "fault/load-bodyless", "fault/save", "fault/save-bodyless", "fault/flush",
		"fault/encode", "error/save-fails", "concurrent/logout"}},
	{"says it wrote", flaws{liesOnWrite: true}, []string{"fault/write-fails"}},
	{"keeps the handler's headers", flaws{keepsHeader: true}, []string{"fault/load", "fault/save"}},
	{"answers a failure with nothing", flaws{silentError: true}, []string{"fault/load", "fault/save-bodyless"}},
	{"prints the store's error", flaws{printsError: true}, []string{"fault/load", "secret/error"}},
	{"logs out when the store fails", flaws{logsOut: true}, []string{"fault/load", "fault/save", "fault/flush", "concurrent/logout"}},
	{"asks no error handler", flaws{ownErrors: true}, []string{"fault/error-handler"}},
	{"believes what any client says of its address", flaws{believesHeader: true}, []string{"client/forged"}},
	{"takes every error for a store that is down", flaws{always503: true}, []string{"error/refused", "concurrent/logout"}},
	{"ignores the error handler it was given", flaws{ignoresOption: true}, []string{"option/error-handler", "fault/on-error"}},
	{"cuts the body", flaws{cutsBody: true}, []string{"response/body-intact", "wrapped/gzip-outside", "stream/sse", "error/4xx"}},
}

func TestBroken(t *testing.T) {
	t.Parallel()
	for _, b := range broken {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			got := failedCases(adaptertest.Check(netHTTP(b.flaws.middleware)))
			for _, want := range b.caught {
				if !slices.Contains(got, want) {
					t.Errorf("an adapter that %s: got failures %q, want %q among them", b.name, got, want)
				}
			}
		})
	}
}

// The adapter that the broken ones are made from is right: each failure above is
// due to the one mistake.
func TestFlawless(t *testing.T) {
	t.Parallel()
	if err := adaptertest.Check(netHTTP(flaws{}.middleware)); err != nil {
		t.Errorf("an adapter without flaws: got %v, want nil", err)
	}
}

// pendingKey finds the error that waits to be answered.
type pendingKey struct{}

// A framework that answers errors after the middleware has returned, and an
// adapter that does not wait for it.
func TestBrokenErrorsAnsweredAfterwards(t *testing.T) {
	t.Parallel()
	fw := netHTTP(flaws{}.middleware)
	right := fw.Build
	fw.Build = func(app adaptertest.App) http.Handler {
		answer := app.OnError
		if answer == nil {
			return right(app)
		}
		app.OnError = func(_ http.ResponseWriter, r *http.Request, err error) {
			*r.Context().Value(pendingKey{}).(*error) = err
		}
		h := right(app)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var pending error
			r = r.WithContext(context.WithValue(r.Context(), pendingKey{}, &pending))
			h.ServeHTTP(w, r)
			if pending != nil {
				answer(w, r, pending)
			}
		})
	}
	got := failedCases(adaptertest.Check(fw))
	for _, want := range []string{"error/5xx", "error/page-reads-session", "error/page-writes-session"} {
		if !slices.Contains(got, want) {
			t.Errorf("an adapter that commits before the error is answered: got failures %q, want %q among them", got, want)
		}
	}
}

// Programs that do not do what their options say.
func TestBrokenOptions(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fw     adaptertest.Framework
		change func(*adaptertest.App)
		caught string
	}{
		"no skipper":      {netHTTP(flaws{}.middleware), func(app *adaptertest.App) { app.Skip = nil }, "option/skipper"},
		"From finds none": {netHTTP(flaws{}.middleware), func(app *adaptertest.App) { app.Managers = noneIf(app, adaptertest.StyleFrom) }, "option/from"},
		"own context":     {netHTTP(flaws{}.middleware), func(app *adaptertest.App) { app.Managers = noneIf(app, adaptertest.StyleOwnContext) }, "option/own-context"},
		"a bare panic": {netHTTP(flaws{}.middleware), func(app *adaptertest.App) {
			for path, h := range app.Routes {
				app.Routes[path] = func(c adaptertest.Ctx) { h(riddle{c}) }
			}
		}, "option/no-middleware"},
		"believes everybody": {netHTTP(flaws{believesHeader: true}.middleware), func(*adaptertest.App) {}, "option/trusted-proxy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fw := tt.fw
			fw.Waived = nil
			right := fw.Build
			fw.Build = func(app adaptertest.App) http.Handler {
				tt.change(&app)
				return right(app)
			}
			if got := failedCases(adaptertest.Check(fw)); !slices.Contains(got, tt.caught) {
				t.Errorf("got failures %q, want %s among them", got, tt.caught)
			}
		})
	}
}

func noneIf(app *adaptertest.App, style adaptertest.Style) []*core.Manager {
	if app.Style == style {
		return []*core.Manager{}
	}
	return app.Managers
}

// riddle panics without a word of help.
type riddle struct{ adaptertest.Ctx }

func (r riddle) Session() *core.Session {
	s, ok := core.FromContext(r.Request().Context())
	if !ok {
		panic("nil")
	}
	return s
}

// An adapter that pays for every request. Not parallel: allocations are counted.
func TestBrokenCost(t *testing.T) {
	if got := failedCases(adaptertest.Check(netHTTP(flaws{spends: true}.middleware))); !slices.Contains(got, "cost/untouched") && !raceDetector {
		t.Errorf("got failures %q, want cost/untouched among them", got)
	}
	if got := failedCases(adaptertest.Check(netHTTP(flaws{}.middleware))); len(got) > 0 {
		t.Errorf("an adapter without flaws: got failures %q, want none", got)
	}
}

// Each failure says the case, what went wrong, and why that matters.
func TestFailureText(t *testing.T) {
	t.Parallel()
	err := adaptertest.Check(netHTTP(flaws{forgetsVary: true}.middleware))
	var f *adaptertest.Failure
	if !errors.As(err, &f) {
		t.Fatalf("Check: got %v, want a *Failure in it", err)
	}
	for _, part := range []string{f.Case, f.Why, f.Err.Error(), "law"} {
		if part == "" || !strings.Contains(f.Error(), part) {
			t.Errorf("the text of a Failure: got %q, want %q in it", f.Error(), part)
		}
	}
}

func TestFrameworkIsChecked(t *testing.T) {
	t.Parallel()
	build := func(adaptertest.App) http.Handler { return http.NotFoundHandler() }
	for name, fw := range map[string]adaptertest.Framework{
		"no Build":         {Name: "x"},
		"unknown case":     {Name: "x", Build: build, Waived: map[string]string{"nothing": "because"}},
		"waived, no words": {Name: "x", Build: build, Waived: map[string]string{"fault/load": ""}},
	} {
		var f *adaptertest.Failure
		if err := adaptertest.Check(fw); err == nil || errors.As(err, &f) {
			t.Errorf("%s: got %v, want an error about the Framework", name, err)
		}
	}
}

// failedCases are the names of the cases in what Check returned.
func failedCases(err error) []string {
	var names []string
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			var f *adaptertest.Failure
			if errors.As(err, &f) {
				names = append(names, f.Case)
			}
		}
	}
	return names
}
