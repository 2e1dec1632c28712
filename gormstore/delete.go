package gormstore

import (
	"context"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/djinn-go/djinn/core"
)

// Delete is one DELETE. A model with a gorm.DeletedAt is deleted as GORM does: the
// row stays, without its payload, until it has expired and is cleared, and is gone
// for Load and Update all the same.
func (s *Store[M]) Delete(ctx context.Context, key string) (existed bool, err error) {
	if !storable(key) {
		return false, nil
	}
	row := new(M)
	s.base(row).SessionKey = core.Secret(key)
	recordKeys(ctx, key)
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
