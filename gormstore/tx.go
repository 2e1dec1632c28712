package gormstore

import (
	"context"
	"errors"
	"sync"

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
// first byte is written. Under a context of [WithTx] it is a savepoint in that
// transaction.
//
// What other requests change in the session meanwhile is kept, and fn's changes are
// done on top of it; a session that was ended meanwhile takes the transaction with it
// (core.ErrInterrupted). SQLite refuses a transaction that has read before it writes if
// somebody else wrote in between: write first, or let transactions begin with the lock
// (_txlock=immediate in the DSN of most drivers).
//
// session must be one of a Manager over this store, directly or with a cache in
// front.
func (s *Store[M]) Transaction(ctx context.Context, session *core.Session, fn func(tx *gorm.DB) error) error {
	db := s.plain
	if t := transactionFrom(ctx); t != nil { // a savepoint in that one
		if !t.usable() {
			return errNoTransaction
		}
		db = t.db
	}
	changed := new(transaction)
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

// WithTx returns a context under which the store works in tx, a transaction that the
// program has begun and will end: core.Session.Save with it saves the session in that
// transaction. A save that fails leaves the transaction to be rolled back; so does a
// deadlock, which is not tried again.
//
// [Store.Transaction] does more, and is to be preferred: it takes the changes of the
// session back when the transaction is rolled back, and tells a cache in front of the
// store when it is committed, which serves the old session for up to its MaxAge
// otherwise.
func WithTx(ctx context.Context, tx *gorm.DB) context.Context {
	t := &transaction{db: tx}
	if t.usable() {
		if begun := transactionFrom(tx.Statement.Context); begun != nil && begun.db.Statement.ConnPool == tx.Statement.ConnPool {
			t = begun // by Transaction, which wants to know what changes
		}
	}
	return t.context(ctx)
}

type transactionKey struct{}

// transaction is one of the program's, and what the store has changed in it.
type transaction struct {
	db *gorm.DB

	mu   sync.Mutex
	keys []string
}

// context is one in which the store works in t.
func (t *transaction) context(ctx context.Context) context.Context {
	return context.WithValue(core.WithTransaction(ctx), transactionKey{}, t)
}

// usable tells whether t is a transaction at all.
func (t *transaction) usable() bool {
	if t.db == nil || t.db.Statement == nil {
		return false
	}
	_, ok := t.db.Statement.ConnPool.(gorm.TxCommitter)
	return ok
}

func transactionFrom(ctx context.Context) *transaction {
	t, _ := ctx.Value(transactionKey{}).(*transaction)
	return t
}

var errNoTransaction = errors.New("gormstore: WithTx was given a *gorm.DB that is no transaction: pass the one that db.Transaction hands to its function, or that db.Begin returns")

// join puts a statement into the program's transaction, if there is one.
func join(ctx context.Context, stmt *gorm.DB) {
	t := transactionFrom(ctx)
	if t == nil {
		return
	}
	if !t.usable() {
		_ = stmt.AddError(errNoTransaction)
		return
	}
	stmt.Statement.ConnPool = t.db.Statement.ConnPool
}

// note remembers keys under which something changes, for Transaction.
func note(ctx context.Context, keys ...string) {
	if t := transactionFrom(ctx); t != nil {
		t.mu.Lock()
		t.keys = append(t.keys, keys...)
		t.mu.Unlock()
	}
}
