package dbtest

import (
	"slices"
	"testing"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/storetest"
	"github.com/djinn-go/djinn/gormstore"
)

// TestConformance runs the suite that every store passes on Django's table, on a
// custom model, and on one with hooks, which is written in transactions.
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
		})
	}
}

func conform(t *testing.T, store core.Store) {
	rounds := 10
	if testing.Short() {
		rounds = 3
	}
	storetest.Run(t, func(testing.TB) core.Store { return store }, storetest.Rounds(rounds))
}
