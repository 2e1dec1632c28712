package dbtest

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/glebarez/sqlite"
	"gorm.io/gorm"
	"gorm.io/plugin/dbresolver"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// TestResolver: the dbresolver plugin sends the store's reads to a replica, and
// to the primary when the store is told so.
func TestResolver(t *testing.T) {
	t.Parallel()
	open := func() *gorm.DB {
		dir := t.TempDir()
		db := File(t, filepath.Join(dir, "primary.sqlite3"), nil)
		replica := filepath.Join(dir, "replica.sqlite3")
		migrated(t, File(t, replica, nil), gormstore.New)
		migrated(t, db, gormstore.New)
		plugin := dbresolver.Register(dbresolver.Config{Replicas: []gorm.Dialector{sqlite.Open(replica)}})
		if err := db.Use(plugin); err != nil {
			t.Fatal(err)
		}
		return db
	}
	db := open()
	replicated, err := gormstore.New(db)
	if err != nil {
		t.Fatal(err)
	}
	primary, err := gormstore.New(db.Clauses(dbresolver.Write))
	if err != nil {
		t.Fatal(err)
	}
	create(t, replicated, rec(t, key1)) // the replica never learns of it
	if _, err := replicated.Load(t.Context(), key1); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("Load by way of the plugin: got %v, want ErrNotFound, the replica's answer", err)
	}
	if _, err := primary.Load(t.Context(), key1); err != nil {
		t.Errorf("Load with dbresolver.Write: got error %v, want the session, which the primary has", err)
	}
}
