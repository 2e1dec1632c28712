package gormstore

import (
	"context"
	"errors"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/djinn-go/djinn/core"
)

// Revoke ends the live session with that handle. It is final: a request that is
// using the session cannot bring it back, and is answered with core.ErrInterrupted if
// it changes it. If there is none within the scopes the error is core.ErrNotFound,
// also for what is no handle, such as a session key.
//
// A handle that came from a user is looked for among that user's sessions:
//
//	err := store.Revoke(ctx, handle, store.OfUser(id))
//
// As for all revocations, caches of package cachestore in front of the store forget
// the session before Revoke returns, and hooks on the model do not run. A model with
// a soft delete keeps the row, without its payload, until it is cleared as expired.
func (s *Store[M]) Revoke(ctx context.Context, handle string, scopes ...Scope) error {
	key, err := s.keyOf(ctx, handle, scopes)
	if err != nil {
		return err
	}
	n, err := s.revoke(ctx, []string{key})
	if err == nil && n == 0 {
		err = core.ErrNotFound // it ended, or got another key, just now
	}
	return err
}

// RevokeAll ends all sessions within all the scopes, and returns how many rows it
// removed, expired ones that nobody had cleared among them. It works in small steps
// and goes on until it finds no more, so that a session which gets another key
// meanwhile is found under that one. It is final as [Store.Revoke] is, for the
// sessions that match; to end those of one user, also against a log-in at the same
// moment, use [Store.RevokeUser].
//
// It refuses to end every session there is: pass a scope that says so,
// db.Where("1 = 1"). The number is right also when there is an error.
func (s *Store[M]) RevokeAll(ctx context.Context, scopes ...Scope) (revoked int64, err error) {
	if len(scopes) == 0 {
		return 0, errors.New(`gormstore: RevokeAll without a scope would log everybody out: pass one, such as OfUser(id)`)
	}
	return s.revokeAll(ctx, scopes, nil)
}

// RevokeUser ends all sessions of a user, but for those with the handles given: the
// one that asks for it, [core.Session.Handle]. It returns how many rows it removed.
//
// It is final: no request in flight brings a session back, and a request that began
// before it and logs the user in afterwards is answered with core.ErrInterrupted
// (400), whatever node it is on. A request that calls RevokeUser itself may log the
// user in afterwards. What cannot be seen from here is a log-in in several requests,
// the password in one and a second factor in the next: look again, in the last one,
// whether the password is still the same. Nor are log-ins made by Django stopped.
//
// It needs a model with a column tagged djinn:"user". Users by the hundred thousand
// sessions are no problem: they are not loaded, and go in small steps.
func (s *Store[M]) RevokeUser(ctx context.Context, id any, except ...string) (revoked int64, err error) {
	o, err := s.owner(id)
	if err != nil {
		return 0, err
	}
	if err := s.write(ctx, false, func(db *gorm.DB) error { return s.noteRevocation(db, o) }); err != nil {
		return 0, s.fail(err)
	}
	core.RenewRequest(ctx)
	return s.revokeAll(ctx, []Scope{s.OfUser(id)}, except)
}

// revokeAll goes over the sessions again and again until there are none left.
func (s *Store[M]) revokeAll(ctx context.Context, scopes []Scope, except []string) (revoked int64, err error) {
	for {
		n, err := s.revokePass(ctx, scopes, except)
		revoked += n
		if err != nil || n == 0 {
			return revoked, err
		}
	}
}

func (s *Store[M]) revokePass(ctx context.Context, scopes []Scope, except []string) (revoked int64, err error) {
	for last := ""; ; {
		keys, err := keysOf(s.scoped(ctx, scopes).Clauses(after(last)...))
		if err != nil {
			return revoked, s.fail(err)
		}
		if len(keys) == 0 {
			return revoked, nil
		}
		last = keys[len(keys)-1]
		n, err := s.revoke(ctx, slices.DeleteFunc(keys, func(key string) bool {
			return slices.Contains(except, core.Handle(key))
		}))
		revoked += n
		if err != nil {
			return revoked, err
		}
	}
}

// revoke removes sessions by key and tells those who keep copies.
func (s *Store[M]) revoke(ctx context.Context, keys []string) (revoked int64, err error) {
	if len(keys) == 0 {
		return 0, nil
	}
	err = s.write(ctx, s.model.softDeletes, func(db *gorm.DB) (err error) {
		revoked, err = s.deleteKeys(db, keys)
		return err
	})
	if err != nil {
		return 0, s.fail(err, keys...)
	}
	s.changed(ctx, keys)
	return revoked, nil
}

// deleteKeys removes rows by primary key, in order, so that two who do so do not
// deadlock.
func (s *Store[M]) deleteKeys(db *gorm.DB, keys []string) (int64, error) {
	slices.Sort(keys)
	in := clause.IN{Column: keyCol, Values: make([]any, len(keys))}
	for i, key := range keys {
		in.Values[i] = key
	}
	if err := s.dropPayload(db, in); err != nil {
		return 0, err
	}
	db = db.Clauses(in)
	db.Statement.SkipHooks = true
	res := db.Delete(new(M))
	return res.RowsAffected, res.Error
}

// dropPayload empties rows that a soft delete is about to keep.
func (s *Store[M]) dropPayload(db *gorm.DB, which clause.Expression) error {
	if !s.model.softDeletes {
		return nil
	}
	return db.Model(new(M)).Where(which).UpdateColumn(dataColumn, "").Error
}

// OnChange implements [core.ChangeNotifier]: changed is called with the keys of
// sessions that a revocation, a cap or a transaction has changed.
func (s *Store[M]) OnChange(changed func(ctx context.Context, keys []string)) {
	s.listeners.add(changed)
}

// changed tells who asked for it, now or when the program's transaction has ended.
func (s *Store[M]) changed(ctx context.Context, keys []string) {
	if transactionFrom(ctx) != nil {
		note(ctx, keys...)
		return
	}
	if len(keys) > 0 {
		s.listeners.tell(ctx, keys)
	}
}
