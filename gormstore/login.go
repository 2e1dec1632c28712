package gormstore

import (
	"context"

	"gorm.io/gorm"
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
	var evicted []string
	err := s.write(ctx, true, func(db *gorm.DB) (err error) {
		evicted = nil
		if err := s.lockUser(db, o); err != nil {
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
		if err := s.checkRevoked(ctx, db, o); err != nil {
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

// lockUser makes others who log the user in, or revoke, wait for the end of the
// transaction.
func (s *Store[M]) lockUser(db *gorm.DB, o owner) error {
	insert := "INSERT INTO " + db.Statement.Quote(s.model.users) + " (user_id) VALUES (?) "
	if s.dialect == mysql {
		return db.Exec(insert+"ON DUPLICATE KEY UPDATE user_id = user_id", o.text).Error
	}
	return db.Exec(insert+"ON CONFLICT (user_id) DO UPDATE SET user_id = excluded.user_id", o.text).Error
}
