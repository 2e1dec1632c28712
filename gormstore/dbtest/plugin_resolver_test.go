package dbtest

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/glebarez/sqlite"
	"gorm.io/gorm"
	"gorm.io/plugin/dbresolver"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// replicated is a primary with two replicas, which never learn of what is written
// to the primary: each has one session of its own.
func replicated(t testing.TB, models ...any) (db *gorm.DB, primary *recorder) {
	t.Helper()
	dir := t.TempDir()
	db = File(t, filepath.Join(dir, "primary.sqlite3"), nil)
	primary = record(db)
	migrated(t, db, gormstore.NewModel[accountSession])
	var replicas []gorm.Dialector
	for _, name := range []string{"replica1", "replica2"} {
		path := filepath.Join(dir, name+".sqlite3")
		replica := migrated(t, File(t, path, nil), gormstore.NewModel[accountSession])
		create(t, replica, rec(t, "session-of-the-replica"))
		replicas = append(replicas, sqlite.Open(path))
	}
	plugin := dbresolver.Register(dbresolver.Config{
		Sources:  []gorm.Dialector{sqlite.Open(filepath.Join(dir, "primary.sqlite3"))},
		Replicas: replicas,
		Policy:   dbresolver.RoundRobinPolicy(),
	}, models...)
	if err := db.Use(plugin); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = plugin.Call(func(pool gorm.ConnPool) error {
			if c, ok := pool.(interface{ Close() error }); ok {
				return c.Close()
			}
			return nil
		})
	})
	return db, primary
}

// TestResolverPrimary: with dbresolver.Write every statement of the store goes to
// the primary, those that tell why another found no row too, while the program's
// own queries go to the replicas.
func TestResolverPrimary(t *testing.T) {
	t.Parallel()
	for name, models := range map[string][]any{"all tables": nil, "the sessions' table": {&accountSession{}}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, _ := replicated(t, models...)
			store, err := gormstore.NewModel[accountSession](db.Clauses(dbresolver.Write))
			if err != nil {
				t.Fatal(err)
			}
			everyStatement(t, store)
			create(t, store, rec(t, key1, "_auth_user_id", "42"))
			stale := rec(t, key1)
			stale.Version = "an old version"
			if _, err := store.Update(t.Context(), stale); !errors.Is(err, core.ErrConflict) {
				t.Errorf("Update with an old version: got %v, want ErrConflict, which the primary knows", err)
			}
			if err := store.Touch(t.Context(), core.Record{Key: key1, ExpireDate: time.Now().Add(time.Minute)}); err != nil {
				t.Errorf("Touch backwards: got error %v, want none", err)
			}
			if _, err := store.Load(t.Context(), "session-of-the-replica"); !errors.Is(err, core.ErrNotFound) {
				t.Errorf("Load of a session that a replica has: got %v, want ErrNotFound", err)
			}
			keys := 0
			for row, err := range store.Sessions(t.Context()) {
				if err != nil || row.AccountID == nil {
					t.Errorf("Sessions: got %v, error %v, want the session of the primary", row, err)
				}
				keys++
			}
			n, err := store.Count(t.Context())
			if keys != 1 || n != 1 || err != nil {
				t.Errorf("live sessions: got %d rows, Count %d, error %v, want 1, 1, none", keys, n, err)
			}

			for range 4 {
				var rows []accountSession
				if err := db.Find(&rows).Error; err != nil || len(rows) != 1 || rows[0].AccountID != nil {
					t.Fatalf("the program's own query: got %d rows, error %v, want the one that the replicas have", len(rows), err)
				}
			}
		})
	}
}
