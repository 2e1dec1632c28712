package gormstore

import (
	"context"
	"time"

	"gorm.io/gorm"
)

// maxTries bounds how often a statement is tried that the database rolled back.
const maxTries = 5

// write runs fn, in a transaction if the model needs one, and again if the
// database chose it as the victim of a deadlock: it was rolled back as a whole
// then, so that trying again is safe. Inside a transaction of the user's that is
// the user's to do, because the whole of it is gone.
func (s *Store[M]) write(ctx context.Context, tx bool, fn func(*gorm.DB) error) error {
	return s.retry(ctx, kindDeadlock, func() error {
		db := s.statement(ctx)
		if tx {
			return db.Transaction(fn)
		}
		return fn(db)
	})
}

// retry calls fn until it succeeds, fails with an error of another kind, or has
// failed maxTries times. The pause between two tries grows.
func (s *Store[M]) retry(ctx context.Context, upTo kind, fn func() error) error {
	for try := 1; ; try++ {
		err := fn()
		if err == nil || try == maxTries || s.inTx {
			return err
		}
		if k := s.dialect.kindOf(err); k != kindDeadlock && k != upTo {
			return err
		}
		if err := pause(ctx, time.Duration(try)*10*time.Millisecond); err != nil {
			return err
		}
	}
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
