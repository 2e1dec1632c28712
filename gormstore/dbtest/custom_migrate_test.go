package dbtest

import (
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/gormstore"
)

// TestOwnMigration: the printed statements, run by another tool on its own
// connection, make a table that Migrate accepts and the store works on.
func TestOwnMigration(t *testing.T) {
	t.Parallel()
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := richDB(t, d)
			r := record(db)
			statements, err := gormstore.DDL[richSession](db)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range r.statements() {
				if word, _, _ := strings.Cut(s, " "); word != "SELECT" {
					t.Errorf("DDL sent %s, want nothing run", s)
				}
			}
			pool, err := db.DB()
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range statements {
				if _, err := pool.ExecContext(t.Context(), s); err != nil {
					t.Fatalf("%s: got error %v, want none", s, err)
				}
			}
			r.reset()
			store := migrated(t, db, gormstore.NewModel[richSession])
			for _, s := range r.statements() {
				if word, _, _ := strings.Cut(s, " "); word == "CREATE" || word == "ALTER" {
					t.Errorf("Migrate of a table that is there sent %s", s)
				}
			}
			wantIndexes(t, db, &richSession{})
			everyStatement(t, store)
		})
	}
}

// TestMigrateLeavesOthersAlone: tables that a model refers to are the
// application's, and no column of theirs is changed.
func TestMigrateLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	for _, d := range []Database{SQLite, Postgres, MySQL} {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			if err := db.Exec("CREATE TABLE members (id bigint NOT NULL PRIMARY KEY, other varchar(10))").Error; err != nil {
				t.Fatal(err)
			}
			migrated(t, db, gormstore.NewModel[richSession])
			columns, err := db.Migrator().ColumnTypes("members")
			if err != nil || len(columns) != 2 {
				t.Errorf("columns of members: got %d, error %v, want still 2", len(columns), err)
			}
		})
	}
}

// TestMigrateWithoutTheOthers: where the tables that a model refers to must be
// there first, the error names the one that is not.
func TestMigrateWithoutTheOthers(t *testing.T) {
	t.Parallel()
	db := Postgres.Open(t, nil)
	store, err := gormstore.NewModel[richSession](db)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), `"members"`) {
		t.Errorf("Migrate: got error %v, want one that names members", err)
	}
	if db.Migrator().HasTable(&richSession{}) {
		t.Error("a Migrate that failed left a table")
	}
}

// TestMigrateCustomAtOnce: all nodes of a deployment may start at the same time.
func TestMigrateCustomAtOnce(t *testing.T) {
	t.Parallel()
	for _, d := range []Database{SQLite, Postgres, MySQL} {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := richDB(t, d)
			var wg sync.WaitGroup
			for range 4 {
				store, err := gormstore.NewModel[richSession](db)
				if err != nil {
					t.Fatal(err)
				}
				wg.Go(func() {
					if err := store.Migrate(t.Context()); err != nil {
						t.Errorf("Migrate: got error %v, want none", err)
					}
				})
			}
			wg.Wait()
			wantIndexes(t, db, &richSession{})
		})
	}
}

// TestMigrateCustomRefuses: columns that are not the model's are named, all at once.
func TestMigrateCustomRefuses(t *testing.T) {
	t.Parallel()
	for _, d := range []Database{SQLite, Postgres, MySQL} {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			oldTable(t, db)
			store, err := gormstore.NewModel[accountSession](db)
			if err != nil {
				t.Fatal(err)
			}
			err = store.Migrate(t.Context())
			for _, want := range []string{"account_sessions", "accountSession", "account_id is missing", "tenant is unknown", "a migration of yours"} {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("Migrate: got error %v, want one with %q", err, want)
				}
			}
		})
	}
}

func oldTable(t testing.TB, db *gorm.DB) {
	t.Helper()
	times := map[string]string{"sqlite": "datetime", "postgres": "timestamptz", "mysql": "datetime(6)"}[db.Name()]
	statement := "CREATE TABLE account_sessions (session_key varchar(40) NOT NULL PRIMARY KEY, session_data text NOT NULL, expire_date " + times + " NOT NULL, tenant integer NOT NULL)"
	if err := db.Exec(statement).Error; err != nil {
		t.Fatal(err)
	}
}
