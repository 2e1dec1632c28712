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
// then, so that trying again is safe.
func (s *Store[M]) write(ctx context.Context, tx bool, fn func(*gorm.DB) error) error {
	for try := 1; ; try++ {
		var err error
		if tx {
			err = s.statement(ctx).Transaction(fn)
		} else {
			err = fn(s.statement(ctx))
		}
		if err == nil || !s.again(ctx, try, err, kindDeadlock) {
			return err
		}
	}
}

// again tells whether to try again after err, a deadlock or of kind too, and
// waits a moment before it says yes. Inside a transaction of the user's that is
// the user's to do, because the whole of it is gone.
func (s *Store[M]) again(ctx context.Context, try int, err error, too kind) bool {
	if try == maxTries || s.inTx || transactionFrom(ctx) != nil {
		return false
	}
	if k := s.dialect.kindOf(err); k != kindDeadlock && k != too {
		return false
	}
	return pause(ctx, time.Duration(try)*10*time.Millisecond) == nil
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
