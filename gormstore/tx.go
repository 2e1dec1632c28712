package gormstore

import (
	"context"
	"errors"
	"sync"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
)

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
	db       *gorm.DB
	notifies bool // the listeners are notified when it has ended

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

// recordKeys records keys under which something changes, for Transaction.
func recordKeys(ctx context.Context, keys ...string) {
	if t := transactionFrom(ctx); t != nil {
		t.mu.Lock()
		t.keys = append(t.keys, keys...)
		t.mu.Unlock()
	}
}

// listeners are notified of changes that a cache in front of the store does not see.
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

func (l *listeners) notify(ctx context.Context, keys []string) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, f := range l.all {
		f(ctx, keys)
	}
}
