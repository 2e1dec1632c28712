package gormstore

import (
	"context"
	"errors"
	"slices"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
)

// Revoke ends the live session with that public ID. It is final: a request that is
// using the session cannot bring it back, and is answered with core.ErrInterrupted if
// it changes it. If there is none within the scopes the error is core.ErrNotFound,
// also for what is no public ID, such as a session key.
//
// A public ID that came from a user is looked for among that user's sessions:
//
//	err := store.Revoke(ctx, publicID, store.OfUser(id))
//
// As for all revocations, caches of package cachestore in front of the store forget
// the session before Revoke returns, and hooks on the model do not run. A model with
// a soft delete keeps the row, without its payload, until it is cleared as expired.
func (s *Store[M]) Revoke(ctx context.Context, publicID string, scopes ...Scope) error {
	key, err := s.keyOf(ctx, publicID, scopes)
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
// db.Where("1 = 1"). It refuses an Order, a Limit and an Offset too. The number is right
// also when there is an error.
func (s *Store[M]) RevokeAll(ctx context.Context, scopes ...Scope) (revoked int64, err error) {
	return s.revokeAll(ctx, scopes, nil)
}

// RevokeUser ends all sessions of a user, but for those with the public IDs given: the
// one that asks for it, [core.Session.PublicID]. It returns how many rows it removed.
//
// It is final: no request in flight brings a session back, and a request that began
// before it and logs the user in afterwards is answered with core.ErrInterrupted
// (400), whatever node it is on. One that begins while it runs may be ended as well. A
// request that calls RevokeUser itself, with its own context (Gin's
// c.Request.Context(), say), may log that user in afterwards, unless another one has
// called it since this one began. What cannot be seen from here is a log-in in
// several requests, the password in one and a second factor in the next: look again,
// in the last one, whether the password is still the same. Nor are log-ins made by
// Django stopped.
//
// It needs a model with a column tagged djinn:"user". Users by the hundred thousand
// sessions are no problem: they are not loaded, and go in small steps.
//
// It refuses to work in a transaction of [WithTx] or [Store.Transaction]: a log-in that
// does not see yet what the transaction has changed, a new password, could begin after
// it and live on. Call it when the transaction has been committed.
func (s *Store[M]) RevokeUser(ctx context.Context, id any, except ...string) (revoked int64, err error) {
	o, err := s.model.owner(id)
	if err != nil {
		return 0, err
	}
	if s.inTransaction(ctx) {
		return 0, errors.New("gormstore: RevokeUser in a transaction would not be final: call it when the transaction has been committed")
	}
	user := s.userRow(o)
	var earlier error // a revocation since this request began, by another one
	err = s.write(ctx, true, func(db *gorm.DB) error {
		if err := user.lock(db); err != nil {
			return err
		}
		earlier = user.checkRevoked(ctx, db)
		if earlier != nil && !errors.Is(earlier, core.ErrNotFound) {
			return earlier
		}
		return user.recordRevocation(db)
	})
	if err != nil {
		return 0, s.fail(err)
	}
	if earlier == nil {
		core.ResetRequestBegan(ctx, user.userKey)
	}
	return s.revokeAll(ctx, []Scope{s.OfUser(id)}, except)
}

// revokeAll goes over the sessions again and again until there are none left: one that
// gets another key meanwhile may be there after a pass that has ended none.
func (s *Store[M]) revokeAll(ctx context.Context, scopes []Scope, except []string) (revoked int64, err error) {
	for idle := 0; idle < maxIdlePasses; {
		found, n, err := s.revokePass(ctx, scopes, except)
		revoked += n
		if err != nil || found == 0 {
			return revoked, err
		}
		if idle++; n > 0 {
			idle = 0
		}
	}
	return revoked, errors.New("gormstore: there are sessions that the database does not remove, or that get another key all the time: look for a trigger or a rule on the table, and revoke again")
}

// revokePass goes over the sessions once. It found so many and ended so many.
func (s *Store[M]) revokePass(ctx context.Context, scopes []Scope, except []string) (found int, revoked int64, err error) {
	for last := ""; ; {
		keys, err := s.keysAfter(ctx, last, scopes)
		if err != nil {
			return found, revoked, s.fail(err)
		}
		if len(keys) == 0 {
			return found, revoked, nil
		}
		last = keys[len(keys)-1]
		keys = slices.DeleteFunc(keys, func(key string) bool {
			publicID := core.PublicID(key)
			return publicID != "" && slices.Contains(except, publicID)
		})
		found += len(keys)
		n, err := s.revoke(ctx, keys)
		revoked += n
		if err != nil {
			return found, revoked, err
		}
	}
}

// keysAfter reads a page of keys, also of expired sessions.
func (s *Store[M]) keysAfter(ctx context.Context, last string, scopes []Scope) ([]string, error) {
	query := s.scoped(ctx, scopes, after(last))
	switch {
	case query.Error != nil:
		return nil, query.Error
	case query.ordered:
		return nil, errors.New("gormstore: RevokeAll goes over all sessions within the scopes: leave Order, Limit and Offset to Sessions")
	case !query.narrowed:
		return nil, errors.New("gormstore: RevokeAll without a condition would log everybody out: pass a scope that adds one, such as OfUser(id)")
	}
	return keysOf(s.latest(query.DB, s.inTransaction(ctx)).Clauses(page()...))
}

// revoke removes sessions by key and notifies the listeners, who keep copies.
func (s *Store[M]) revoke(ctx context.Context, keys []string) (revoked int64, err error) {
	if len(keys) == 0 {
		return 0, nil
	}
	if t := transactionFrom(ctx); t != nil && !t.notifies && s.listeners.any() {
		return 0, errors.New("gormstore: a cache in front of the store would not learn of a revocation under WithTx: use Store.Transaction, or revoke when the transaction has been committed")
	}
	err = s.write(ctx, s.model.softDeletes, func(db *gorm.DB) (err error) {
		revoked, err = s.deleteKeys(db, keys)
		return err
	})
	s.changed(ctx, keys) // also after an error: they may be gone
	if err != nil {
		return 0, s.fail(err, keys...)
	}
	return revoked, nil
}
