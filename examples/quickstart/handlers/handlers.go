// Package handlers are pieces of handlers, as the README shows them.
package handlers

import (
	"fmt"
	"net/http"
	"time"

	"github.com/djinn-go/djinn/core"
)

// Line is a line of a cart.
type Line struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

const (
	user  core.Key[string] = "user"
	cart  core.Key[[]Line] = "cart"
	flash core.Key[string] = "flash"
)

// Login begins a session under a new key.
func Login(s *core.Session, name string, remember bool) {
	s.CycleKey() // a key that somebody planted before is worth nothing now
	user.Set(s, name)
	if remember {
		s.SetExpiry(30 * 24 * time.Hour)
	} else {
		s.SetExpiry(0) // until the browser closes
	}
}

// Logout ends the session, also for requests that are using it right now.
func Logout(s *core.Session) { s.Flush() }

// Add puts something into the cart. If another tab does so at the same time, the
// function runs again on what that one left.
func Add(s *core.Session, name string) {
	cart.Update(s, func(lines []Line) []Line { return append(lines, Line{name, 1}) })
	flash.Set(s, name+" is in your cart")
}

// Greet shows a message once.
func Greet(w http.ResponseWriter, s *core.Session) {
	if name, ok := user.Lookup(s); ok {
		fmt.Fprintf(w, "Hello %s. %s", name, flash.Pop(s))
	}
}
