package page

import (
	"slices"
	"time"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/examples/internal/trace"
)

// Panel is what the session did in one request, in words.
type Panel struct {
	Method, Path string
	Steps        []Step
	Lamps        []Lamp
	// Before tells what was known before the handler used the session, and Items
	// what is in it now.
	Before string
	Items  []Item
	// Where tells where the items are kept; empty if they are not.
	Where string
	// Asked is how much the engine asked, and AskedOf what one of them is called;
	// empty if nobody counts there.
	Asked   int
	AskedOf string
}

// Step is one moment of the request.
type Step struct {
	Title, Detail string
	// Code is what was said to the database, or to the browser.
	Code []string
	// Kind is how to draw it: quiet, read, write, cookie, trouble.
	Kind string
}

// Lamp is a flag, lit or not.
type Lamp struct {
	Name, Meaning string
	On            bool
}

// Item is an item of the session as JSON text.
type Item struct{ Name, Text string }

// newPanel puts a trace into words.
func newPanel(snap trace.Snapshot) Panel {
	words := wordsOf(snap.Engine)
	p := Panel{
		Method: snap.Method, Path: snap.Path,
		Steps: steps(snap, words),
		Where: words.where(snap.Key),
	}
	saved := false
	for _, e := range snap.Events {
		saved = saved || e.Kind == core.EventSaved
		p.Asked += len(e.Statements)
	}
	if p.AskedOf = words.asked; p.AskedOf != "" && p.Asked != 1 {
		p.AskedOf += "s"
	}
	p.Lamps = []Lamp{
		{"loaded", "nothing is left to ask the store", snap.Now.Loaded},
		{"accessed", "the handler looked at it", snap.Now.Accessed},
		{"modified", "the handler changed it", snap.Now.Modified},
		{"saved", words.kept, saved},
	}
	p.Before = "not loaded: no item is known yet, and the store has not been asked"
	if snap.Before.Loaded {
		p.Before = "loaded already, by middleware that used the session"
	}
	return p
}

// steps tells the request from the cookie that came in to the cookie that goes
// out.
func steps(snap trace.Snapshot, words words) []Step {
	all := []Step{arrival(snap)}
	if !snap.Now.Accessed {
		return append(all, Step{
			Title:  "The handler does not use the session",
			Detail: "Nothing is loaded, nothing is saved, no header is set: for this request it is as if there were no sessions at all.",
			Kind:   "quiet",
		})
	}
	loads := 0
	for loads < len(snap.Events) && isLoad(snap.Events[loads].Kind) {
		all = append(all, words.step(snap.Events[loads]))
		loads++
	}
	if loads == 0 {
		all = append(all, firstUse(snap))
	}
	if !ended(snap) {
		all = append(all, change(snap))
	}
	for _, e := range snap.Events[loads:] {
		all = append(all, words.step(e))
	}
	return append(all, departure(snap, words)...)
}

// ended reports whether the handler called Flush on a session that the store had.
func ended(snap trace.Snapshot) bool {
	return slices.ContainsFunc(snap.Events, func(e trace.Event) bool {
		return e.Kind == core.EventSaved && e.Op == "delete"
	})
}

func isLoad(k core.EventKind) bool { return k == core.EventLoaded || k == core.EventUndecodable }

func arrival(snap trace.Snapshot) Step {
	s := Step{Title: "The request arrives", Kind: "quiet"}
	if snap.Sent == "" {
		s.Detail = "Without a session cookie. The session is there for the handler to use, and holds nothing."
	} else {
		s.Detail = "With the cookie " + snap.CookieName + "=" + snap.Sent + ". Its shape is checked; the store is not asked, nothing is loaded."
	}
	return s
}

// firstUse is the first use of a session that was not loaded for it.
func firstUse(snap trace.Snapshot) Step {
	switch {
	case ended(snap):
		return Step{
			Title:  "The handler ends the session",
			Detail: "To end it nobody has to know what is in it, so it is not even loaded.",
			Kind:   "write",
		}
	case snap.Sent == "":
		return Step{
			Title:  "First use: there is nothing to load",
			Detail: "No key came with the request, so the session is empty, and the store need not be asked.",
			Kind:   "read",
		}
	default:
		return Step{
			Title:  "First use: nothing is loaded",
			Detail: "What came in the cookie cannot be one of this server's keys, or its items are not needed.",
			Kind:   "read",
		}
	}
}

func change(snap trace.Snapshot) Step {
	if snap.Now.Modified {
		return Step{
			Title:  "The handler changes the session",
			Detail: "In memory, for now: it is marked as modified.",
			Kind:   "write",
		}
	}
	return Step{
		Title:  "The handler only reads",
		Detail: "The session is not modified, so nothing will be written and no cookie sent.",
		Kind:   "quiet",
	}
}

// departure is the first byte of the response.
func departure(snap trace.Snapshot, words words) []Step {
	if !snap.Begun {
		if !snap.Now.Modified {
			return nil
		}
		return []Step{{
			Title:  "Still to come: the first byte",
			Detail: "The session is saved just before the response begins, which this page is still waiting for.",
			Kind:   "quiet",
		}}
	}
	s := Step{
		Title:  "The response begins",
		Detail: "Without a cookie: the browser keeps the one it has, if any.",
		Kind:   "cookie",
	}
	if snap.SetCookie != "" {
		s.Detail = words.cookie
		s.Code = append(s.Code, "Set-Cookie: "+snap.SetCookie)
		if snap.Key == "" {
			s.Detail = "With an order to the browser to forget the cookie."
		}
	}
	if snap.Vary {
		s.Detail += " Vary keeps caches from showing it to another visitor."
		s.Code = append(s.Code, "Vary: Cookie")
	}
	return []Step{s}
}

func took(e trace.Event) string {
	d := e.Took.Round(10 * time.Microsecond)
	if d <= 0 {
		return ""
	}
	return " (" + d.String() + ")"
}
