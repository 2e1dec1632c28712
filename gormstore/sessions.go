package gormstore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/djinn-go/djinn/core"
)

// Scope narrows a query over the model, as GORM's own scopes do:
//
//	func idle(db *gorm.DB) *gorm.DB {
//		return db.Where("last_seen < ?", gormstore.DateTimeOf(time.Now().Add(-time.Hour)))
//	}
//
// Of several scopes all hold: each is put in parentheses, so that an Or in one does not
// reach into the others. Rows that were deleted softly are out of reach.
type Scope = func(*gorm.DB) *gorm.DB

// pageSize is how many rows a query reads at a time.
const pageSize = 500

// PublicID is the public name of the session, see core.PublicID: for pages and URLs, and
// for [Store.Revoke].
func (b *Base) PublicID() string { return core.PublicID(string(b.SessionKey)) }

// PublicID is the public name of the session, see [Base.PublicID].
func (s *DjangoSession) PublicID() string { return s.sessionBase().PublicID() }

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
		return db.Where(ofUser{s.dialect, tableColumn(s.model.user.DBName), o})
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
			query := s.scoped(ctx, scopes, s.alive(), after(last))
			query.Statement.Selects = nil // all columns are the caller's
			query = query.Omit(dataColumn)
			paged := !ordered(query)
			if paged {
				query = query.Clauses(page()...)
			}
			var rows []*M
			err := query.Find(&rows).Error
			if err == nil && paged {
				err = checkPage(query)
			}
			if err != nil {
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
	err := s.scoped(ctx, scopes, s.alive()).Count(&n).Error
	return n, s.fail(err)
}

// ByPublicID returns the live session with that public ID, session_data included, or
// core.ErrNotFound if the scopes hold none.
func (s *Store[M]) ByPublicID(ctx context.Context, publicID string, scopes ...Scope) (*M, error) {
	key, err := s.keyOf(ctx, publicID, scopes)
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

// scoped is a query over the model with the user's conditions and the store's.
func (s *Store[M]) scoped(ctx context.Context, scopes []Scope, own ...clause.Expression) *gorm.DB {
	db := s.statement(ctx).Model(new(M))
	var users conditions
	for _, scope := range scopes {
		db = scope(db)
		users = append(users, added(db.Statement.Clauses[whereClause])...)
		delete(db.Statement.Clauses, whereClause)
	}
	db.Statement.Unscoped = false
	db.Statement.Clauses[whereClause] = clause.Clause{
		BeforeExpression: users, AfterExpression: conditions(own), Builder: buildWhere,
	}
	return db
}

const whereClause = "WHERE"

// conditions must all hold. Each is in parentheses, which GORM forgets around text
// that has an OR beside a line break, and never puts around a scope.
type conditions []clause.Expression

// Build writes them: clause.Expression.
func (c conditions) Build(b clause.Builder) {
	for i, condition := range c {
		if i > 0 {
			_, _ = b.WriteString(" AND ")
		}
		_ = b.WriteByte('(')
		condition.Build(b)
		_ = b.WriteByte(')')
	}
}

// added is what GORM has put into a clause.
func added(where clause.Clause) conditions {
	if w, ok := where.Expression.(clause.Where); ok && len(w.Exprs) > 0 {
		return conditions{w}
	}
	return nil
}

// buildWhere writes the clause of scoped. It is called late: GORM adds to the clause
// until then, for a soft delete and for scopes that a scope has added by db.Scopes.
func buildWhere(where clause.Clause, b clause.Builder) {
	_, _ = b.WriteString(whereClause + " ")
	slices.Concat(where.BeforeExpression.(conditions), where.AfterExpression.(conditions), added(where)).Build(b)
}

// narrows tells whether scopes have added a condition to a query of scoped that has
// run. A join alone may leave out nothing.
func narrows(query *gorm.DB) bool {
	where := query.Statement.Clauses[whereClause]
	late, _ := where.Expression.(clause.Where)
	n := len(late.Exprs)
	if _, ok := query.Statement.Clauses["soft_delete_enabled"]; ok {
		n--
	}
	return n > 0 || len(where.BeforeExpression.(conditions)) > 0
}

// ordered tells whether a scope wants its own order, or its own part.
func ordered(db *gorm.DB) bool {
	_, order := db.Statement.Clauses["ORDER BY"]
	_, limit := db.Statement.Clauses["LIMIT"]
	return order || limit
}

// alive is the condition of sessions that have not expired.
func (s *Store[M]) alive() clause.Expression {
	return clause.Gt{Column: tableColumn(expireColumn), Value: s.dialect.time(s.settings.Now())}
}

// after is the condition of the rows behind that key.
func after(key string) clause.Expression {
	return clause.Gt{Column: tableColumn(keyColumn), Value: key}
}

// page are the clauses of one page of rows.
func page() []clause.Expression {
	limit := pageSize
	return []clause.Expression{
		clause.OrderBy{Columns: []clause.OrderByColumn{{Column: tableColumn(keyColumn)}}},
		clause.Limit{Limit: &limit},
	}
}

var errLateScope = errors.New("gormstore: an Order, a Limit, an Offset or a Select in a scope that another scope adds with db.Scopes comes too late: give that scope to the method itself")

// checkPage tells whether a query that has run was for a page. GORM runs the scopes
// that a scope adds only then.
func checkPage(query *gorm.DB) error {
	order, _ := query.Statement.Clauses["ORDER BY"].Expression.(clause.OrderBy)
	limit, _ := query.Statement.Clauses["LIMIT"].Expression.(clause.Limit)
	if len(order.Columns) != 1 || limit.Limit == nil || *limit.Limit != pageSize || limit.Offset != 0 || len(query.Statement.Selects) > 0 {
		return errLateScope
	}
	return nil
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

// keyOf finds the key of a live session by its public ID.
func (s *Store[M]) keyOf(ctx context.Context, publicID string, scopes []Scope) (string, error) {
	prefix, ok := core.PublicIDPrefix(publicID)
	if !ok {
		return "", fmt.Errorf("gormstore: this is no public ID, as PublicID makes them: %w", core.ErrNotFound)
	}
	keys, err := keysOf(s.scoped(ctx, scopes, s.alive(), s.begins(prefix)))
	if err != nil {
		return "", s.fail(err)
	}
	for _, key := range keys {
		if core.PublicID(key) == publicID {
			return key, nil
		}
	}
	return "", core.ErrNotFound
}

// begins is the condition of keys that begin so, in a form for which the database
// uses an index: on PostgreSQL the one that Migrate and Django make for this.
func (s *Store[M]) begins(prefix string) clause.Expression {
	if s.dialect == sqlite { // where LIKE ignores case, and so the index
		return clause.And(
			clause.Gte{Column: tableColumn(keyColumn), Value: prefix},
			clause.Lt{Column: tableColumn(keyColumn), Value: prefix + "~"},
		)
	}
	return clause.Like{Column: tableColumn(keyColumn), Value: prefix + "%"}
}
