package dbtest

import (
	"testing"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/gormstore"
)

// migrated is a store on a table that Migrate made.
func migrated[M any](t testing.TB, db *gorm.DB, open func(*gorm.DB, ...gormstore.Option) (*gormstore.Store[M], error), opts ...gormstore.Option) *gormstore.Store[M] {
	t.Helper()
	store, err := open(db, opts...)
	if err != nil {
		t.Fatalf("open the store: got error %v, want none", err)
	}
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatalf("Migrate: got error %v, want none", err)
	}
	return store
}
