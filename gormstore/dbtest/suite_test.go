package dbtest

import (
	"context"
	"slices"
	"testing"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/storetest"
	"github.com/djinn-go/djinn/gormstore"
)

// TestConformance runs the suite that every store passes on Django's table, and
// on custom models: Django's example, one with hooks, which is written in
// transactions, one with columns of every kind in a schema of its own, and one
// that is deleted softly.
func TestConformance(t *testing.T) {
	t.Parallel()
	for _, d := range slices.Concat(All, []Database{MySQLOddities, MySQLText}) {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			t.Run("django_session", func(t *testing.T) {
				conform(t, migrated(t, d.Open(t, nil), gormstore.New))
			})
			if !slices.ContainsFunc(All, func(a Database) bool { return a.Name == d.Name }) {
				return
			}
			t.Run("custom model", func(t *testing.T) {
				conform(t, migrated(t, d.Open(t, nil), gormstore.NewModel[accountSession]))
			})
			t.Run("custom model with hooks", func(t *testing.T) {
				conform(t, migrated(t, d.Open(t, &gorm.Config{PrepareStmt: true}), gormstore.NewModel[hookedSession]))
			})
			t.Run("rich custom model", func(t *testing.T) {
				conform(t, migrated(t, inSchema(t, d.Open(t, nil)), gormstore.NewModel[richSession]))
			})
			t.Run("custom model with every hook and soft delete", func(t *testing.T) {
				db := d.Open(t, &gorm.Config{PrepareStmt: true})
				conform(t, purging{migrated(t, db, gormstore.NewModel[auditedSession]), db})
			})
		})
	}
}

// purging makes room for a key whose row was deleted softly, which stays taken
// otherwise. The suite uses a key again; an engine, whose keys are random, does not.
type purging struct {
	*gormstore.Store[auditedSession]
	db *gorm.DB
}

func (s purging) Create(ctx context.Context, rec core.Record) (string, error) {
	err := s.db.WithContext(ctx).Session(&gorm.Session{SkipHooks: true}).Unscoped().
		Where("session_key = ? AND deleted_at IS NOT NULL", rec.Key).Delete(&auditedSession{}).Error
	if err != nil {
		return "", err
	}
	return s.Store.Create(ctx, rec)
}

func conform(t *testing.T, store core.Store) {
	rounds := 10
	if testing.Short() {
		rounds = 3
	}
	storetest.Run(t, func(testing.TB) core.Store { return store }, storetest.Rounds(rounds))
}
