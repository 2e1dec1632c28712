package gormstore

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/djinn-go/djinn/core"
)

// Scope narrows a query over the model, as GORM's own scopes do:
//
//	func idle(db *gorm.DB) *gorm.DB {
//		return db.Where("last_seen < ?", gormstore.DateTimeOf(time.Now().Add(-time.Hour)))
//	}
type Scope = func(*gorm.DB) *gorm.DB

// pageSize is how many rows a query reads at a time.
const pageSize = 500

// Handle is the public name of the session, see core.Handle: for pages and URLs, and
// for [Store.Revoke].
func (b *Base) Handle() string { return core.Handle(string(b.SessionKey)) }

// Handle is the public name of the session, see [Base.Handle].
func (s *Session) Handle() string { return s.sessionBase().Handle() }

// OfUser is the [Scope] of one user's sessions. It needs a model with a column
// tagged djinn:"user"; id has that column's type or one that GORM converts to it.
// Without the tag, or with another type, the query fails and says so.
func (s *Store[M]) OfUser(id any) Scope {
	return func(db *gorm.DB) *gorm.DB {
		o, err := s.owner(id)
		if err != nil {
			_ = db.AddError(err)
			return db
		}
		return db.Where(clause.Eq{Column: clause.Column{Table: clause.CurrentTable, Name: s.model.user.DBName}, Value: o.value})
	}
}

// Sessions iterates over the live sessions within all the scopes: who is logged in
// where. Rows come with all columns but session_data, in no order that means
// anything; or in that of a scope with an Order, read at once then, so add a Limit.
// Otherwise they are read in pages of 500, with no connection held in between, and
// the loop's body may revoke what it is given. A row belongs to the caller.
//
// After an error, which comes with a nil row, the iteration is over.
//
//	for device, err := range store.Sessions(ctx, store.OfUser(id)) { … }
func (s *Store[M]) Sessions(ctx context.Context, scopes ...Scope) iter.Seq2[*M, error] {
	return func(yield func(*M, error) bool) {
		for last := ""; ; {
			query := s.scoped(ctx, scopes).Omit(dataColumn).Clauses(s.alive())
			paged := !ordered(query)
			if paged {
				query = query.Clauses(after(last)...)
			}
			var rows []*M
			if err := query.Find(&rows).Error; err != nil {
				yield(nil, s.fail(err))
				return
			}
			for _, row := range rows {
				last = string(s.base(row).SessionKey)
				if !yield(row, nil) {
					return
				}
			}
			if !paged || len(rows) < pageSize {
				return
			}
		}
	}
}

// Count tells how many live sessions there are within all the scopes.
func (s *Store[M]) Count(ctx context.Context, scopes ...Scope) (int64, error) {
	var n int64
	err := s.scoped(ctx, scopes).Clauses(s.alive()).Count(&n).Error
	return n, s.fail(err)
}

// ByHandle returns the live session with that handle, session_data included, or
// core.ErrNotFound if the scopes hold none.
func (s *Store[M]) ByHandle(ctx context.Context, handle string, scopes ...Scope) (*M, error) {
	key, err := s.keyOf(ctx, handle, scopes)
	if err != nil {
		return nil, err
	}
	row := new(M)
	err = s.statement(ctx).Clauses(s.alive(), exactly{s.dialect, key}).Take(row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, core.ErrNotFound
	}
	if err != nil {
		return nil, s.fail(err, key)
	}
	return row, nil
}

// scoped is a query over the model with the user's conditions, in parentheses: an Or
// among them must not undo what is added.
func (s *Store[M]) scoped(ctx context.Context, scopes []Scope) *gorm.DB {
	db := s.statement(ctx).Model(new(M))
	for _, scope := range scopes {
		db = scope(db)
	}
	c := db.Statement.Clauses["WHERE"]
	if where, ok := c.Expression.(clause.Where); ok && len(where.Exprs) > 0 {
		c.Expression = clause.Where{Exprs: []clause.Expression{clause.And(where.Exprs...)}}
		db.Statement.Clauses["WHERE"] = c
	}
	return db
}

// ordered tells whether a scope wants its own order, or its own part.
func ordered(db *gorm.DB) bool {
	_, order := db.Statement.Clauses["ORDER BY"]
	_, limit := db.Statement.Clauses["LIMIT"]
	return order || limit
}

// alive is the condition of sessions that have not expired.
func (s *Store[M]) alive() clause.Expression {
	return clause.Gt{Column: tableColumn(expireColumn), Value: s.dialect.time(s.now())}
}

// after are the clauses of the page behind that key.
func after(key string) []clause.Expression {
	limit := pageSize
	return []clause.Expression{
		clause.Gt{Column: tableColumn(keyColumn), Value: key},
		clause.OrderBy{Columns: []clause.OrderByColumn{{Column: tableColumn(keyColumn)}}},
		clause.Limit{Limit: &limit},
	}
}

// tableColumn names a column so that a scope's join does not make it ambiguous.
func tableColumn(name string) clause.Column {
	return clause.Column{Table: clause.CurrentTable, Name: name}
}

// keysOf reads the keys that a query finds.
func keysOf(query *gorm.DB) (keys []string, err error) {
	rows, err := query.Clauses(clause.Select{Columns: []clause.Column{tableColumn(keyColumn)}}).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, rows.Err()
}

// keyOf finds the key of a live session by its handle.
func (s *Store[M]) keyOf(ctx context.Context, handle string, scopes []Scope) (string, error) {
	prefix, ok := core.HandlePrefix(handle)
	if !ok {
		return "", fmt.Errorf("gormstore: this is no handle, as Handle makes them: %w", core.ErrNotFound)
	}
	keys, err := keysOf(s.scoped(ctx, scopes).Clauses(s.alive(), s.begins(prefix)))
	if err != nil {
		return "", s.fail(err)
	}
	for _, key := range keys {
		if core.Handle(key) == handle {
			return key, nil
		}
	}
	return "", core.ErrNotFound
}

// begins is the condition of keys that begin so, in a form for which the database
// uses an index: on PostgreSQL the one that Django makes for this.
func (s *Store[M]) begins(prefix string) clause.Expression {
	if s.dialect == sqlite { // where LIKE ignores case, and so the index
		return clause.And(
			clause.Gte{Column: tableColumn(keyColumn), Value: prefix},
			clause.Lt{Column: tableColumn(keyColumn), Value: prefix + "~"},
		)
	}
	return clause.Like{Column: tableColumn(keyColumn), Value: prefix + "%"}
}
