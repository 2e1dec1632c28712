package gormstore

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
)

// Transaction saves the session together with what fn writes: both or neither. fn
// works in tx, a transaction of the store's database under ctx, and may change the
// session; if it returns nil the session is saved in the same transaction.
//
//	err := store.Transaction(ctx, s, func(tx *gorm.DB) error {
//		cart.Delete(s)
//		return tx.Create(&order).Error
//	})
//
// On an error, whether fn's or the database's, nothing is written and the session is
// as it was before. The cookie is sent with the response, so call it before the
// first byte is written.
//
// fn sees the session as the store has it. If another request changes it meanwhile,
// or the database asks for it (a deadlock, a lock that is taken), all is rolled back
// and fn runs again, a few times: of two check-outs of one cart the second finds it
// empty. So fn should do nothing but what the transaction takes back. If the session
// has ended the error is core.ErrInterrupted; one that ends while fn runs, and in
// which fn changes nothing, does not stop the transaction.
//
// Under a context of [WithTx], or on a store made on a transaction, it is a savepoint
// in that transaction, and is not run again: the error is core.ErrConflict then.
//
// session must be one of a Manager over this store, directly or with a cache in
// front.
func (s *Store[M]) Transaction(ctx context.Context, session *core.Session, fn func(tx *gorm.DB) error) error {
	for try := 1; ; try++ {
		err := s.tryTransaction(ctx, session, fn)
		if err == nil {
			return nil
		}
		conflict := errors.Is(err, core.ErrConflict) && s.backOff(ctx, try)
		if !conflict && !s.retryable(ctx, try, err, kindBusy) {
			return err
		}
	}
}

// tryTransaction runs fn once.
func (s *Store[M]) tryTransaction(ctx context.Context, session *core.Session, fn func(tx *gorm.DB) error) error {
	db := s.userDB
	if t := transactionFrom(ctx); t != nil { // a savepoint in that one
		if !t.usable() {
			return errNoTransaction
		}
		db = t.db
	}
	if err := session.Reload(core.WithTransaction(ctx)); err != nil {
		return err
	}
	changed := &transaction{notifies: true}
	within := changed.context(ctx)
	err := session.Atomic(func() error {
		return db.WithContext(within).Transaction(func(tx *gorm.DB) error {
			changed.db = tx
			if err := fn(tx); err != nil {
				return err
			}
			return session.Save(within)
		})
	})
	s.changed(ctx, changed.keys) // also after an error: a commit may have come through
	return err
}

// OnChange implements [core.ChangeNotifier]: changed is called with the keys of
// sessions that a revocation, a cap or a transaction has changed.
func (s *Store[M]) OnChange(changed func(ctx context.Context, keys []string)) {
	s.listeners.add(changed)
}

// changed notifies the listeners, now or when the program's transaction has ended.
func (s *Store[M]) changed(ctx context.Context, keys []string) {
	if transactionFrom(ctx) != nil {
		recordKeys(ctx, keys...)
		return
	}
	if len(keys) > 0 {
		s.listeners.notify(ctx, keys)
	}
}
