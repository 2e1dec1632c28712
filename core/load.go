package core

import (
	"context"
	"errors"
)

// access is what every accessor begins with: it marks the session accessed and
// loads it. Called with mu held.
func (s *Session) access() {
	if s.phase == ended {
		if !s.lateRead {
			s.lateRead = true
			s.reportUseAfterEnd("a read")
		}
		return
	}
	if !s.accessed {
		s.accessed = true
		if s.phase == committed {
			s.m.report(s.ctx, Event{Kind: EventLateRead,
				Reason: "the session was first used after the response had begun, so caches cannot be told " +
					"that it depends on the cookie: use the session before the first byte is written"})
		}
	}
	if !s.rec.loaded {
		s.load()
	}
}

// load asks the store for the session, once. A failure sticks; a record that is
// not there, or that cannot be read, makes the visitor anonymous.
func (s *Session) load() {
	if s.cookie.ambiguous {
		s.m.report(s.ctx, Event{Kind: EventAmbiguousCookie,
			Reason: "the session cookie came twice with different values, so the visitor is anonymous: " +
				"after a change of CookieDomain or CookiePath change CookieName too; against cookies of neighbouring hosts use the prefix __Host-"})
	}
	if s.rec.key == "" {
		s.rec.loaded = true
		return
	}
	ctx, cancel := s.m.deadline(s.ctx)
	defer cancel()
	found, err := s.fetch(ctx)
	s.rec.loaded = true // only now: a store that panicked has not been asked
	switch {
	case err != nil:
		s.fail(err)
	case found:
		s.edits.load(s.edits.stored)
	default:
		s.forget()
	}
}

// fetch reads the record: its items into edits.stored, the rest into rec. found is
// false if there is no key, no record, or none that can be read: that one is left as
// it is, so that a deploy with a wrong SECRET_KEY logs nobody out once it is rolled
// back.
func (s *Session) fetch(ctx context.Context) (found bool, err error) {
	if s.rec.key == "" {
		return false, nil
	}
	rec, err := s.m.load(ctx, s.rec.key)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	values, err := rec.Decode(s.m.codec)
	if err != nil {
		s.m.report(ctx, Event{Kind: EventUndecodable, Err: err,
			Reason: "the record cannot be read and is left alone; the visitor is anonymous: look at SecretKey and SecretKeyFallbacks if there are many"})
		s.rec.undecodable = s.rec.key
		return false, nil
	}
	s.edits.stored = values.items
	s.rec.version, s.rec.expireDate, s.rec.lastSeen = rec.Version, rec.ExpireDate, rec.LastSeen
	return true, nil
}

// refresh loads the record again and does this request's changes on it again. If
// the session has ended since it was seen alive, so have the changes.
func (s *Session) refresh(ctx context.Context) error {
	s.rec.stale = true // until all is done: a function of the program's may panic
	found, err := s.fetch(ctx)
	if err != nil {
		return err
	}
	if !found {
		if !s.rec.expireDate.IsZero() {
			return ErrInterrupted
		}
		s.forget() // it never lived: what was set begins a new session
		s.rec.stale = true
	}
	s.rec.loaded = true
	if err := s.redo(s.edits.rebase(s.edits.stored)); err != nil {
		return err
	}
	s.rec.stale = false
	return nil
}

// redo runs the functions of Key.Update for these items again, on what the store has
// now. They run without the lock, because they may read the session.
func (s *Session) redo(names []string) error {
	if len(names) == 0 {
		return nil
	}
	s.redoing = make(chan struct{})
	defer func() {
		close(s.redoing)
		s.redoing = nil
	}()
	for _, name := range names {
		if err := s.redoItem(name); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) redoItem(name string) error {
	for range maxUpdateTries {
		fns, text, ok := s.edits.functions(name)
		if len(fns) == 0 {
			return nil // another goroutine has set or deleted it since
		}
		for _, fn := range fns {
			var err error
			if text, err = s.runUnlocked(fn, text, ok); err != nil {
				return err
			}
			ok = true
		}
		if s.edits.redo(name, text, len(fns)) {
			return nil
		}
	}
	return &EncodeError{Item: name, Type: "func", Err: errUpdateNeverEnds}
}

var errInUpdate = errors.New("djinn: the session cannot be saved or reloaded while functions of Key.Update run again: not from within such a function")

// awaitRedo waits until no save of another goroutine has let go of the lock, so that
// only one at a time works on the record.
func (s *Session) awaitRedo(ctx context.Context) error {
	for s.redoing != nil {
		done := s.redoing
		s.mu.Unlock()
		select {
		case <-done:
		case <-ctx.Done():
		}
		s.mu.Lock()
		if ctx.Err() != nil && s.redoing != nil {
			return errInUpdate
		}
	}
	return nil
}
