package core

import (
	"context"
	"errors"
	"slices"
)

// access is what every accessor begins with: it marks the session accessed and
// loads it. Called with mu held.
func (s *Session) access() {
	if s.phase == closed {
		if !s.lateRead {
			s.lateRead = true
			s.lateUse("a read")
		}
		return
	}
	if !s.accessed {
		s.accessed = true
		if s.phase == committed {
			s.m.reject(s.ctx, "the session was first used after the response had begun, so caches cannot be told "+
				"that it depends on the cookie: use the session before the first byte is written", nil)
		}
	}
	if !s.loaded {
		s.load()
	}
}

// load asks the store for the session, once. A failure sticks; a record that is
// not there, or that cannot be read, makes the visitor anonymous.
func (s *Session) load() {
	if s.ambiguous {
		s.m.reject(s.ctx, "the session cookie came twice with different values, so the visitor is anonymous: "+
			"after a change of CookieDomain or CookiePath change CookieName too; against cookies of neighbouring hosts use the prefix __Host-", nil)
	}
	if s.key == "" {
		s.loaded = true
		return
	}
	ctx, cancel := s.m.deadline(s.ctx)
	defer cancel()
	found, err := s.fetch(ctx)
	s.loaded = true // only now: a store that panicked has not been asked
	switch {
	case err != nil:
		s.fail(err)
	case found:
		s.items = s.base
	default:
		s.forget()
	}
}

// fetch reads the record into base. found is false if there is no key, no record,
// or none that can be read: that one is left as it is, so that a deploy with a
// wrong SECRET_KEY logs nobody out once it is rolled back.
func (s *Session) fetch(ctx context.Context) (found bool, err error) {
	if s.key == "" {
		return false, nil
	}
	rec, err := s.m.load(ctx, s.key)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		neverSeen := s.expireDate.IsZero()
		s.errSeen = neverSeen && (s.failOpen || s.m.cfg.FailOpen)
		return false, err
	}
	values, err := rec.Decode(s.m.codec)
	if err != nil {
		s.m.report(ctx, Event{Kind: EventUndecodable, Err: err,
			Reason: "the record cannot be read and is left alone; the visitor is anonymous: look at SecretKey and SecretKeyFallbacks if there are many"})
		s.undecodable = s.key
		return false, nil
	}
	s.base, s.version, s.expireDate, s.lastSeen = values.items, rec.Version, rec.ExpireDate, rec.LastSeen
	return true, nil
}

// refresh loads the record again and does this request's changes on it again. If
// the session has ended since it was seen alive, so have the changes.
func (s *Session) refresh(ctx context.Context) error {
	s.stale = true // until all is done: a function of the handler's may panic
	found, err := s.fetch(ctx)
	if err != nil {
		return err
	}
	if !found {
		if !s.expireDate.IsZero() {
			return ErrInterrupted
		}
		s.forget() // it never lived: what was set begins a new session
	}
	if err := s.replay(); err != nil {
		return err
	}
	s.loaded, s.stale = true, false
	return nil
}

// dirty tells whether an item's text differs from what the store has.
func (s *Session) dirty() bool { return !slices.Equal(s.base, s.items) }
