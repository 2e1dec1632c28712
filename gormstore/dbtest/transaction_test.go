package dbtest

import (
	"errors"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// TestGoneInTransaction: a store on a transaction that has read the row sees that
// another deleted it since, also where the transaction's snapshot still has it.
func TestGoneInTransaction(t *testing.T) {
	t.Parallel()
	for _, d := range []Database{Postgres, MySQL, MySQLFoundRows} {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			store := migrated(t, db, gormstore.NewModel[gormstore.DjangoSession])
			create(t, store, rec(t, key1))
			err := db.Transaction(func(tx *gorm.DB) error {
				inside, err := gormstore.New(tx)
				if err != nil {
					return err
				}
				version := load(t, inside, key1).Version
				if _, err := store.Delete(t.Context(), key1); err != nil {
					return err
				}
				r := rec(t, key1)
				if _, err := inside.Update(t.Context(), r); !errors.Is(err, core.ErrNotFound) {
					t.Errorf("Update: got error %v, want ErrNotFound", err)
				}
				r.Version = version
				if _, err := inside.Update(t.Context(), r); !errors.Is(err, core.ErrNotFound) {
					t.Errorf("Update of a version: got error %v, want ErrNotFound", err)
				}
				r.ExpireDate = r.ExpireDate.Add(time.Hour)
				if err := inside.Touch(t.Context(), r); !errors.Is(err, core.ErrNotFound) {
					t.Errorf("Touch: got error %v, want ErrNotFound", err)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}
