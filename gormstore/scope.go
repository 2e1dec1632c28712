package gormstore

import (
	"context"
	"errors"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
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

// OfUser is the [Scope] of one user's sessions. It needs a model with a column
// tagged djinn:"user"; id has that column's type or one that GORM converts to it.
// Without the tag, or with another type, the query fails and says so.
func (s *Store[M]) OfUser(id any) Scope {
	return func(db *gorm.DB) *gorm.DB {
		o, err := s.model.owner(id)
		if err != nil {
			_ = db.AddError(err)
			return db
		}
		return db.Where(ofUser{s.dialect, tableColumn(s.model.user.DBName), o})
	}
}

// query is one over the model within all the scopes, and what they ask for besides
// conditions.
type query struct {
	*gorm.DB
	narrowed bool // a scope has added a condition
	ordered  bool // a scope wants its own order, or its own part
}

// scoped is a query with the conditions of the scopes and the store's own. Each scope
// has a statement of its own, of which GORM makes a group: so GORM's nested scopes
// run, too, and an Or reaches no other scope.
func (s *Store[M]) scoped(ctx context.Context, scopes []Scope, own ...clause.Expression) query {
	q := query{DB: s.statement(ctx).Model(new(M))}
	for _, scope := range scopes {
		one := withNestedScopes(scope(s.statement(ctx).Model(new(M))))
		if conditions := q.Statement.BuildCondition(one); len(conditions) > 0 {
			q.DB, q.narrowed = q.Where(group(conditions)), true
		}
		q.takeOver(one)
	}
	_, order := q.Statement.Clauses["ORDER BY"]
	_, limit := q.Statement.Clauses["LIMIT"]
	q.ordered = order || limit
	if len(own) > 0 {
		q.DB = q.Clauses(own...)
	}
	return q
}

// withNestedScopes runs the scopes that were added by db.Scopes, and those that these
// add, and returns the statement that comes of it, which may be another one. GORM does
// so in front of a query, and in Migrator, which runs none; for a group it goes one
// level deep and drops what is no longer the same statement.
func withNestedScopes(one *gorm.DB) *gorm.DB {
	ran := false
	one = one.Session(&gorm.Session{}).Scopes(func(db *gorm.DB) *gorm.DB {
		ran = true
		return db
	})
	catcher := &statementCatcher{Dialector: one.Dialector}
	one.Dialector = catcher // of this session alone
	_ = one.Migrator()
	if !ran || catcher.caught == nil {
		// A condition that is left out would let RevokeAll end other users' sessions.
		_ = one.AddError(errors.New("gormstore: what a scope has added by db.Scopes is lost: let every scope return a *gorm.DB made from the one it is given"))
		return one
	}
	return catcher.caught
}

// statementCatcher is a dialector that keeps the statement for which a Migrator is made.
type statementCatcher struct {
	gorm.Dialector
	caught *gorm.DB
}

// Migrator is part of gorm.Dialector.
func (c *statementCatcher) Migrator(db *gorm.DB) gorm.Migrator {
	c.caught = db
	return c.Dialector.Migrator(db)
}

// takeOver takes what a scope has asked for besides conditions, and its error. Soft
// deletes stay out of reach, and which columns are read is the caller's to say.
func (q *query) takeOver(one *gorm.DB) {
	if one.Error != nil {
		_ = q.AddError(one.Error)
	}
	for name, c := range one.Statement.Clauses {
		if name != "WHERE" && name != "SELECT" {
			q.Statement.Clauses[name] = c
		}
	}
	q.Statement.Joins = append(q.Statement.Joins, one.Statement.Joins...)
	for name, args := range one.Statement.Preloads {
		if q.Statement.Preloads == nil {
			q.Statement.Preloads = make(map[string][]any)
		}
		q.Statement.Preloads[name] = args
	}
}

// pageSize is how many rows a query reads at a time.
const pageSize = 500

// group are conditions that must all hold, in parentheses, which GORM forgets around
// text that has an OR next to a line break.
type group []clause.Expression

// Build writes the conditions: clause.Expression.
func (g group) Build(b clause.Builder) {
	_ = b.WriteByte('(')
	clause.And(g...).Build(b)
	_ = b.WriteByte(')')
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
