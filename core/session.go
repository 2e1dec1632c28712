package core

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
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
// nothing is saved, and the response becomes an error response, unless
// [Session.FailOpen] says that the handler's is to go out.
//
// A Session does not print its key or items.
type Session struct {
	m   *Manager
	ctx context.Context // of the request; loading runs under it

	mu sync.Mutex

	sessionState

	// redoing is not nil while functions of Key.Update run again, for which a save
	// lets go of mu, and is closed after it.
	redoing chan struct{}

	lateRead bool // a read after the request was reported

	phase  phase
	status int // of the response, once committed
}

// sessionState is what Atomic takes back.
type sessionState struct {
	edits  edits
	rec    storedRecord
	cookie cookieState
	fault  fault

	rotate   bool // the next save gives the record a new key
	pending  bool // there is something to save
	accessed bool
	modified bool

	mismatched []string // items reported to hold another type
}

// storedRecord is what is known of the session's record in the store.
type storedRecord struct {
	key        string // empty while there is none
	version    string
	expireDate time.Time
	lastSeen   time.Time // if the store keeps it
	loaded     bool      // the store has been asked, or need not be
	stale      bool      // version and edits.stored are not what the store has: load before writing

	undecodable string   // the key of a record that could not be decoded
	flushed     []string // keys of sessions that Flush has ended, to be deleted
}

// cookieState is what is known of the browser's cookie.
type cookieState struct {
	sent      bool   // the browser sent one of our name, whatever it held
	ambiguous bool   // it sent several that differ, and none was taken
	known     string // the key that the browser holds
	confirmed bool   // the store has written the session under its key in this request
	ended     bool   // this request has ended the session that the browser holds
}

// fault is the first failure that befell the session.
type fault struct {
	err      error
	open     bool // a session that cannot be loaded is to count as anonymous
	accepted bool // the handler's response goes out in spite of err
}

// phase is how far the response has come.
type phase uint8

const (
	headersOpen phase = iota // headers can still be sent
	committed                // the first byte is out
	ended                    // the request is over
)

// Open returns the session under key outside of a request, for jobs, tools and
// tests: nothing is loaded before it is used and nothing is written before
// [Session.Save]. A key that cannot be one, or an empty one, opens a new session.
func (m *Manager) Open(ctx context.Context, key string) *Session {
	s := &Session{m: m, ctx: ctx}
	if m.valid(key) {
		s.rec.key = key
	}
	return s
}

// Key returns the session key, Django's session_key: empty as long as the
// session has no record in the store, for example before its first save and
// after Flush or CycleKey until the next one. Whoever knows the key has the
// session: do not log it, and do not put it into a page; see [Session.PublicID].
func (s *Session) Key() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rotate {
		return ""
	}
	return s.rec.key
}

// PublicID is the [PublicID] of this session as the store has it: "" while it has no
// record, and the old one's while a CycleKey has not been saved.
func (s *Session) PublicID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.access()
	return PublicID(s.rec.key)
}

// Accessed reports whether the session was read or written in this request.
func (s *Session) Accessed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accessed
}

// Modified reports whether something was written to the session in this request, or
// MarkModified was called.
func (s *Session) Modified() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.modified
}

// Loaded reports whether the items are in memory: whether the store has been asked,
// or did not need to be. Looking does not load.
func (s *Session) Loaded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rec.loaded
}

// MarkModified moves the expiry even if no item changed, and the response sends the
// cookie again if the store was told, see [Config.TouchInterval]. It is not needed after Set and the like. Changing a
// value that Get returned does not change the session; Set it again.
func (s *Session) MarkModified() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.modify()
}

// IsEmpty reports whether there is neither a key nor an item. As in Django it does
// not load: a session with a key is not empty, even if that key turns out to be
// unknown.
func (s *Session) IsEmpty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.isEmpty()
}

func (s *Session) isEmpty() bool { return s.rec.key == "" && len(s.edits.items) == 0 }

// Err returns the first error that befell the session in this request: a
// [StoreError] from loading it, an [EncodeError] from Set, what Save returned. It
// only looks: it loads nothing, so that it says nothing of a session that nobody has
// used yet, and the response stays an error response unless [Session.FailOpen] is
// called.
func (s *Session) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault.err
}

