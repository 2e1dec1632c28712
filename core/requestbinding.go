package core

import (
	"context"
	"fmt"
	"maps"
	"net/http"
)

// RequestBinding is one request and its response as the session sees them: what an
// adapter for a framework is made of. A handler has no use for it.
//
// An adapter allocates one per request (as part of a struct of its own, so that a
// request costs one allocation) and never reuses it, because a handler may keep
// the session. In order:
//
//	if _, ok := m.Lookup(r.Context()); ok { … mounted twice: just call next … }
//	r = x.Begin(m, w, r)    // the request that carries the session
//	… call next with r and x.Writer(), or a writer that calls Commit …
//	err := x.Commit(status) // if nothing was written; see Leave
//	x.End()                 // also when next panicked, after Commit(500)
//
// When Commit fails nothing has been written and nothing of the handler's may be:
// the adapter calls ResetHeader and answers with the error as its framework does.
type RequestBinding struct {
	session Session
	client  clientContext
	ctx     sessionContext
	writer  Writer
	entry   http.Header // the headers when the request came in
	err     error       // of the commit
	// answer, if set, answers the request when the commit fails, at once.
	answer func(w http.ResponseWriter, r *http.Request, err error)
}

// Begin starts the exchange: it reads the cookie, does no I/O, and returns the
// request whose context carries the session.
func (x *RequestBinding) Begin(m *Manager, w http.ResponseWriter, r *http.Request) *http.Request {
	s := &x.session
	x.client.Context, x.client.began, x.client.configured = r.Context(), monotonicNow(), m.cfg.ClientIP
	s.m, s.ctx = m, &x.client
	var value string
	value, s.cookie.sent, s.cookie.ambiguous = readCookie(r.Header, m.cfg.CookieName)
	if s.cookie.sent && m.valid(value) {
		s.rec.key, s.cookie.known = value, value
	}
	x.ctx = sessionContext{s.ctx, s}
	x.writer = Writer{w, x}
	if h := w.Header(); len(h) > 0 {
		x.entry = maps.Clone(h)
	}
	x.client.request = r.WithContext(&x.ctx)
	return x.client.request
}

// SetClientIP makes source tell the client's address, unless Config.ClientIP is
// set: an adapter's way to hand on what its framework knows. It is asked only if
// somebody wants the address, and not after End. Call it between Begin and the
// handler.
func (x *RequestBinding) SetClientIP(source interface{ ClientIP() string }) {
	x.client.framework = source
}

// Session returns the session, which lives as long as somebody holds it.
func (x *RequestBinding) Session() *Session { return &x.session }

// Writer returns a response writer that commits in time. It hands on what it gets
// to the writer given to Begin.
func (x *RequestBinding) Writer() *Writer { return &x.writer }

// Commit saves the session for a response of that status and writes the headers,
// once: later calls return the first one's result. Call it before the first byte
// leaves, not for informational responses (1xx).
//
// An error means that the response must not go out as the handler wants it;
// [StatusCode] says with which status instead.
func (x *RequestBinding) Commit(status int) error {
	s := &x.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase != headersOpen {
		return x.err
	}
	s.phase, s.status = committed, status
	if !s.accessed && !s.pending && !s.m.cfg.SaveEveryRequest {
		return nil
	}
	s.status = http.StatusInternalServerError // of a panic: End is to save nothing either
	x.err = s.commit(status)
	s.status = status
	if x.err == nil {
		s.writeHeader(x.writer.ResponseWriter.Header())
	}
	return x.err
}

// CommitHijacked saves the session for a connection that leaves HTTP. The one who
// takes it over writes the headers, so no cookie can be sent: a session that the
// browser does not know yet is not created, which is reported. On an error the
// connection must stay with HTTP, for the error response.
func (x *RequestBinding) CommitHijacked() error {
	s := &x.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase != headersOpen {
		return x.err
	}
	if s.fault.err != nil && !s.fault.accepted {
		return s.fault.err
	}
	if err := s.commitLate(); err != nil {
		return err
	}
	s.phase, s.status = committed, http.StatusSwitchingProtocols
	return nil
}

// Leave is for middleware that is about to return, by a panic or not, in a framework
// that answers errors and panics only after that. answered is false if the answer is
// still to be given.
//
// Then a logout is done at once ([Session.Flush]), so that it happens even if nobody
// answers, and later is true: when the answer begins, the adapter calls Commit with its
// status, and End. If none has come when the request's context ends, the changes that
// are lost with it are reported. Otherwise Leave is Commit with that status, and the
// adapter answers its error, if there is one, and calls End.
func (x *RequestBinding) Leave(status int, answered bool) (later bool, err error) {
	if !answered && !x.Committed() && x.commitFlush() == nil {
		return true, nil
	}
	return false, x.Commit(status)
}

