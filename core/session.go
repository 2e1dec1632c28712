package core

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/djinn-go/djinn/core/internal/pyjson"
)

// Session is the session of one request: Django's request.session. It is loaded
// when it is first used and saved when the response begins; a request that does
// not use it costs nothing.
//
// It may be used by several goroutines of the request at once. It must not be
// used after the request has ended: reads see what was loaded, writes are
// refused and reported.
//
// Accessors return no errors. The first failure sticks: [Session.Err] returns it,
// nothing is saved, and the response becomes an error response, unless the
// handler has looked at Err (or called [Session.FailOpen]) and so decided for
// itself.
//
// A Session does not print its key or items.
type Session struct {
	m   *Manager
	ctx context.Context // of the request; loading runs under it

	mu sync.Mutex

	sessionState

	lateRead bool // a read after the request was reported

	phase  phase
	status int // of the response, once committed
}

// sessionState is what Atomic takes back.
type sessionState struct {
	// key is where the session lives in the store; empty while it does not.
	key string
	// sent: the browser sent a cookie of our name, whatever it held.
	sent bool
	// ambiguous: it sent several that differ, and none was taken.
	ambiguous bool
	// known is the key the browser holds, so that a change can still be saved
	// under it when no cookie can be sent any more.
	known string
	// undecodable is the key of a record that could not be decoded.
	undecodable string
	// doomed are keys to delete with the next save, from Flush.
	doomed []string

	// base are the items as the store has them, items as this request sees them.
	// They share memory until the first change: own copies.
	base, items []pyjson.Member
	owned       bool
	version     string
	expireDate  time.Time // of the stored record
	lastSeen    time.Time // of the stored record, if the store keeps it
	loaded      bool
	stale       bool // base and version are not what the store has: load before writing

	// What this request did since the last save, to do it again on fresh data.
	changes []change
	cleared bool
	rotate  bool
	pending bool // there is something to save

	accessed bool
	modified bool

	err      error // sticky
	errSeen  bool
	failOpen bool

	mismatched []string // items reported to hold another type

	saved bool // saved in this request, so the cookie is due
}

// phase is how far the response has come.
type phase uint8

const (
	open      phase = iota // headers can still be sent
	committed              // the first byte is out
	closed                 // the request is over
)

// Key returns the session key, Django's session_key: empty as long as the
// session has no record in the store, for example before its first save and
// after Flush or CycleKey until the next one. Whoever knows the key has the
// session: do not log it, and do not put it into a page.
func (s *Session) Key() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rotate {
		return ""
	}
	return s.key
}

// Accessed tells whether the session was read or written in this request.
func (s *Session) Accessed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accessed
}

// Modified tells whether something was written to the session in this request, or
// MarkModified was called.
func (s *Session) Modified() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.modified
}

// Loaded tells whether the items are in memory: whether the store has been asked,
// or did not need to be. Looking does not load.
func (s *Session) Loaded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loaded
}

// MarkModified makes the response send the cookie again and moves the expiry,
// even if no item changed. It is not needed after Set and the like. Changing a
// value that Get returned does not change the session; Set it again.
func (s *Session) MarkModified() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.modify()
}

// IsEmpty tells whether there is neither a key nor an item. As in Django it does
// not load: a session with a key is not empty, even if that key turns out to be
// unknown.
func (s *Session) IsEmpty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.isEmpty()
}

func (s *Session) isEmpty() bool { return s.key == "" && len(s.items) == 0 }

// Err returns the first error that befell the session in this request: a
// [StoreError] from loading it, an [EncodeError] from Set. Whoever looks at an
// error decides what it means: the handler's own response is sent then, and
// nothing of the session is saved.
//
// It loads the session if that has not happened yet.
func (s *Session) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.access()
	if s.err != nil {
		s.errSeen = true
	}
	return s.err
}

// FailOpen makes this request go on as an anonymous one if its session cannot be
// loaded, like Config.FailOpen for one route. Call it before the session is used.
func (s *Session) FailOpen() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failOpen = true
	if s.err != nil && !isEncode(s.err) {
		s.errSeen = true
	}
}

// Flush logs out: it removes the items, and the record from the store when the
// response begins, whatever its status. A request that is using the same session
// meanwhile cannot bring it back. What is set afterwards begins a new session
// under a new key. (Django's flush)
func (s *Session) Flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.writable("Flush") {
		return
	}
	for _, key := range []string{s.key, s.undecodable} {
		if key != "" {
			s.doomed = append(s.doomed, key)
		}
	}
	s.forget()
	s.undecodable = ""
	s.err, s.errSeen = nil, false
	s.changes, s.cleared, s.rotate = nil, false, false
	s.accessed = true
	s.modify()
}

// forget makes this an empty session without a key.
func (s *Session) forget() {
	s.key, s.version, s.expireDate, s.lastSeen = "", "", time.Time{}, time.Time{}
	s.base, s.items, s.owned = nil, nil, false
	s.loaded, s.stale = true, false
}

// CycleKey gives the session a new key and keeps its items. Call it when a user
// logs in or gains rights, so that a key somebody planted before is worth nothing
// afterwards (OWASP: renew the session ID after any privilege level change).
// The old key is dead as soon as the new one exists. (Django's cycle_key)
//
// If another request ended or rotated the session meanwhile, this one is answered
// with [ErrInterrupted] and leaves no key alive.
func (s *Session) CycleKey() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.writable("CycleKey") {
		return
	}
	s.access()
	s.rotate = s.key != ""
	s.modify()
}

// Save saves now rather than when the response begins, and returns what went
// wrong. The cookie is still sent with the response. It is the only way to save a
// session of [Manager.Open]. An empty session is not saved. After the response has
// begun, what would need a new cookie is dropped instead, which is an error.
func (s *Session) Save(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase == closed {
		s.lateUse("Save")
		return errors.New("djinn: Save after the request has ended: save while the handler runs, or open the session with Manager.Open")
	}
	if s.err != nil {
		s.errSeen = true
		return s.err
	}
	ctx, cancel := s.m.deadline(without{ctx, s})
	defer cancel()
	var lost string
	var err error
	if s.phase == committed {
		lost, err = s.saveLate(ctx)
	} else {
		err = s.save(ctx)
	}
	s.errSeen = s.err != nil // not of a Flush that failed: the commit tries that again
	if lost != "" {
		return errors.New("djinn: " + lost)
	}
	return err
}

// modify marks the session modified.
func (s *Session) modify() {
	s.modified, s.pending = true, true
}

// writable tells whether a change can still be taken. Called with mu held.
func (s *Session) writable(what string) bool {
	if s.phase == closed {
		s.lateUse(what)
		return false
	}
	return true
}

// lateUse reports a use after the request has ended.
func (s *Session) lateUse(what string) {
	s.m.reject(context.WithoutCancel(s.ctx), what+" after the request has ended: the session belongs to one request; "+
		"read what a goroutine needs before starting it, or use Manager.Open", nil)
}

// fail keeps the first error, and reports what the store has not been blamed for.
func (s *Session) fail(err error) {
	if s.err != nil {
		return
	}
	s.err = err
	if isEncode(err) {
		s.m.report(s.ctx, Event{Kind: EventFailed, Err: err})
	}
}

// String says what kind of thing this is, and neither its key nor its items.
func (s *Session) String() string { return "core.Session" }

// Format prints neither the key nor the items, whatever the verb.
func (s *Session) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// LogValue is what slog prints.
func (s *Session) LogValue() slog.Value { return slog.StringValue(s.String()) }
