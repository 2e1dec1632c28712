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
func (d *database) write(ctx context.Context, tx bool, fn func(*gorm.DB) error) error {
	for try := 1; ; try++ {
		var err error
		if tx {
			err = d.statement(ctx).Transaction(fn, d.isolation(ctx)...)
		} else {
			err = fn(d.statement(ctx))
		}
		if err == nil || !d.retryable(ctx, try, err, kindDeadlock) {
			return err
		}
	}
}

// isolation is that of the store's own transactions. In MySQL's default, a look for the
// sessions of a user who has none locks the gap in the index where other users' go, and
// two who log in at once deadlock.
func (d *database) isolation(ctx context.Context) []*sql.TxOptions {
	if d.dialect != mysql || d.inTransaction(ctx) {
		return nil
	}
	return []*sql.TxOptions{{Isolation: sql.LevelReadCommitted}}
}

// retryable reports whether to try again after err, which must be a deadlock or of the
// other kind, and waits a moment before it says yes.
func (d *database) retryable(ctx context.Context, try int, err error, other kind) bool {
	k := d.dialect.kindOf(err)
	return (k == kindDeadlock || k == other) && d.backOff(ctx, try)
}

// retryWhileBusy runs fn again after a deadlock, or while the database is busy.
func (d *database) retryWhileBusy(ctx context.Context, fn func() error) error {
	for try := 1; ; try++ {
		if err := fn(); err == nil || !d.retryable(ctx, try, err, kindBusy) {
			return err
		}
	}
}

// backOff waits a moment before the next try, and reports whether there is one. Inside a
// transaction of the user's that is the user's to do, because the whole of it is gone.
func (d *database) backOff(ctx context.Context, try int) bool {
	if try == maxTries || d.inTransaction(ctx) {
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