// commitFlush does what [Session.Flush] asked for, ahead of Commit. An error counts as
// that of Commit.
func (x *RequestBinding) commitFlush() error {
	s := &x.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase != headersOpen {
		return x.err
	}
	x.client.keepIP()
	if len(s.rec.flushed) > 0 {
		ctx, cancel := s.m.deadline(context.WithoutCancel(s.ctx))
		defer cancel()
		if x.err = s.deleteFlushed(ctx); x.err != nil {
			s.phase, s.status = committed, StatusCode(x.err)
			return x.err
		}
	}
	if s.pending && !s.isEmpty() {
		context.AfterFunc(s.ctx, x.reportUnanswered)
	}
	return nil
}

// reportUnanswered reports changes that no answer has committed.
func (x *RequestBinding) reportUnanswered() {
	s := &x.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase == headersOpen && s.pending {
		s.m.report(context.WithoutCancel(s.ctx), Event{Kind: EventChangesDropped,
			Reason: "changes were not saved by the end of the request: the handler failed " +
				"and nobody answered: write a response, or mount middleware that answers errors"})
	}
}

// Committed reports whether the session has been committed, by Commit itself or by
// the writer, with or without success.
func (x *RequestBinding) Committed() bool {
	x.session.mu.Lock()
	defer x.session.mu.Unlock()
	return x.session.phase != headersOpen
}

// Err returns the error with which Commit failed.
func (x *RequestBinding) Err() error {
	x.session.mu.Lock()
	defer x.session.mu.Unlock()
	return x.err
}

// ResetHeader gives the response the headers it had when the request came in, so
// that an error response does not carry the handler's ETag or Content-Length, and
// those that belong to the error of Commit (Retry-After for a 503). The key that
// [Session.Save] has made before the failure goes out all the same.
func (x *RequestBinding) ResetHeader() {
	h := x.writer.ResponseWriter.Header()
	clear(h)
	maps.Copy(h, x.entry)
	setErrorHeader(h, x.Err())
	s := &x.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.newKey() {
		s.writeHeader(h)
	}
}

// End ends the exchange: what changed after the response had begun is saved if
// the browser knows the session, and reported otherwise; from now on the session
// takes no changes. After a commit that failed there is nothing to save: the error
// response has said so, and the store is not asked again.
func (x *RequestBinding) End() {
	s := &x.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase == committed && x.err == nil && (s.pending || len(s.rec.flushed) > 0) {
		if err := s.commitLate(); err != nil {
			s.m.report(s.ctx, Event{Kind: EventLateChange, Err: err, Reason: "changes made after the response had begun could not be saved"})
		}
	}
	s.phase = ended
	x.client.ended.Store(true)
}

// AnswerError answers with err by Config.ErrorHandler, and reports whether that is set:
// what an adapter tries before its framework's own way. w is the framework's writer.
func (x *RequestBinding) AnswerError(w http.ResponseWriter, r *http.Request, err error) bool {
	answer := x.session.m.cfg.ErrorHandler
	if answer != nil {
		answer(w, r, err)
	}
	return answer != nil
}

// HandleError answers with err by Config.ErrorHandler, or in short plain text.
func (m *Manager) HandleError(w http.ResponseWriter, r *http.Request, err error) {
	if m.cfg.ErrorHandler != nil {
		m.cfg.ErrorHandler(w, r, err)
		return
	}
	setErrorHeader(w.Header(), err)
	status := StatusCode(err)
	http.Error(w, http.StatusText(status), status)
}

// setErrorHeader sets what goes with the status of err.
func setErrorHeader(h http.Header, err error) {
	if err != nil && StatusCode(err) == http.StatusServiceUnavailable {
		h.Set("Retry-After", "5")
	}
}

// newKey reports whether this request has saved the session under a key that the
// browser does not know yet.
func (s *Session) newKey() bool { return s.cookie.confirmed && s.rec.key != "" && !s.known() }

// writeHeader writes what the commit came to. The cookie says only what the store has
// confirmed in this request, because another response may have changed the browser's
// meanwhile: it is set if the session was written, and deleted if this very request has
// ended it. Called with mu held.
func (s *Session) writeHeader(h http.Header) {
	cfg := &s.m.cfg
	cookie := ""
	switch {
	case s.fault.err != nil && !s.newKey(): // the handler decided: the cookie stays as it is
	case s.cookie.confirmed && s.rec.key != "":
		cookie = s.setCookie(s.rec.key)
		s.cookie.known = s.rec.key
	case s.cookie.ended && s.isEmpty():
		cookie = cfg.deleteCookie()
		s.cookie.known = ""
	}
	if cookie != "" {
		addCookie(h, cfg.CookieName, cookie)
	}
	if cookie != "" || s.accessed {
		addVary(h)
	}
}

// String keeps fmt from walking into the session.
func (x *RequestBinding) String() string { return "core.RequestBinding" }

// Format prints nothing of the session, whatever the verb.
func (x *RequestBinding) Format(f fmt.State, _ rune) { fmt.Fprint(f, x.String()) }
