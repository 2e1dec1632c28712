package dbtest

import (
	"testing"

	"github.com/djinn-go/djinn/gormstore"
)

// TestNullData: a row whose data is NULL, in a table made by hand, is a session
// without items, and no failure that its visitor has for ever (law 10).
func TestNullData(t *testing.T) {
	t.Parallel()
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			times := map[string]string{"sqlite": "datetime", "postgres": "timestamptz", "mysql": "datetime(6)"}[db.Name()]
			for _, statement := range []string{
				"CREATE TABLE django_session (session_key varchar(40) NOT NULL PRIMARY KEY, session_data text, expire_date " + times + " NOT NULL)",
				"INSERT INTO django_session VALUES ('" + key1 + "', NULL, '2999-01-01 00:00:00')",
			} {
				if err := db.Exec(statement).Error; err != nil {
					t.Fatal(err)
				}
			}
			store := migrated(t, db, gormstore.New)
			if got := item(t, store, key1, "n"); got != "" {
				t.Errorf("item before Update: got %s, want none", got)
			}
			if _, err := store.Update(t.Context(), rec(t, key1, "n", 1)); err != nil {
				t.Errorf("Update: got error %v, want none", err)
			}
			if got := item(t, store, key1, "n"); got != "1" {
				t.Errorf("item after Update: got %s, want 1", got)
			}
		})
	}
}
