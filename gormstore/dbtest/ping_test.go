package dbtest_test

import (
	"errors"
	"testing"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/gormstore"
	"github.com/djinn-go/djinn/gormstore/dbtest"
)

// With prepared statements, or a plugin that stops a query before it runs, GORM's
// Row has nothing to scan, and Scan of that panics.
func TestErrorInPlaceOfARow(t *testing.T) {
	t.Parallel()
	errOpen := errors.New("the breaker is open")
	down := map[string]func(*testing.T, dbtest.Database) *gorm.DB{
		"prepared": func(t *testing.T, d dbtest.Database) *gorm.DB {
			db := d.Open(t, &gorm.Config{PrepareStmt: true})
			conn, err := db.DB()
			if err != nil {
				t.Fatal(err)
			}
			if err := conn.Close(); err != nil {
				t.Fatal(err)
			}
			return db
		},
		"plugin": func(t *testing.T, d dbtest.Database) *gorm.DB {
			db := d.Open(t, nil)
			if err := db.Callback().Row().Before("gorm:row").Register("breaker", func(tx *gorm.DB) { _ = tx.AddError(errOpen) }); err != nil {
				t.Fatal(err)
			}
			return db
		},
	}
	for _, d := range dbtest.All {
		for name, open := range down {
			t.Run(d.Name+"/"+name, func(t *testing.T) {
				t.Parallel()
				store, err := gormstore.New(open(t, d))
				if err != nil {
					t.Fatal(err)
				}
				if err := store.Ping(t.Context()); err == nil {
					t.Error("Ping: got no error from a database that is down")
				}
				if err := store.Migrate(t.Context()); err == nil {
					t.Error("Migrate: got no error from a database that is down")
				}
			})
		}
	}
}
