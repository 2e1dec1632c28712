package core

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// commit saves the session as the response's status allows. It runs when the
// response begins and outlives a client that hangs up, but not StoreTimeout.
// Called with mu held.
func (s *Session) commit(status int) error {
	ctx, cancel := s.m.deadline(context.WithoutCancel(s.ctx))
	defer cancel()
	if err := s.awaitRedo(ctx); err != nil {
		return err
	}
	if err := s.deleteFlushed(ctx); err != nil {
		return err
	}
	if s.fault.err == nil && status < 500 {
		if s.m.cfg.SaveEveryRequest && s.rec.key != "" {
			s.pending = true
		}
		if err := s.save(ctx); err == nil || s.fault.err == nil {
			return err
		}
	}
	switch {
	case s.fault.err == nil: // an error response: as in Django, its changes are not saved
	case !s.fault.accepted:
		return s.fault.err
	case s.pending && s.modified:
		s.reportDropped(ctx)
	}
	s.drop()
	return nil
}

// commitLate saves what changed after the response had begun. What cannot be saved
// is reported and dropped. Called with mu held.
func (s *Session) commitLate() error {
	ctx, cancel := s.m.deadline(context.WithoutCancel(s.ctx))
	defer cancel()
	if err := s.awaitRedo(ctx); err != nil {
		return err
	}
	if err := s.deleteFlushed(ctx); err != nil || !s.pending {
		return err
	}
	switch {
	case s.fault.err != nil:
		s.reportDropped(ctx)
	case s.status >= 500:
		s.m.report(ctx, Event{Kind: EventChangesDropped, Reason: "changes were dropped because the response is an error"})
	default:
		err := s.saveLate(ctx)
		if errors.As(err, new(lateError)) {
			return nil // it has been reported, and the response goes on
		}
		return err
	}
	s.drop()
	return nil
}

func (s *Session) reportDropped(ctx context.Context) {
	s.m.report(ctx, Event{Kind: EventChangesDropped, Err: s.fault.err,
		Reason: "changes were dropped because the session could not be loaded, encoded or saved"})
}

// lateError says why a change that came after the response had begun is lost.
type lateError string

const (
	lateRotation lateError = "CycleKey and the changes with it were dropped: the new key cannot reach the browser any more: " +
		"change the session before the first byte is written"
	lateSession lateError = "changes were dropped: the cookie of a new session cannot reach the browser any more: " +
		"change the session before the first byte is written"
	lateCookie lateError = "changes are lost: the session is kept in the cookie, which cannot reach the browser any more: " +
		"change the session before the first byte is written"
)

func (e lateError) Error() string { return "djinn: " + string(e) }

// saveLate saves when no cookie can be sent any more, which works only for a
// session that the browser knows. The error is a lateError if the changes are lost.
func (s *Session) saveLate(ctx context.Context) error {
	if err := s.deleteFlushed(ctx); err != nil || !s.pending {
		return err
	}
	if !s.rec.loaded || s.rec.stale { // whether the key lives is not known yet
		if err := s.refresh(ctx); err != nil {
			return s.failSave(err)
		}
	}
	switch {
	case s.rotate:
		return s.lose(ctx, lateRotation)
	case !s.isEmpty() && !s.known():
		return s.lose(ctx, lateSession)
	}
	if err := s.save(ctx); err != nil {
		return err
	}
	if s.rec.key != "" && !s.known() {
		return s.lose(ctx, lateCookie)
	}
	return nil
}

// known reports whether the browser has the session's key.
func (s *Session) known() bool { return s.rec.key != "" && s.rec.key == s.cookie.known }

// lose reports and drops changes that came too late.
func (s *Session) lose(ctx context.Context, why lateError) error {
	s.m.report(ctx, Event{Kind: EventLateChange, Reason: string(why)})
	s.drop()
	return why
}

// deleteFlushed removes the records of sessions that Flush has ended.
func (s *Session) deleteFlushed(ctx context.Context) error {
	for len(s.rec.flushed) > 0 {
		existed, err := s.m.delete(ctx, s.rec.flushed[0])
		if err != nil {
			return err
		}
		s.cookie.ended = s.cookie.ended || existed && s.rec.flushed[0] == s.cookie.known
		s.rec.flushed = s.rec.flushed[1:]
	}
	return nil
}

