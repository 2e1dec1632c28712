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
	recordKeys(ctx, rec.Key)
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
	recordKeys(ctx, oldKey, rec.Key)
	base := s.base(row)
	rekey := oldKey != rec.Key
	set := s.assignments(ctx, row, rekey)
	var where clause.Expression
	if rec.Version == "" {
		where = s.live(oldKey)
	} else {
		where = and[live, unchanged]{s.live(oldKey), unchanged{s.dialect, rec.Version}}
	}
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
		err = s.updateOfUser(ctx, user, oldKey, row, set, where, update)
	}
	if rekey {
		err = s.taken(ctx, rec.Key, err)
	}
	if err != nil {
		return "", s.fail(err, oldKey, rec.Key, rec.Version, string(base.SessionData))
	}
	return rec.Key, nil
}

// updateOfUser updates a session that is a user's from now on. If it was that user's
// before, which is nearly always so, it takes one UPDATE with one condition more.
func (s *Store[M]) updateOfUser(ctx context.Context, user owner, key string, row *M, set assignments, where clause.Expression, update func(*gorm.DB) error) error {
	owned := and[clause.Expression, ofUser]{where, ofUser{s.dialect, column(s.model.user), user}}
	updated := false
	err := s.write(ctx, s.model.txUpdate, func(db *gorm.DB) (err error) {
		updated, err = s.tryUpdate(db, row, set, owned)
		return err
	})
	if err != nil || updated {
		return err
	}
	return s.login(ctx, user, key, update)
}

// assignments are what an update of row's session writes.
func (s *Store[M]) assignments(ctx context.Context, row *M, rekey bool) assignments {
	base := s.base(row)
	set := make(assignments, 0, 5)
	if rekey {
		set = append(set, setKey{base})
	}
	set = append(set, setData{base}, setExpiry{base})
	if _, ok := core.ClientInfoFrom(ctx); ok && s.model.client != nil {
		set = append(set, setClient{s.model.client, row})
	}
	if len(s.model.extra) > 0 {
		set = append(set, setExtra{s.model.extra, s.model.fills, row})
	}
	return set
}

// tryUpdate is one UPDATE. It reports whether there was such a row.
func (s *Store[M]) tryUpdate(db *gorm.DB, row *M, set assignments, where clause.Expression) (bool, error) {
	res := db.Model(row).Clauses(set, where).Updates(row)
	return res.RowsAffected > 0, res.Error
}

// missed says why an UPDATE changed no row. Unless its DSN says
// clientFoundRows=true, MySQL counts rows that changed and not rows that were
// found, so that writing what is there already looks like a miss.
func (s *Store[M]) missed(db *gorm.DB, key, version, written string, rekey bool) error {
	unchangedIsMissed := s.dialect == mysql && !rekey
	if version == "" && !unchangedIsMissed {
		return core.ErrNotFound
	}
	row, err := s.read(s.current(db), key)
	switch {
	case err != nil:
		return err
	case unchangedIsMissed && (version == "" || version == row.data && written == row.data):
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
	var set assignments
	var due clause.Expression = expiresBefore{s.dialect.time(rec.ExpireDate)}
	if fillClient(ctx, row, now) {
		if err := s.fill(ctx, row, rec.Values); err != nil { // which may shorten the address
			return err
		}
		set = assignments{setLaterExpiry{base}, setClient{s.model.client, row}}
		due = orSeenBefore{due, s.model.client.lastSeen, s.dialect.time(now)}
	} else {
		set = assignments{setExpiry{base}}
	}
	where := and[live, clause.Expression]{live{exactly{s.dialect, rec.Key}, s.dialect.time(now)}, due}
	recordKeys(ctx, rec.Key)
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
	fillClient(ctx, row, s.settings.Now())
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
	if s.model.baseOnly {
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
	t, ok := s.userDB.Dialector.(gorm.ErrorTranslator)
	return ok && walk(err, func(err error) bool {
		return s.dialect.kindOf(t.Translate(err)) == kindDuplicate
	})
}
