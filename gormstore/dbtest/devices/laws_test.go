package devices

import (
	"context"
	"testing"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/core/cachestore"
	"github.com/djinn-go/djinn/core/storetest"
	"github.com/djinn-go/djinn/gormstore"
)

// TestLaws: the suite that every store passes, on a model whose sessions are a user's,
// with a cap, and with a cache in front.
func TestLaws(t *testing.T) {
	rounds := 10
	if testing.Short() {
		rounds = 3
	}
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		table := migrated(t, db, gormstore.WithSessionCap(3, gormstore.EvictOldest))
		t.Run("table", func(t *testing.T) {
			storetest.Run(t, func(testing.TB) core.Store { return table }, storetest.Rounds(rounds))
		})
		t.Run("cache in front", func(t *testing.T) {
			storetest.Run(t, func(testing.TB) core.Store {
				return must(cachestore.NewCachedDB(must(cachestore.NewMemory()), table))
			}, storetest.Rounds(rounds))
		})
	})
}

// everybodyIs42 makes every session, whatever is in it, one of the same user.
type everybodyIs42 struct {
	gormstore.ClientBase
	AccountID int64 `gorm:"index" djinn:"user"`
}

func (s *everybodyIs42) FillSession(context.Context, core.Values) error {
	s.AccountID = 42
	return nil
}

// TestLawsOfOneUser: the suite where every session is a log-in of the same user.
func TestLawsOfOneUser(t *testing.T) {
	everywhere(t, func(t *testing.T, db *gorm.DB) {
		store, err := gormstore.NewModel[everybodyIs42](db)
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		storetest.Run(t, func(testing.TB) core.Store { return store }, storetest.Rounds(3))
	})
}