// drop forgets what was not saved.
func (s *Session) drop() {
	s.edits.discard()
	s.rotate, s.pending = false, false
}

// save brings the store up to date with this request's changes, again and again
// if others write meanwhile. Called with mu held.
func (s *Session) save(ctx context.Context) error {
	if err := s.deleteFlushed(ctx); err != nil || !s.pending {
		return err
	}
	if !s.rec.loaded || s.rec.stale {
		if err := s.refresh(ctx); err != nil {
			return s.failSave(err)
		}
	}
	for try := 0; !s.isEmpty(); try++ {
		done, err := s.trySave(ctx, try)
		if err != nil {
			return s.failSave(err)
		}
		if done {
			break
		}
	}
	s.edits.saved()
	s.rotate, s.pending = false, false
	return s.deleteFlushed(ctx) // of a goroutine that was let in by redo
}

// maxKeyDraws is how many taken keys in a row mean a store that is wrong rather
// than chance: two equal draws of 165 bits do not happen.
const maxKeyDraws = 8

// trySave makes one attempt and reports whether it was the last: if not, what is known
// of the record is what the store has now, or another key will be drawn.
func (s *Session) trySave(ctx context.Context, try int) (done bool, err error) {
	err = s.write(ctx)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, errEnded):
		s.forget()
		s.cookie.confirmed = false
		return true, nil
	case errors.Is(err, ErrExists) && try < maxKeyDraws:
		return false, nil
	case errors.Is(err, ErrNotFound):
		return false, ErrInterrupted
	case errors.Is(err, ErrConflict) && InTransaction(ctx):
		return false, ErrConflict // what the transaction has made of the old data is not known here
	case errors.Is(err, ErrConflict):
		return false, s.retry(ctx, try)
	default:
		return false, err
	}
}

// retry waits a little and loads the session again. The wait grows with the
// number of tries and is random, so that requests in each other's way part.
func (s *Session) retry(ctx context.Context, try int) error {
	if try > 0 {
		wait := time.NewTimer(rand.N(time.Millisecond << min(try, 5)))
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-ctx.Done():
			return &StoreError{Op: OpUpdate, Err: fmt.Errorf("%w %d times until the deadline", ErrConflict, try+1)}
		}
	}
	return s.refresh(ctx)
}

// failSave makes a failure of a save stick.
func (s *Session) failSave(err error) error {
	var store *StoreError
	switch {
	case errors.Is(err, ErrInterrupted):
		s.m.report(s.ctx, Event{Kind: EventInterrupted,
			Reason: "the session ended in a concurrent request while this one changed it; the change is dropped"})
	case isEncode(err), errors.Is(err, ErrRefused), errors.As(err, &store):
	case errors.Is(err, ErrConflict):
		return err // in a transaction, which may begin again
	default: // a taken key, eight times
		err = &StoreError{Op: OpCreate, Err: err}
	}
	s.fail(err)
	return err
}

// write makes one attempt with what is known of the stored record.
func (s *Session) write(ctx context.Context) error {
	cfg, now := &s.m.cfg, s.m.cfg.Now()
	rec := Record{
		Key:        s.rec.key,
		Values:     s.edits.values(), // which the store may keep
		ExpireDate: s.expiry().date(now, cfg.CookieAge).UTC(),
		Version:    s.rec.version,
		codec:      s.m.codec,
	}
	if n := rec.Values.Len(); n > maxItems {
		return fmt.Errorf("%w: %d items, allowed are %d: put lists into one item", ErrTooLarge, n, maxItems)
	}
	if size := rec.Values.jsonSize(); size > cfg.MaxSize {
		return fmt.Errorf("%w: %d bytes, allowed are %d: keep less in the session, or raise Config.MaxSize", ErrTooLarge, size, cfg.MaxSize)
	}
	switch {
	case rec.Key == "":
		return s.create(ctx, rec)
	case s.rotate:
		return s.rotateTo(ctx, rec)
	case s.edits.dirty():
		key, err := s.m.store.Update(ctx, rec)
		return s.afterWrite(ctx, OpUpdate, now, key, rec, err)
	case cfg.TouchInterval < 0, rec.ExpireDate.Sub(s.rec.expireDate) >= cfg.TouchInterval,
		!s.rec.lastSeen.IsZero() && now.Sub(s.rec.lastSeen) >= cfg.TouchInterval:
		return s.touch(ctx, rec)
	default:
		return nil // not worth a write
	}
}

