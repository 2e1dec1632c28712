package dbtest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/core"
	"github.com/djinn-go/djinn/gormstore"
)

// seen is what the database has for a query of one cell, as text; "NULL" for NULL.
func seen(t testing.TB, db *gorm.DB, query string, args ...any) string {
	t.Helper()
	var v any
	if err := db.Raw(query, args...).Row().Scan(&v); err != nil {
		t.Fatal(err)
	}
	switch v := v.(type) {
	case nil:
		return "NULL"
	case []byte:
		return string(v)
	default:
		return fmt.Sprint(v)
	}
}

// TestUnknownColumnsSurvive: what others keep in columns of their own is there
// after every kind of save, with and without a FillSession, on Django's table too.
func TestUnknownColumnsSurvive(t *testing.T) {
	t.Parallel()
	models := []struct {
		name string
		open func(t testing.TB, db *gorm.DB) (core.Store, string)
	}{
		{"django_session", func(t testing.TB, db *gorm.DB) (core.Store, string) {
			return migrated(t, db, gormstore.New), "django_session"
		}},
		{"filled", func(t testing.TB, db *gorm.DB) (core.Store, string) {
			return migrated(t, db, gormstore.NewModel[accountSession]), "account_sessions"
		}},
		{"not filled", func(t testing.TB, db *gorm.DB) (core.Store, string) {
			return migrated(t, db, gormstore.NewModel[noteSession]), "note_sessions"
		}},
		{"deleted softly", func(t testing.TB, db *gorm.DB) (core.Store, string) {
			return migrated(t, db, gormstore.NewModel[auditedSession]), "audited_sessions"
		}},
	}
	for _, d := range All {
		for _, m := range models {
			t.Run(d.Name+"/"+m.name, func(t *testing.T) {
				t.Parallel()
				db := d.Open(t, nil)
				store, table := m.open(t, db)
				for _, column := range []string{"theirs varchar(20) DEFAULT 'new'", "score integer"} {
					if err := db.Exec("ALTER TABLE " + table + " ADD COLUMN " + column).Error; err != nil {
						t.Fatal(err)
					}
				}
				want := func(when, key, want string) {
					t.Helper()
					for column, want := range map[string]string{"theirs": want, "score": map[string]string{"new": "NULL", "kept": "7"}[want]} {
						if got := seen(t, db, "SELECT "+column+" FROM "+table+" WHERE session_key = ?", key); got != want {
							t.Errorf("%s: got %s %s, want %s", when, column, got, want)
						}
					}
				}
				create(t, store, rec(t, key1, "_auth_user_id", "42"))
				want("after Create", key1, "new")
				if err := db.Exec("UPDATE "+table+" SET theirs = 'kept', score = 7 WHERE session_key = ?", key1).Error; err != nil {
					t.Fatal(err)
				}
				if _, err := store.Update(t.Context(), rec(t, key1, "n", 1)); err != nil {
					t.Fatal(err)
				}
				want("after Update", key1, "kept")
				if err := store.(core.Toucher).Touch(t.Context(), core.Record{Key: key1, ExpireDate: time.Now().Add(9 * time.Hour)}); err != nil {
					t.Fatal(err)
				}
				want("after Touch", key1, "kept")
				if _, err := store.(core.Rotator).Rotate(t.Context(), key1, rec(t, key2, "n", 2)); err != nil {
					t.Fatal(err)
				}
				want("after Rotate", key2, "kept")
				if _, err := store.Delete(t.Context(), key2); err != nil {
					t.Fatal(err)
				}
				if m.name == "deleted softly" {
					want("after Delete", key2, "kept")
				}
			})
		}
	}
}

// TestNulls: a table made by hand may allow NULL where no session has one. A row
// without an expiry is no session; NULLs in other columns are as zero values.
func TestNulls(t *testing.T) {
	t.Parallel()
	const future, past = "2999-01-01 00:00:00", "2000-01-01 00:00:00"
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			times := map[string]string{"sqlite": "datetime", "postgres": "timestamptz", "mysql": "datetime(6)"}[db.Name()]
			for _, statement := range []string{
				"CREATE TABLE note_sessions (session_key varchar(40) NOT NULL PRIMARY KEY, session_data text, expire_date " + times + ", note varchar(20), created_at " + times + ", updated_at " + times + ")",
				"INSERT INTO note_sessions (session_key, session_data, expire_date) VALUES ('no-note-no-note', 'x', '" + future + "'), ('no-expiry-no-expiry', 'x', NULL), ('nothing-nothing', NULL, NULL), ('old-no-data-old', NULL, '" + past + "')",
			} {
				if err := db.Exec(statement).Error; err != nil {
					t.Fatal(err)
				}
			}
			store := migrated(t, db, gormstore.NewModel[noteSession])
			for _, key := range []string{"no-expiry-no-expiry", "nothing-nothing"} {
				_, loadErr := store.Load(t.Context(), key)
				_, updateErr := store.Update(t.Context(), rec(t, key))
				touchErr := store.Touch(t.Context(), rec(t, key))
				for _, err := range []error{loadErr, updateErr, touchErr} {
					if !errors.Is(err, core.ErrNotFound) {
						t.Errorf("a row without an expiry: got error %v, want ErrNotFound", err)
					}
				}
			}
			got, err := store.ClearExpired(t.Context(), core.ClearOptions{})
			if got != 1 || err != nil {
				t.Errorf("ClearExpired: got %d, %v, want the 1 that has an expiry in the past", got, err)
			}
			var rows []noteSession
			if err := db.Find(&rows).Error; err != nil || len(rows) != 3 {
				t.Fatalf("read with GORM: got %d rows, error %v, want 3 and none", len(rows), err)
			}
			for _, r := range rows {
				if r.Note != "" || !r.CreatedAt.IsZero() || !r.UpdatedAt.IsZero() {
					t.Errorf("the user's columns: got %+v, want zero values for NULL", r)
				}
			}
		})
	}
}
