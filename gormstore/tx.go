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
	db := s.plain
	if t := transactionFrom(ctx); t != nil { // a savepoint in that one
		if !t.usable() {
			return errNoTransaction
		}
		db = t.db
	}
	if err := session.Reload(core.WithTransaction(ctx)); err != nil {
		return err
	}
	changed := &transaction{tells: true}
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
	db    *gorm.DB
	tells bool // it tells the listeners when it has ended

	mu   sync.Mutex
	keys []string
}

// context is one in which the store works in t.
func (t *transaction) context(ctx context.Context) context.Context {
	return context.WithValue(core.WithTransaction(ctx), transactionKey{}, t)
}

// usable reports whether t is a transaction at all.
func (t *transaction) usable() bool {
	if t.db == nil || t.db.Statement == nil {
		return false
	}
	_, ok := t.db.Statement.ConnPool.(gorm.TxCommitter)
	return ok
}

// inTransaction reports whether the program leads a transaction in which the store works
// under ctx.
func (s *Store[M]) inTransaction(ctx context.Context) bool {
	return s.inTx || transactionFrom(ctx) != nil
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

// recordKeys remembers keys under which something changes, for Transaction.
func recordKeys(ctx context.Context, keys ...string) {
	if t := transactionFrom(ctx); t != nil {
		t.mu.Lock()
		t.keys = append(t.keys, keys...)
		t.mu.Unlock()
	}
}

// listeners are told of changes that a cache in front of the store does not see.
type listeners struct {
	mu  sync.RWMutex
	all []func(context.Context, []string)
}

func (l *listeners) add(f func(context.Context, []string)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, f)
}

func (l *listeners) any() bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return len(l.all) > 0
}

func (l *listeners) tell(ctx context.Context, keys []string) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, f := range l.all {
		f(ctx, keys)
	}
}

// OnChange implements [core.ChangeNotifier]: changed is called with the keys of
// sessions that a revocation, a cap or a transaction has changed.
func (s *Store[M]) OnChange(changed func(ctx context.Context, keys []string)) {
	s.listeners.add(changed)
}

// changed tells who asked for it, now or when the program's transaction has ended.
func (s *Store[M]) changed(ctx context.Context, keys []string) {
	if transactionFrom(ctx) != nil {
		recordKeys(ctx, keys...)
		return
	}
	if len(keys) > 0 {
		s.listeners.tell(ctx, keys)
	}
}
