package gormstore

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/djinn-go/djinn/core"
)

// A model that says whose a session is, by the tag djinn:"user" on a column, has a
// second table, <table>_users, with a row for each user who has ever logged in.
// A log-in, which is a save that makes a session a user's, holds that row's lock
// until its transaction ends, and so does a revocation of all sessions of the user
// while it writes down its moment there. So of the two one comes first: the
// revocation finds the session of the log-in, or the log-in finds the revocation and
// is refused if its request began before.

// login runs save, which makes the session under key (none, if it is new) one of the
// user's, unless it is that already, in a transaction that holds the user's lock.
func (s *Store[M]) login(ctx context.Context, o owner, key string, save func(*gorm.DB) error) error {
	user := s.userRow(o)
	var evicted []string
	err := s.write(ctx, true, func(db *gorm.DB) (err error) {
		evicted = nil
		if err := user.lock(db); err != nil {
			return err
		}
		if key != "" {
			owned, err := s.isOwnedBy(db, key, o)
			if err != nil {
				return err
			}
			if owned {
				return save(db)
			}
		}
		if err := user.checkRevoked(ctx, db); err != nil {
			return err
		}
		if evicted, err = s.makeRoom(db, o); err != nil {
			return err
		}
		return save(db)
	})
	s.changed(ctx, evicted) // also after an error: a commit may have come through
	return err
}

// isOwnedBy reports whether the session is the user's already: a save is no log-in
// then.
func (s *Store[M]) isOwnedBy(db *gorm.DB, key string, o owner) (bool, error) {
	var n int64
	err := s.current(db).Model(new(M)).
		Clauses(s.live(key), ofUser{s.dialect, column(s.model.user), o}).
		Count(&n).Error
	return n > 0, err
}

// userRow is the user's row in the table of users.
func (s *Store[M]) userRow(o owner) userRow {
	return userRow{&s.database, userKey{s.model.users, o.text}}
}

// lock makes others who log the user in, or revoke, wait for the end of the
// transaction.
func (u userRow) lock(db *gorm.DB) error {
	insert := "INSERT INTO " + db.Statement.Quote(u.table) + " (user_id) VALUES (?) "
	if u.dialect == mysql {
		return db.Exec(insert+"ON DUPLICATE KEY UPDATE user_id = user_id", u.id).Error
	}
	return db.Exec(insert+"ON CONFLICT (user_id) DO UPDATE SET user_id = excluded.user_id", u.id).Error
}

// maxIdlePasses bounds how often in a row the sessions are gone over without ending one
// of those that are there.
const maxIdlePasses = 20

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
