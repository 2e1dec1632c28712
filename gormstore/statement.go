package gormstore

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// statement is a new one under ctx. It costs one copy of a statement, where
// WithContext and what follows it cost two, and a copy of the settings.
func (s *Store[M]) statement(ctx context.Context) *gorm.DB {
	tx := s.db.Clauses()
	tx.Statement.Context = ctx
	join(ctx, tx)
	tx.Statement.Vars = make([]any, 0, 8) // GORM would grow it one by one
	return tx
}

// sibling is a new statement on the connection or transaction of db.
func (s *Store[M]) sibling(db *gorm.DB) *gorm.DB {
	tx := s.db.Clauses() // a NewDB session of db would forget a dbresolver.Write
	tx.Statement.Context, tx.Statement.ConnPool = db.Statement.Context, db.Statement.ConnPool
	return tx
}

// current is one that reads what an UPDATE would find. On MySQL a plain SELECT reads
// the snapshot of the transaction, in which a row may live that is gone.
func (s *Store[M]) current(db *gorm.DB) *gorm.DB {
	return s.latest(s.sibling(db), true)
}

// latest makes a query in a transaction of the program's read what an UPDATE would
// find, as current does.
func (s *Store[M]) latest(query *gorm.DB, inTransaction bool) *gorm.DB {
	if inTransaction && s.dialect == mysql {
		return query.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate})
	}
	return query
}