// FailOpen makes this request go on in spite of a failure of its session: the
// handler's response goes out, nothing of the session is saved, and the cookie stays
// as it is.
//
// Called before the session is used it is Config.FailOpen for one request: a visitor
// whose session cannot be loaded counts as anonymous. Called after a failure, of
// which [Session.Err] and [Session.Save] tell, it accepts that one, whatever it was:
//
//	if err := s.Save(ctx); errors.Is(err, core.ErrRefused) {
//		s.FailOpen() // the answer is ours
//		http.Error(w, "You are logged in on too many devices.", http.StatusConflict)
//		return
//	}
//
// A failure that comes later than the call, and is not one of loading, is answered
// with an error response all the same: the handler has not seen it.
func (s *Session) FailOpen() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault.open = true
	s.fault.accepted = s.fault.err != nil
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
	for _, key := range []string{s.rec.key, s.rec.undecodable} {
		if key != "" {
			s.rec.flushed = append(s.rec.flushed, key)
		}
	}
	s.forget()
	s.rec.undecodable = ""
	s.fault.err, s.fault.accepted = nil, false
	s.edits.discard()
	s.rotate = false
	s.accessed = true
	s.modify()
}

// forget makes this an empty session without a key.
func (s *Session) forget() {
	s.rec.key, s.rec.version, s.rec.expireDate, s.rec.lastSeen = "", "", time.Time{}, time.Time{}
	s.rec.loaded, s.rec.stale = true, false
	s.edits.load(nil)
}

// CycleKey gives the session a new key and keeps its items. Call it when a user
// logs in or gains rights, so that a key somebody planted before is worth nothing
// afterwards (session fixation; OWASP: renew the session ID after any privilege
// level change). The old key is dead as soon as the new one exists. (Django's
// cycle_key)
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
	s.rotate = s.rec.key != ""
	s.modify()
}

// Save saves now rather than when the response begins, and returns what went
// wrong, which then sticks, see [Session.Err] and [Session.FailOpen]. The cookie is
// still sent with the response. It is the only way to save a session of
// [Manager.Open]. An empty session is not saved. After the response has begun, what
// would need a new cookie is dropped instead, which is an error.
func (s *Session) Save(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase == ended {
		s.reportUseAfterEnd("Save")
		return errors.New("djinn: Save after the request has ended: save while the handler runs, or open the session with Manager.Open")
	}
	if s.fault.err != nil {
		return s.fault.err
	}
	ctx, cancel := s.m.deadline(sessionless{ctx, s})
	defer cancel()
	if err := s.awaitRedo(ctx); err != nil {
		return err
	}
	if s.phase == committed {
		return s.saveLate(ctx)
	}
	return s.save(ctx)
}

// modify marks the session modified.
func (s *Session) modify() {
	s.modified, s.pending = true, true
}

// writable reports whether a change can still be taken. Called with mu held.
func (s *Session) writable(what string) bool {
	if s.phase == ended {
		s.reportUseAfterEnd(what)
		return false
	}
	return true
}

func (s *Session) reportUseAfterEnd(what string) {
	s.m.report(context.WithoutCancel(s.ctx), Event{Kind: EventUseAfterEnd,
		Reason: what + " after the request has ended: the session belongs to one request; " +
			"read what a goroutine needs before starting it, or use Manager.Open"})
}

// fail keeps the first error, and reports what the store has not been blamed for.
func (s *Session) fail(err error) {
	if s.fault.err != nil {
		return
	}
	s.fault.err = err
	var store *StoreError
	switch {
	case isEncode(err):
		s.m.report(s.ctx, Event{Kind: EventFailed, Err: err})
	case errors.As(err, &store) && store.Op == OpLoad && s.rec.expireDate.IsZero(): // never seen
		s.fault.accepted = s.fault.open || s.m.cfg.FailOpen
	}
}

// runUnlocked runs a function of the program's without the lock, so that it may use
// the session.
func (s *Session) runUnlocked(fn applyFunc, old string, ok bool) (string, error) {
	s.mu.Unlock()
	defer s.mu.Lock() // also if it panics
	return fn(old, ok)
}

// sessionless is a context in which s is not found: for what the store and the
// observer get, who would wait for ever if they used the session that is calling
// them.
type sessionless struct {
	context.Context
	s *Session
}

func (c sessionless) Value(key any) any {
	if _, ok := key.(clientKey); ok { // the session's own, whatever context Save was called with
		if v := c.s.ctx.Value(key); v != nil {
			return v
		}
	}
	if v := c.Context.Value(key); v != any(c.s) {
		return v
	}
	return nil
}

// String keeps fmt from walking into the session.
func (c sessionless) String() string { return "djinn.Context" }

// String says what kind of thing this is, and neither its key nor its items.
func (s *Session) String() string { return "core.Session" }

// Format prints neither the key nor the items, whatever the verb.
func (s *Session) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// LogValue is what slog prints.
func (s *Session) LogValue() slog.Value { return slog.StringValue(s.String()) }
