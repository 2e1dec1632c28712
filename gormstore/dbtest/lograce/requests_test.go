package lograce

import (
	"context"
	"fmt"
	"net/http"
)

// session is a session of any library.
type session interface {
	user() string        // who is logged in, "" for nobody
	setUser(name string) // and nothing else
	write()              // changes an item that has nothing to do with the user
	touch()              // makes the library save the session although nothing changed
	rotate()             // a new key for the same session, if the library can do that
	logOut()
	save() // now, rather than at the end
}

// move is something that a handler does.
type move struct {
	name string
	do   func(w http.ResponseWriter, r *http.Request, s session)
}

var (
	look   = move{"look who it is", func(_ http.ResponseWriter, _ *http.Request, s session) { s.user() }}
	enter  = move{"log in", func(_ http.ResponseWriter, r *http.Request, s session) { s.setUser(r.Header.Get("User")) }}
	renew  = move{"renew the key", func(_ http.ResponseWriter, _ *http.Request, s session) { s.rotate() }}
	write  = move{"change an item", func(_ http.ResponseWriter, _ *http.Request, s session) { s.write() }}
	touch  = move{"touch", func(_ http.ResponseWriter, _ *http.Request, s session) { s.touch() }}
	save   = move{"save now", func(_ http.ResponseWriter, _ *http.Request, s session) { s.save() }}
	logOut = move{"log out", func(_ http.ResponseWriter, _ *http.Request, s session) { s.logOut() }}
	rotate = move{"rotate", func(_ http.ResponseWriter, r *http.Request, s session) {
		noteRotation(r.Context())
		s.rotate()
	}}
	answer = move{"begin the answer", func(w http.ResponseWriter, _ *http.Request, _ session) {
		fmt.Fprint(w, "first bytes")
		_ = http.NewResponseController(w).Flush() // not every writer can, and then the write has to do
	}}
	tell = move{"tell who it is", func(w http.ResponseWriter, _ *http.Request, s session) { fmt.Fprint(w, s.user()) }}
)

// requests are what each path does, halting before each move and at the end.
var requests = map[string][]move{
	"/login":   {renew, enter},
	"/enter":   {look, enter}, // a log-in that leaves the key as it is
	"/whoami":  {tell},
	"/logout":  {look, logOut},
	"/goodbye": {logOut, write}, // "you have been logged out", in a session of its own

	"/read":   {look},
	"/write":  {look, write},
	"/blind":  {write},
	"/touch":  {look, touch},
	"/save":   {look, write, save, write},
	"/late":   {look, answer, write},
	"/rotate": {look, rotate},
}

// The slow requests. A library without rotation has the first ones only.
var (
	keepers = []string{"/read", "/write", "/blind", "/touch", "/save", "/late"}
	slow    = append([]string{"/rotate"}, keepers...)
)

// serveMoves is the handler of every site. Where a library wants a session saved by
// hand, the caller does so afterwards.
func serveMoves(w http.ResponseWriter, r *http.Request, s session) {
	noteLogin(r.Context())
	for _, m := range requests[r.URL.Path] {
		halt(r.Context(), m.name)
		m.do(w, r, s)
	}
	halt(r.Context(), "end the handler")
}

type raceKey struct{}

// noteRotation tells the race that this request is about to rotate.
func noteRotation(ctx context.Context) {
	if r, ok := ctx.Value(raceKey{}).(*race); ok {
		r.rotating.Store(true)
	}
}