func (s *Session) create(ctx context.Context, rec Record) error {
	start := s.m.cfg.Now()
	rec.Key, rec.Version = NewSessionKey(), ""
	key, err := s.m.store.Create(ctx, rec)
	return s.afterWrite(ctx, OpCreate, start, key, rec, err)
}

// errEnded: a touch found no record. Nothing was lost.
var errEnded = errors.New("djinn: the session ended meanwhile")

func (s *Session) touch(ctx context.Context, rec Record) error {
	start := s.m.cfg.Now()
	key, err := rec.Key, errors.ErrUnsupported
	if s.m.toucher != nil {
		err = s.m.toucher.Touch(ctx, rec)
	}
	if errors.Is(err, errors.ErrUnsupported) {
		key, err = s.m.store.Update(ctx, rec)
	}
	if errors.Is(err, ErrNotFound) {
		s.m.report(ctx, Event{Kind: EventEnded, Op: OpTouch, Reason: "the session ended while a request was about to extend it"})
		return errEnded
	}
	return s.afterWrite(ctx, OpTouch, start, key, rec, err)
}

// rotateTo gives the record a new key. Without a [Rotator] the new record is
// there before the old one goes, and is taken back if another request was faster.
func (s *Session) rotateTo(ctx context.Context, rec Record) error {
	start := s.m.cfg.Now()
	old := rec
	rec.Key = NewSessionKey()
	if s.m.rotator != nil {
		key, err := s.m.rotator.Rotate(ctx, old.Key, rec)
		if !errors.Is(err, errors.ErrUnsupported) {
			return s.afterWrite(ctx, OpRotate, start, key, rec, err)
		}
	}
	rec.Version = ""
	key, err := s.m.store.Create(ctx, rec)
	if err != nil {
		return s.afterWrite(ctx, OpCreate, start, key, rec, err)
	}
	// An update into the past ends the old record in one step with the check that
	// nobody changed or ended it; to delete it then is housekeeping.
	old.ExpireDate = time.Unix(0, 0).UTC()
	if _, err := s.m.store.Update(ctx, old); err != nil {
		if errors.Is(err, ErrNotFound) || errors.Is(err, ErrConflict) || errors.Is(err, ErrRefused) {
			if _, err := s.m.delete(ctx, key); err != nil {
				return err
			}
		} // else nobody knows the new key, and the browser keeps the old one
		return s.m.written(ctx, OpRotate, start, err)
	}
	if _, err := s.m.delete(ctx, old.Key); err != nil {
		s.m.report(ctx, Event{Kind: EventCleanupFailed, Op: OpDelete, Err: err,
			Reason: "the record of a rotated key could not be deleted; it has expired and is cleared as such"})
	}
	return s.afterWrite(ctx, OpRotate, start, key, rec, nil)
}

// afterWrite reports what came of a write and takes note of what the store has now.
func (s *Session) afterWrite(ctx context.Context, op Op, start time.Time, key string, rec Record, err error) error {
	if err == nil {
		err = s.fits(key)
	}
	if err := s.m.written(ctx, op, start, err); err != nil {
		return err
	}
	s.rec.key, s.cookie.confirmed = key, true
	s.edits.stored, s.rec.expireDate = s.edits.items, rec.ExpireDate
	if !s.rec.lastSeen.IsZero() {
		s.rec.lastSeen = start
	}
	s.rec.stale = op != OpTouch
	return nil
}

// maxCookie is the length of a cookie, with its name and attributes, that every
// browser keeps. Longer ones they drop without a word.
const maxCookie = 4096

// fits fails if the cookie with that key would be dropped, which only a store can
// bring about that keeps the session in its key.
func (s *Session) fits(key string) error {
	if len(key) <= maxKeyLength {
		return nil
	}
	if n := len(s.setCookie(key)); n > maxCookie {
		return fmt.Errorf("%w: its cookie has %d bytes with name and attributes, browsers drop those over %d: "+
			"keep less in the session, or use a store that keeps it on the server", ErrTooLarge, n, maxCookie)
	}
	return nil
}

// setCookie renders the cookie with that key.
func (s *Session) setCookie(key string) string {
	cfg := &s.m.cfg
	now := cfg.Now()
	return cfg.setCookie(key, now, s.expiry().age(now, cfg.CookieAge), s.expireAtBrowserClose())
}
