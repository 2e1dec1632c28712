package gormstore

import (
	"context"
	"database/sql"
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
			err = s.statement(ctx).Transaction(fn, s.isolation(ctx)...)
		} else {
			err = fn(s.statement(ctx))
		}
		if err == nil || !s.retryable(ctx, try, err, kindDeadlock) {
			return err
		}
	}
}

// isolation is that of the store's own transactions. In MySQL's default, a look for the
// sessions of a user who has none locks the gap in the index where other users' go, and
// two who log in at once deadlock.
func (s *Store[M]) isolation(ctx context.Context) []*sql.TxOptions {
	if s.dialect != mysql || s.inTransaction(ctx) {
		return nil
	}
	return []*sql.TxOptions{{Isolation: sql.LevelReadCommitted}}
}

// retryable reports whether to try again after err, a deadlock or of kind too, and
// waits a moment before it says yes.
func (s *Store[M]) retryable(ctx context.Context, try int, err error, too kind) bool {
	k := s.dialect.kindOf(err)
	return (k == kindDeadlock || k == too) && s.backOff(ctx, try)
}

// backOff waits a moment before the next try, and reports whether there is one. Inside a
// transaction of the user's that is the user's to do, because the whole of it is gone.
func (s *Store[M]) backOff(ctx context.Context, try int) bool {
	if try == maxTries || s.inTransaction(ctx) {
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
		return ctx.Err() // which is no failure in the log, unlike the cause that a signal gives
	case <-timer.C:
		return nil
	}
}

// stepGrace is how long a step of a large removal goes on after its context has
// ended. A DELETE that is cut off may have removed its rows or not: databases do not
// tell, and neither the number nor what a cache in front was told would be right.
const stepGrace = 5 * time.Second

// finishing returns the context of a step that has begun under ctx.
func finishing(ctx context.Context) (context.Context, context.CancelFunc) {
	step, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(stepGrace, func() { cancel(context.Cause(ctx)) })
	})
	return step, func() {
		stop()
		cancel(nil)
	}
}
