package core

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// errGone is a touch that found no record: nothing was lost and nothing is sent.
var errGone = errors.New("djinn: the session ended meanwhile")

// deadline bounds calls of the store.
func (m *Manager) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, m.cfg.StoreTimeout)
}

// commit saves the session as the response's status allows. It runs when the
// response begins and outlives a client that hangs up, but not StoreTimeout.
// Called with mu held.
func (s *Session) commit(status int) error {
	ctx, cancel := s.m.deadline(context.WithoutCancel(s.ctx))
	defer cancel()
	if err := s.deleteDoomed(ctx); err != nil {
		return err
	}
	if s.err == nil && status < 500 {
		if s.m.cfg.SaveEveryRequest && s.key != "" {
			s.pending = true
		}
		if err := s.save(ctx); err == nil || !s.errSeen {
			return err
		}
	}
	if s.err != nil {
		if !s.errSeen {
			return s.err
		}
		if s.pending && s.modified {
			s.m.reject(ctx, "changes were dropped because the session could not be loaded, encoded or saved", s.err)
		}
	}
	s.drop()
	return nil
}

// deleteDoomed removes the records of flushed sessions.
func (s *Session) deleteDoomed(ctx context.Context) error {
	for len(s.doomed) > 0 {
		if _, err := s.m.delete(ctx, s.doomed[0]); err != nil {
			return err
		}
		s.doomed = s.doomed[1:]
	}
	return nil
}

// drop forgets what was not saved.
func (s *Session) drop() {
	s.items, s.owned = s.base, false
	s.changes, s.cleared, s.rotate, s.pending = nil, false, false, false
}

// save brings the store up to date with this request's changes, again and again
// if others write meanwhile. Called with mu held.
func (s *Session) save(ctx context.Context) error {
	if err := s.deleteDoomed(ctx); err != nil {
		return err
	}
	if !s.pending {
		return nil
	}
	if !s.loaded || s.stale {
		if err := s.refresh(ctx); err != nil {
			return s.failSave(err)
		}
	}
	for try := 0; !s.isEmpty(); try++ {
		err := s.write(ctx)
		switch {
		case err == nil:
			s.saved = true
		case errors.Is(err, errGone):
			s.forget()
			s.saved, s.sent = false, false // the request that ended it has told the browser
		case errors.Is(err, ErrExists) && try < maxKeyDraws:
			continue // write draws another key
		case errors.Is(err, ErrNotFound):
			return s.failSave(ErrInterrupted)
		case errors.Is(err, ErrConflict) && InTransaction(ctx):
			return ErrConflict // what the transaction has made of the old data is not known here
		case errors.Is(err, ErrConflict):
			if err := s.retry(ctx, try); err != nil {
				return s.failSave(err)
			}
			continue
		default:
			return s.failSave(err)
		}
		break
	}
	s.changes, s.cleared, s.rotate, s.pending = nil, false, false, false
	return nil
}

// maxKeyDraws is how many taken keys in a row mean a store that is wrong rather
// than chance: two equal draws of 165 bits do not happen.
const maxKeyDraws = 8

// retry waits a little and loads the session again. The wait grows with the
// number of tries and is random, so that requests in each other's way part.
func (s *Session) retry(ctx context.Context, try int) error {
	if try > 0 {
		wait := time.NewTimer(rand.N(time.Millisecond << min(try, 5)))
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-ctx.Done():
			return &StoreError{Op: "update", Err: fmt.Errorf("%w %d times until the deadline", ErrConflict, try+1)}
		}
	}
	return s.refresh(ctx)
}

// failSave makes a failure of the commit stick.
func (s *Session) failSave(err error) error {
	var store *StoreError
	switch {
	case errors.Is(err, ErrInterrupted):
		s.m.reject(s.ctx, "the session ended in a concurrent request while this one changed it; the change is dropped", nil)
	case isEncode(err), errors.Is(err, ErrRefused), errors.As(err, &store):
	default: // a taken key, eight times
		err = &StoreError{Op: "create", Err: err}
	}
	s.fail(err)
	return err
}

// write makes one attempt with what is known of the stored record.
func (s *Session) write(ctx context.Context) error {
	now := s.m.cfg.Now()
	rec := Record{
		Key:        s.key,
		Values:     Values{s.items},
		ExpireDate: s.expiry().date(now, s.m.cfg.CookieAge).UTC(),
		Version:    s.version,
		codec:      s.m.codec,
	}
	s.owned = false // the store may keep the values

	if n := len(s.items); n > maxItems {
		return fmt.Errorf("%w: %d items, allowed are %d: put lists into one item", ErrTooLarge, n, maxItems)
	}
	if size := rec.Values.jsonSize(); size > s.m.cfg.MaxSize {
		return fmt.Errorf("%w: %d bytes, allowed are %d: keep less in the session, or raise Config.MaxSize", ErrTooLarge, size, s.m.cfg.MaxSize)
	}
	switch {
	case s.key == "":
		return s.create(ctx, rec)
	case s.rotate:
		return s.rotateTo(ctx, rec)
	case s.dirty():
		key, err := s.m.store.Update(ctx, rec)
		return s.wrote(ctx, "update", now, key, rec, err)
	case s.m.cfg.TouchInterval < 0, rec.ExpireDate.Sub(s.expireDate) >= s.m.cfg.TouchInterval,
		!s.lastSeen.IsZero() && now.Sub(s.lastSeen) >= s.m.cfg.TouchInterval:
		return s.touch(ctx, rec)
	default:
		return nil // not worth a write
	}
}

func (s *Session) create(ctx context.Context, rec Record) error {
	start := s.m.cfg.Now()
	rec.Key, rec.Version = NewSessionKey(), ""
	key, err := s.m.store.Create(ctx, rec)
	return s.wrote(ctx, "create", start, key, rec, err)
}

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
		err = errGone
		s.m.reject(ctx, "the session ended while a request was about to extend it", nil)
		return err
	}
	return s.wrote(ctx, "touch", start, key, rec, err)
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
			return s.wrote(ctx, "rotate", start, key, rec, err)
		}
	}
	rec.Version = ""
	key, err := s.m.store.Create(ctx, rec)
	if err != nil {
		return s.wrote(ctx, "create", start, key, rec, err)
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
		return s.m.wrote(ctx, "rotate", start, err)
	}
	if _, err := s.m.delete(ctx, old.Key); err != nil {
		s.m.reject(ctx, "the record of a rotated key could not be deleted; it has expired and is cleared as such", err)
	}
	return s.wrote(ctx, "rotate", start, key, rec, nil)
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
	cfg := &s.m.cfg
	now := cfg.Now()
	cookie := cfg.setCookie(key, now, s.expiry().age(now, cfg.CookieAge), s.expireAtBrowserClose())
	if len(cookie) <= maxCookie {
		return nil
	}
	return fmt.Errorf("%w: its cookie has %d bytes with name and attributes, browsers drop those over %d: "+
		"keep less in the session, or use a store that keeps it on the server", ErrTooLarge, len(cookie), maxCookie)
}

// wrote takes note of what the store has now, and reports.
func (s *Session) wrote(ctx context.Context, op string, start time.Time, key string, rec Record, err error) error {
	if err == nil {
		err = s.fits(key)
	}
	if err := s.m.wrote(ctx, op, start, err); err != nil {
		return err
	}
	s.key = key
	s.base, s.expireDate = s.items, rec.ExpireDate
	if !s.lastSeen.IsZero() {
		s.lastSeen = start
	}
	s.stale = op != "touch"
	return nil
}
