package gormstore

import (
	"context"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/djinn-go/djinn/core"
)

// Create is one plain INSERT.
func (s *Store[M]) Create(ctx context.Context, rec core.Record) (string, error) {
	row, err := s.newRow(ctx, rec)
	if err != nil {
		return "", err
	}
	user, err := s.model.ownerOf(row)
	if err != nil {
		return "", s.fail(err)
	}
	note(ctx, rec.Key)
	create := func(db *gorm.DB) error { return db.Create(row).Error }
	if user.nobody() {
		err = s.write(ctx, s.model.txCreate, create)
	} else {
		err = s.login(ctx, user, "", create)
	}
	if err = s.taken(ctx, rec.Key, err); err != nil {
		return "", s.fail(err, rec.Key, string(s.base(row).SessionData))
	}
	return rec.Key, nil
}

// Update is one UPDATE. If that finds no row, one SELECT tells why.
func (s *Store[M]) Update(ctx context.Context, rec core.Record) (string, error) {
	return s.update(ctx, rec.Key, rec)
}

// Rotate is one UPDATE, which changes the primary key too.
func (s *Store[M]) Rotate(ctx context.Context, oldKey string, rec core.Record) (string, error) {
	if oldKey == rec.Key {
		return "", core.ErrExists
	}
	return s.update(ctx, oldKey, rec)
}

// update writes rec over the session under oldKey.
func (s *Store[M]) update(ctx context.Context, oldKey string, rec core.Record) (string, error) {
	if !storable(oldKey) {
		return "", core.ErrNotFound
	}
	row, err := s.newRow(ctx, rec)
	if err != nil {
		return "", err
	}
	user, err := s.model.ownerOf(row)
	if err != nil {
		return "", s.fail(err)
	}
	note(ctx, oldKey, rec.Key)
	base := s.base(row)
	rekey := oldKey != rec.Key
	set := s.assignments(ctx, row, rekey)
	where := live{dialect: s.dialect, key: oldKey, now: s.dialect.time(s.settings.Now()), version: rec.Version}
	update := func(db *gorm.DB) error {
		updated, err := s.tryUpdate(db, row, set, where)
		if err != nil || updated {
			return err
		}
		return s.missed(db, oldKey, rec.Version, string(base.SessionData), rekey)
	}
	if user.nobody() {
		err = s.write(ctx, s.model.txUpdate, update)
	} else {
		err = s.updateOfUser(ctx, user, row, set, where, update)
	}
	if rekey {
		err = s.taken(ctx, rec.Key, err)
	}
	if err != nil {
		return "", s.fail(err, oldKey, rec.Key, rec.Version, string(base.SessionData))
	}
	return rec.Key, nil
}

// updateOfUser updates a session that is a user's from now on. If it was his before,
// which is nearly always so, that takes one UPDATE with one condition more.
func (s *Store[M]) updateOfUser(ctx context.Context, user owner, row *M, set assignments, where live, update func(*gorm.DB) error) error {
	his := where
	his.user, his.owner = s.model.user, user
	updated := false
	err := s.write(ctx, s.model.txUpdate, func(db *gorm.DB) (err error) {
		updated, err = s.tryUpdate(db, row, set, his)
		return err
	})
	if err != nil || updated {
		return err
	}
	return s.login(ctx, user, where.key, update)
}

// assignments are what an update of row's session writes.
func (s *Store[M]) assignments(ctx context.Context, row *M, rekey bool) assignments {
	set := assignments{base: s.base(row), rekey: rekey, extra: s.model.extra, fills: s.model.fills, row: row}
	if _, ok := core.ClientInfoFrom(ctx); ok && s.model.request != nil {
		set.seeing(s.model.request)
	}
	return set
}

// tryUpdate is one UPDATE. It tells whether there was such a row.
func (s *Store[M]) tryUpdate(db *gorm.DB, row *M, set assignments, where live) (bool, error) {
	res := db.Model(row).Clauses(set, where).Updates(row)
	return res.RowsAffected > 0, res.Error
}

// missed tells why an UPDATE changed no row. Unless its DSN says
// clientFoundRows=true, MySQL counts rows that changed and not rows that were
// found, so that writing what is there already looks like a miss.
func (s *Store[M]) missed(db *gorm.DB, key, version, wrote string, rekey bool) error {
	unchangedIsMissed := s.dialect == mysql && !rekey
	if version == "" && !unchangedIsMissed {
		return core.ErrNotFound
	}
	row, err := s.read(s.current(db), key)
	switch {
	case err != nil:
		return err
	case unchangedIsMissed && (version == "" || version == row.data && wrote == row.data):
		return nil
	default:
		return core.ErrConflict
	}
}

