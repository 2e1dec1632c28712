package page

import (
	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/examples/internal/trace"
)

// signedCookies is the engine that keeps nothing on the server.
const signedCookies = "signed_cookies"

// words are what the panel says of an engine. Engines promise different things,
// and the panel claims none that this one does not keep.
type words struct {
	// log is where the panel learns what was asked, asked what one of them is called.
	// Both are empty where nothing is written down.
	log, asked string
	// kept is what it means to be saved.
	kept string
	// cookie is what a response's cookie is for.
	cookie string
	// loaded and undecodable explain what was read, writes what was written: a
	// title and a sentence for each Op.
	loaded, undecodable string
	writes              map[core.Op][2]string
	// inCookie: the key is the session.
	inCookie bool
}

// wordsOf returns the words for an engine, under its name in SESSION_ENGINE.
func wordsOf(engine string) words {
	switch engine {
	case signedCookies:
		return ofCookies
	case "file":
		return onServer("", "")
	case "cache":
		return onServer("the cache’s answers", "call")
	case "cached_db":
		return onServer("the answers of cache and database", "call")
	default:
		return onServer("the database’s log", "statement")
	}
}

// onServer are the words for engines that keep records on the server.
func onServer(log, asked string) words {
	return words{
		log: log, asked: asked,
		kept:        "the store has the change",
		cookie:      "With the cookie, which tells the browser the key and how long to keep it.",
		loaded:      "The handler asked for an item, so now the store is asked, once; the rest of the request reads from memory.",
		undecodable: "The visitor is anonymous, and the record stays as it is.",
		writes: map[core.Op][2]string{
			"create": {"The session is created", "Only now, when there is something to keep, under a random key that the server drew."},
			"update": {"The session is saved", "Once, before the first byte leaves, and only if nobody changed it meanwhile."},
			"touch":  {"The expiry moves", "No item changed, so the data is not written again."},
			"rotate": {"The session gets a new key", "The items stay. Whoever knew the old key has nothing now."},
			"delete": {"The record is deleted", "A request still under way with the old cookie cannot bring it back."},
		},
	}
}

// ofCookies are the words for the engine whose limits are in the package comment
// of cookiestore.
var ofCookies = words{
	kept:        "the cookie has the change",
	cookie:      "With the cookie, which is the session: signed, so that the visitor can read it and not change it.",
	loaded:      "The handler asked for an item, so now the cookie’s signature and age are checked, once; nothing is asked anywhere.",
	undecodable: "The cookie is not signed with a key of ours. The visitor is anonymous.",
	writes: map[core.Op][2]string{
		"create": {"The session is created", "Only now, when there is something to keep: signed, for the cookie. The server keeps nothing."},
		"update": {"The session is saved", "Once, signed anew, before the first byte leaves. If two requests change it at once, the cookie that arrives last is kept."},
		"touch":  {"The expiry moves", "No item changed, but the time is part of what is signed, so the session is signed anew."},
		"rotate": {"The session is signed anew", "The items stay. There is no key to take away: a copy of the old cookie stays good until it is too old."},
		"delete": {"The session ends with its cookie", "There is nothing on the server to delete: a copy of the cookie stays good until it is too old."},
	},
	inCookie: true,
}

// where tells where the items are, if anywhere.
func (w words) where(key string) string {
	switch {
	case key == "":
		return ""
	case w.inCookie:
		return "in the cookie"
	default:
		return "under the key " + key
	}
}

// step puts into words what the Manager told its Observer.
func (w words) step(e trace.Event) Step {
	s := Step{Code: e.Statements, Kind: "write"}
	switch e.Kind {
	case core.EventLoaded:
		s.Kind = "read"
		s.Title, s.Detail = "First use: the session is loaded"+took(e), w.loaded
		if !e.Found {
			s.Title = "First use: the store knows no such session" + took(e)
			s.Detail = "It has expired, was ended, or the key was made up. The visitor is anonymous, and the key is never used."
		}
	case core.EventSaved:
		said, ok := w.writes[e.Op]
		if !ok {
			said[0] = "The store writes: " + string(e.Op)
		}
		s.Title, s.Detail = said[0]+took(e), said[1]
	case core.EventConflict:
		s.Title = "Another request wrote first" + took(e)
		s.Detail = "Nothing is overwritten: the session is loaded again and this request's changes are made on the fresh data."
	case core.EventUndecodable:
		s.Title, s.Kind, s.Detail = "The record cannot be read", "trouble", w.undecodable
	default:
		s.Title, s.Kind = "The session reports: "+e.Kind.String(), "trouble"
		s.Detail = "The program's log says more."
	}
	return s
}
