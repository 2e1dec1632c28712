package gormstore

import (
	"errors"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/djinn-go/djinn/core"
)

// CapPolicy is what happens when a user who has as many sessions as [WithSessionCap]
// allows logs in once more.
type CapPolicy int

const (
	// EvictOldest ends the session that was seen longest ago: by last_seen if the
	// model embeds [ClientBase], where NULL counts as never, otherwise by expire_date.
	EvictOldest CapPolicy = iota
	// RefuseLogin refuses the log-in: its save fails with core.ErrRefused (403).
	// To answer in its own way, a handler calls Session.Save and looks at the error.
	RefuseLogin
)

// WithSessionCap allows each user n live sessions at a time. It needs a model with a
// column tagged djinn:"user". It is exact, also for log-ins at the same moment on
// different nodes; sessions that are there already when a cap is introduced stay
// until their user logs in again. Log-ins made by Django are counted, but not
// stopped.
func WithSessionCap(n int, policy CapPolicy) Option {
	return func(o *options) { o.sessionCap = &sessionCap{n, policy} }
}

type sessionCap struct {
	n      int
	policy CapPolicy
}

func (c *sessionCap) check(m *model) error {
	switch {
	case c == nil:
		return nil
	case c.n < 1:
		return fmt.Errorf("gormstore: WithSessionCap: %d sessions would let nobody in: allow at least one", c.n)
	case c.policy != EvictOldest && c.policy != RefuseLogin:
		return fmt.Errorf("gormstore: WithSessionCap: %d is no policy: use EvictOldest or RefuseLogin", c.policy)
	case m.user == nil:
		return fmt.Errorf("gormstore: WithSessionCap: the model %s does not say whose a session is: tag the column that holds the user's ID with djinn:\"user\"", m.name)
	}
	return nil
}

// makeRoom sees to it that the user may have one more session, and returns the keys
// of those that had to go. The caller holds the user's lock.
func (s *Store[M]) makeRoom(db *gorm.DB, o owner) (evicted []string, err error) {
	limit := s.sessionCap
	if limit == nil {
		return nil, nil
	}
	// Nearly always there is room, and nobody else's request has to wait for this look.
	tooMany, err := s.tooMany(s.latest(s.sibling(db), s.inTransaction(db.Statement.Context)), o)
	if err != nil || tooMany <= 0 {
		return nil, err
	}
	for range maxIdlePasses {
		tooMany, err := s.tooMany(s.current(db), o)
		switch {
		case err != nil || tooMany <= 0:
			return evicted, err
		case limit.policy == RefuseLogin:
			return nil, fmt.Errorf("%w: the user is logged in %d times, and may be %d times", core.ErrRefused, tooMany+limit.n-1, limit.n)
		}
		keys, err := keysOf(s.ofOwner(s.current(db), o).Clauses(clause.OrderBy{Expression: s.oldestFirst()}).Limit(tooMany))
		if err != nil {
			return nil, err
		}
		// One that gets another key just now is still there: count again.
		if _, err = s.deleteKeys(db, keys); err != nil {
			return nil, err
		}
		evicted = append(evicted, keys...)
	}
	return nil, errors.New("the user's oldest sessions cannot be removed: look for a trigger or a rule on the table")
}

// tooMany counts the sessions that must go before the user may have one more.
func (s *Store[M]) tooMany(query *gorm.DB, o owner) (int, error) {
	var n int64
	err := s.ofOwner(query, o).Count(&n).Error
	return int(n) - (s.sessionCap.n - 1), err
}

// ofOwner makes query one over the live sessions of a user.
func (s *Store[M]) ofOwner(query *gorm.DB, o owner) *gorm.DB {
	return query.Model(new(M)).Clauses(
		ofUser{s.dialect, column(s.model.user), o},
		clause.Gt{Column: expireCol, Value: s.dialect.time(s.settings.Now())},
	)
}

// oldestFirst is the order in which sessions are evicted. What was never seen comes
// first; on PostgreSQL a NULL would come last.
func (s *Store[M]) oldestFirst() clause.Expression {
	if s.model.client == nil {
		return clause.Expr{SQL: "?, ?", Vars: []any{expireCol, keyCol}}
	}
	seen := column(s.model.client.lastSeen)
	return clause.Expr{SQL: "CASE WHEN ? IS NULL THEN 0 ELSE 1 END, ?, ?", Vars: []any{seen, seen, keyCol}}
}
