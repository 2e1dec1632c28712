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
	err = s.write(ctx, s.model.txCreate, func(db *gorm.DB) error {
		return db.Create(row).Error
	})
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
	base := s.base(row)
	rekey := oldKey != rec.Key
	err = s.write(ctx, s.model.txUpdate, func(db *gorm.DB) error {
		res := db.Model(row).Clauses(
			assignments{base: base, rekey: rekey, extra: s.model.extra, row: row},
			live{dialect: s.dialect, key: oldKey, now: s.dialect.time(s.now()), version: rec.Version},
		).Updates(row)
		if res.Error != nil || res.RowsAffected > 0 {
			return res.Error
		}
		return s.missed(db, oldKey, rec.Version, string(base.SessionData), rekey)
	})
	if rekey {
		err = s.taken(ctx, rec.Key, err)
	}
	if err != nil {
		return "", s.fail(err, oldKey, rec.Key, rec.Version, string(base.SessionData))
	}
	return rec.Key, nil
}

// missed tells why an UPDATE changed no row. Unless its DSN says
// clientFoundRows=true, MySQL counts rows that changed and not rows that were
// found, so that writing what is there already looks like a miss.
func (s *Store[M]) missed(db *gorm.DB, key, version, wrote string, rekey bool) error {
	unchangedIsMissed := s.dialect == mysql && !rekey
	if version == "" && !unchangedIsMissed {
		return core.ErrNotFound
	}
	data, _, err := s.read(s.current(db), key)
	switch {
	case err != nil:
		return err
	case unchangedIsMissed && (version == "" || version == data && wrote == data):
		return nil
	default:
		return core.ErrConflict
	}
}

// Touch is one UPDATE of expire_date alone. If that finds no row, one SELECT
// tells a session that is gone from one that lives longer already.
func (s *Store[M]) Touch(ctx context.Context, rec core.Record) error {
	if !storable(rec.Key) {
		return core.ErrNotFound
	}
	row := new(M)
	base := s.base(row)
	base.ExpireDate = DateTimeOf(rec.ExpireDate)
	err := s.write(ctx, false, func(db *gorm.DB) error {
		db = db.Model(row).Clauses(
			assignments{base: base, bare: true},
			live{dialect: s.dialect, key: rec.Key, now: s.dialect.time(s.now()), before: s.dialect.time(rec.ExpireDate)},
		)
		db.Statement.SkipHooks = true
		res := db.Updates(row)
		if res.Error != nil || res.RowsAffected > 0 {
			return res.Error
		}
		_, _, err := s.read(s.current(db), rec.Key)
		return err
	})
	return s.fail(err, rec.Key)
}

// Delete is one DELETE. A model with a gorm.DeletedAt is deleted as GORM does,
// and is gone for Load and Update all the same.
func (s *Store[M]) Delete(ctx context.Context, key string) (existed bool, err error) {
	if !storable(key) {
		return false, nil
	}
	row := new(M)
	s.base(row).SessionKey = core.Secret(key)
	err = s.write(ctx, s.model.txDelete, func(db *gorm.DB) error {
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
	if s.model.fills {
		if err := any(row).(SessionFiller).FillSession(ctx, rec.Values); err != nil {
			return nil, fmt.Errorf("gormstore: FillSession of the model %s: %w", s.model.name, err)
		}
	}
	return row, nil
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

// current is a new statement on the connection or transaction of db, that reads
// what an UPDATE would find. On MySQL a plain SELECT reads the snapshot of the
// transaction, in which a row may live that is gone.
func (s *Store[M]) current(db *gorm.DB) *gorm.DB {
	db = db.Session(&gorm.Session{NewDB: true, Context: db.Statement.Context})
	if s.dialect == mysql {
		db = db.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate})
	}
	return db
}
