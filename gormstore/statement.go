package gormstore

import (
	"context"
	"errors"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// database is the user's *gorm.DB as a store uses it: how any statement is run. It
// knows no model.
type database struct {
	db      *gorm.DB // a clone that prints no values; see redactValues
	userDB  *gorm.DB // a clone that prints as the user's does, for statements without secrets
	dialect dialect
	inTx    bool // the user's *gorm.DB is a transaction already
}

func newDatabase(user *gorm.DB) database {
	// The context is there to make Session copy the statement, which is shared
	// with the user's otherwise.
	d := database{
		db:      user.Session(&gorm.Session{Context: context.Background(), SkipDefaultTransaction: true}),
		userDB:  user.Session(&gorm.Session{Context: context.Background()}),
		dialect: dialect(user.Name()),
	}
	redactValues(d.db)
	_, d.inTx = user.Statement.ConnPool.(gorm.TxCommitter)
	return d
}

var errNoDB = errors.New("gormstore: the *gorm.DB is nil: open it with gorm.Open first")

// checkDB refuses a *gorm.DB that would not do what it is told.
func checkDB(db *gorm.DB) error {
	switch {
	case db == nil || db.Statement == nil:
		return errNoDB
	case db.Error != nil:
		return &dbError{"gormstore: the *gorm.DB carries an error: give the one that gorm.Open returned: " + db.Error.Error(), db.Error}
	case db.DryRun:
		return errors.New("gormstore: the *gorm.DB is in DryRun mode, in which no session would be stored: turn it off")
	case carriesQuery(db.Statement):
		return errors.New("gormstore: the *gorm.DB carries a table, conditions or a result, which would apply to every statement of the store: give the one that gorm.Open returned, and name the table in a TableName method on the model")
	}
	return dialect(db.Name()).check()
}

// carriesQuery reports whether somebody has begun or run a query on stmt.
func carriesQuery(stmt *gorm.Statement) bool {
	for _, name := range []string{"SELECT", "WHERE", "FROM", "SET", "LIMIT", "ORDER BY", "GROUP BY", "ON CONFLICT", "RETURNING"} {
		if _, ok := stmt.Clauses[name]; ok {
			return true
		}
	}
	return stmt.Table != "" || stmt.Dest != nil || stmt.SQL.Len() > 0 || len(stmt.Selects)+len(stmt.Omits)+len(stmt.Joins) > 0
}

// statement is a new one under ctx. It costs one copy of a statement, where
// WithContext and what follows it cost two, and a copy of the settings.
func (d *database) statement(ctx context.Context) *gorm.DB {
	tx := d.db.Clauses()
	tx.Statement.Context = ctx
	join(ctx, tx)
	tx.Statement.Vars = make([]any, 0, 8) // GORM would grow it one by one
	return tx
}

// sibling is a new statement on the connection or transaction of db.
func (d *database) sibling(db *gorm.DB) *gorm.DB {
	tx := d.db.Clauses() // a NewDB session of db would forget a dbresolver.Write
	tx.Statement.Context, tx.Statement.ConnPool = db.Statement.Context, db.Statement.ConnPool
	return tx
}

// current is one that reads what an UPDATE would find. On MySQL a plain SELECT reads
// the snapshot of the transaction, in which a row may live that is gone.
func (d *database) current(db *gorm.DB) *gorm.DB {
	return d.latest(d.sibling(db), true)
}

// latest makes a query in a transaction of the program's read what an UPDATE would
// find, as current does.
func (d *database) latest(query *gorm.DB, inTransaction bool) *gorm.DB {
	if inTransaction && d.dialect == mysql {
		return query.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate})
	}
	return query
}

// inTransaction reports whether the program leads a transaction in which the store works
// under ctx.
func (d *database) inTransaction(ctx context.Context) bool {
	return d.inTx || transactionFrom(ctx) != nil
}

// fail is an error of the database as the store returns it, see dialect.fail.
func (d *database) fail(err error, secrets ...string) error { return d.dialect.fail(err, secrets...) }
