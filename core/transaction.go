package core

import "context"

// transactionKey marks a context.
type transactionKey struct{}

// WithTransaction marks ctx as one of a transaction of the database, whose writes
// may still be taken back. A store that keeps its records in that database calls
// it in what it offers for transactions; a cache in front of the store neither
// serves nor keeps anything under such a context, and [Session.Save] returns
// [ErrConflict] if another request has changed the session since it was loaded: the
// changes are not done again on what that one left, because what else the transaction
// has written may go by the old data. [Session.Reload], and do all of it again.
func WithTransaction(ctx context.Context) context.Context {
	return context.WithValue(ctx, transactionKey{}, true)
}

// InTransaction reports whether ctx is marked by [WithTransaction].
func InTransaction(ctx context.Context) bool { return ctx.Value(transactionKey{}) != nil }

// Reload asks the store again: changes of other requests are seen, and those of this
// request that are not saved yet are done again on top of them. It returns
// [ErrInterrupted] if the session has ended since it was loaded. The engine does this
// by itself wherever it has to; it is for those who lead a transaction, see
// [WithTransaction].
func (s *Session) Reload(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.access()
	if s.fault.err != nil {
		return s.fault.err
	}
	ctx, cancel := s.m.deadline(sessionless{ctx, s})
	defer cancel()
	if err := s.awaitRedo(ctx); err != nil {
		return err
	}
	return s.refresh(ctx)
}

// Atomic runs fn, which changes the session and may save it. If fn returns an error
// or panics, the session is afterwards as it was before, in memory: fn undoes what
// it has written, as the rollback of a transaction does. It returns fn's error.
//
// It loads the session if that has not happened yet, so that fn may hold the only
// connection of a database. fn must not begin the response: what has been sent
// cannot be taken back. Other goroutines of the request must leave the session
// alone meanwhile, or lose their changes with fn's.
func (s *Session) Atomic(fn func() error) error {
	before := s.snapshot()
	failed := true
	defer func() {
		if failed {
			s.restore(before)
		}
	}()
	err := fn()
	failed = err != nil
	return err
}

func (s *Session) snapshot() sessionState {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.access() // a failure is not one of fn's
	before := s.sessionState
	before.edits = s.edits.snapshot()
	return before
}

func (s *Session) restore(before sessionState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before.rec.stale = true // look what the store has before the next write
	before.fault.open = s.fault.open
	before.fault.accepted = before.fault.err != nil && (before.fault.accepted || s.fault.accepted)
	s.sessionState = before
}
