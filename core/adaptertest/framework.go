package adaptertest

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/djinn-go/djinn/core"
)

// Framework is an adapter together with the framework it is for.
type Framework struct {
	// Name is the framework's name, for messages.
	Name string
	// Build makes the program that app describes. It is called once per case,
	// by several goroutines at once. A framework that believes headers such as
	// X-Forwarded-For is to be told there to trust no proxy.
	Build func(app App) http.Handler
	// Waived are the cases that mean nothing for this framework, by name, each
	// with the reason, which [Run] prints.
	Waived map[string]string
}

// App is a small program in terms that every framework knows.
type App struct {
	// Managers are mounted with the adapter's middleware, the first one outermost.
	// The same one may occur twice.
	Managers []*core.Manager
	// Recovery is where the framework's own recovery from panics is mounted.
	Recovery Recovery
	// OnError, if set, is the user's own answer to errors, mounted the way users of
	// the framework mount one. It answers what a handler gave to Ctx.Fail, and the
	// adapter's errors. Where the framework knows no such thing, Ctx.Fail calls it.
	OnError func(w http.ResponseWriter, r *http.Request, err error)
	// Before, if set, is middleware of the framework, mounted inside the sessions'
	// middleware: it is called for every request, also for unknown routes.
	Before func(c Ctx)
	// Routes are the handlers by path, for every method.
	Routes map[string]func(c Ctx)
	// Style is how the handlers are written.
	Style Style
	// Silent are paths that are answered with 204 and nothing else, by the smallest
	// handler of that Style, which does not look at the session. With StyleBare
	// there are no Managers, and one middleware of the framework's that does nothing.
	Silent []string
	// Skip, if set, is given to the adapter's middleware as its skipper.
	Skip func(r *http.Request) bool
	// AdapterError, if set, is given to the adapter's middleware as its error
	// handler.
	AdapterError func(w http.ResponseWriter, r *http.Request, err error)
	// Proxies are the networks whose X-Forwarded-For is to be believed, the
	// framework's way; none: nobody's.
	Proxies []string
	// Mounts are net/http handlers by path, for every method, mounted as the
	// framework does it.
	Mounts map[string]http.Handler
}

// Style is how handlers are written.
type Style int

// Styles of handlers.
const (
	// StyleContext: with the adapter's own context (Handle).
	StyleContext Style = iota
	// StyleOwnContext: with a context of the program's (HandleWith).
	StyleOwnContext
	// StyleFrom: with the framework's context and From.
	StyleFrom
	// StyleBare: without the adapter. For Silent only.
	StyleBare
)

// Recovery is where the recovery from panics is mounted.
type Recovery int

// Places of the recovery, as seen from the sessions' middleware.
const (
	NoRecovery Recovery = iota
	RecoveryOutside
	RecoveryInside
)

// Ctx is one request, as a handler of the framework sees it. Each method does
// what users of the framework would write.
type Ctx interface {
	// Session is the session, by the adapter's own From or Context.
	Session() *core.Session
	// Writer is the framework's response writer.
	Writer() http.ResponseWriter
	// Request is the request.
	Request() *http.Request
	// Status answers without a body.
	Status(code int)
	// Redirect answers with a redirect.
	Redirect(code int, url string)
	// String answers with text.
	String(code int, text string)
	// JSON answers with v as JSON.
	JSON(code int, v any)
	// Fail hands err to the framework's way of answering errors. The handler
	// returns afterwards.
	Fail(err error)
}

// StatusError is an error that stands for a status, for Ctx.Fail. Frameworks that
// have such an error of their own translate it, and keep it in the chain of
// errors.Unwrap.
type StatusError int

func (e StatusError) Error() string { return fmt.Sprintf("status %d", int(e)) }

func (fw Framework) validate() error {
	if fw.Build == nil {
		return fmt.Errorf("adaptertest: Framework %q: Build is nil: set it to a function that makes an http.Handler of an App", fw.Name)
	}
	for name, reason := range fw.Waived {
		known := false
		for _, c := range cases {
			known = known || c.name == name
		}
		if !known || reason == "" {
			return fmt.Errorf("adaptertest: Framework %q: Waived[%q] names no case, or no reason", fw.Name, name)
		}
	}
	return nil
}

// errorPage is the answer to errors of a user who has one.
func errorPage(w http.ResponseWriter, _ *http.Request, err error) {
	code := http.StatusInternalServerError
	var status StatusError
	var store *core.StoreError
	switch {
	case errors.As(err, &status):
		code = int(status)
	case errors.As(err, &store), errors.Is(err, core.ErrInterrupted), errors.Is(err, core.ErrRefused):
		code = core.StatusCode(err)
	}
	w.WriteHeader(code)
	fmt.Fprintf(w, "error page %d", code)
}