// Touch is one UPDATE of expire_date alone, and of what a [ClientBase] tells of the
// request, if there is one. If that finds no row, one SELECT tells a session that is
// gone from one that lives longer already.
func (s *Store[M]) Touch(ctx context.Context, rec core.Record) error {
	if !storable(rec.Key) {
		return core.ErrNotFound
	}
	row := new(M)
	base := s.base(row)
	*base = Base{SessionKey: core.Secret(rec.Key), ExpireDate: DateTimeOf(rec.ExpireDate)}
	now := s.settings.Now()
	set := assignments{base: base, bare: true, row: row}
	where := live{dialect: s.dialect, key: rec.Key, now: s.dialect.time(now), before: s.dialect.time(rec.ExpireDate)}
	if fillRequest(ctx, row, now) {
		if err := s.fill(ctx, row, rec.Values); err != nil { // which may shorten the address
			return err
		}
		set.later = true
		set.seeing(s.model.request)
		where.seen, where.since = set.seen, s.dialect.time(now)
	}
	note(ctx, rec.Key)
	err := s.write(ctx, false, func(db *gorm.DB) error {
		db = db.Model(row).Clauses(set, where)
		db.Statement.SkipHooks = true
		res := db.Updates(row)
		if res.Error != nil || res.RowsAffected > 0 {
			return res.Error
		}
		_, err := s.read(s.current(db), rec.Key)
		return err
	})
	return s.fail(err, rec.Key)
}

// Delete is one DELETE. A model with a gorm.DeletedAt is deleted as GORM does: the
// row stays, without its payload, until it has expired and is cleared, and is gone
// for Load and Update all the same.
func (s *Store[M]) Delete(ctx context.Context, key string) (existed bool, err error) {
	if !storable(key) {
		return false, nil
	}
	row := new(M)
	s.base(row).SessionKey = core.Secret(key)
	note(ctx, key)
	err = s.write(ctx, s.model.txDelete || s.model.softDeletes, func(db *gorm.DB) error {
		if err := s.dropPayload(db, exactly{s.dialect, key}); err != nil {
			return err
		}
		if s.dialect == mysql { // GORM's own condition on the key ignores case
			db = db.Clauses(exactly{s.dialect, key})
		}
		res := db.Delete(row)
		existed = res.RowsAffected > 0
		return res.Error
	})
	return existed, s.fail(err, key)
}

// newRow is the row that rec becomes, with its own columns filled.
func (s *Store[M]) newRow(ctx context.Context, rec core.Record) (*M, error) {
	if !storable(rec.Key) {
		return nil, fmt.Errorf("gormstore: a key must be 1 to %d printable ASCII characters, which is what session_key holds; this one has %d bytes", maxKey, len(rec.Key))
	}
	text, err := rec.Encode()
	if err != nil {
		return nil, err
	}
	row := new(M)
	*s.base(row) = Base{SessionKey: core.Secret(rec.Key), SessionData: Payload(text), ExpireDate: DateTimeOf(rec.ExpireDate)}
	fillRequest(ctx, row, s.settings.Now())
	return row, s.fill(ctx, row, rec.Values)
}

// fill lets the model fill its own columns.
func (s *Store[M]) fill(ctx context.Context, row *M, values core.Values) error {
	if !s.model.fills {
		return nil
	}
	if err := any(row).(SessionFiller).FillSession(ctx, values); err != nil {
		return fmt.Errorf("gormstore: FillSession of the model %s: %w", s.model.name, err)
	}
	return nil
}

// taken turns a refusal of the primary key into ErrExists. A custom model may
// have other unique indexes, which no new key would satisfy.
func (s *Store[M]) taken(ctx context.Context, key string, err error) error {
	if err == nil || !s.duplicate(err) {
		return err
	}
	if s.model.plainRow {
		return core.ErrExists
	}
	var n int64
	res := s.statement(ctx).Unscoped().Model(new(M)).Clauses(exactly{s.dialect, key}).Count(&n)
	switch {
	case res.Error != nil:
		return res.Error
	case n > 0:
		return core.ErrExists
	}
	return fmt.Errorf("a unique index of the model %s, not its primary key, refuses the row: %w", s.model.name, err)
}

// duplicate asks the user's dialector too, which may know a driver that kindOf
// does not.
func (s *Store[M]) duplicate(err error) bool {
	if s.dialect.kindOf(err) == kindDuplicate {
		return true
	}
	t, ok := s.plain.Dialector.(gorm.ErrorTranslator)
	return ok && walk(err, func(err error) bool {
		return s.dialect.kindOf(t.Translate(err)) == kindDuplicate
	})
}

// beside is a new statement on the connection or transaction of db.
func (s *Store[M]) beside(db *gorm.DB) *gorm.DB {
	tx := s.db.Clauses() // a NewDB session of db would forget a dbresolver.Write
	tx.Statement.Context, tx.Statement.ConnPool = db.Statement.Context, db.Statement.ConnPool
	return tx
}

// current is one that reads what an UPDATE would find. On MySQL a plain SELECT reads
// the snapshot of the transaction, in which a row may live that is gone.
func (s *Store[M]) current(db *gorm.DB) *gorm.DB {
	return s.latest(s.beside(db), true)
}

// latest makes a query in a transaction of the program's read what an UPDATE would
// find, as current does.
func (s *Store[M]) latest(query *gorm.DB, inTransaction bool) *gorm.DB {
	if inTransaction && s.dialect == mysql {
		return query.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate})
	}
	return query
}
