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

// PublicID is the public name of the session, see core.PublicID: for pages and URLs, and
// for [Store.Revoke].
func (b *Base) PublicID() string { return core.PublicID(string(b.SessionKey)) }

// PublicID is the public name of the session, see [Base.PublicID].
func (s *DjangoSession) PublicID() string { return s.sessionBase().PublicID() }

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
			paged := !query.ordered
			if paged {
				query.DB = query.Clauses(page()...)
			}
			var rows []*M
			if err := query.Omit(dataColumn).Find(&rows).Error; err != nil {
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

// Count returns how many live sessions there are within all the scopes.
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

// keyOf finds the key of a live session by its public ID.
func (s *Store[M]) keyOf(ctx context.Context, publicID string, scopes []Scope) (string, error) {
	prefix, ok := core.PublicIDPrefix(publicID)
	if !ok {
		return "", fmt.Errorf("gormstore: this is no public ID, as PublicID makes them: %w", core.ErrNotFound)
	}
	keys, err := keysOf(s.scoped(ctx, scopes, s.alive(), s.begins(prefix)).DB)
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
