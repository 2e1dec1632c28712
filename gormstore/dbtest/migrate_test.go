package dbtest

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"

	"github.com/djinn-go/djinn/gormstore"
)

// TestMigrateMakesDjangosTable: names and types are those of Django's migration.
func TestMigrateMakesDjangosTable(t *testing.T) {
	t.Parallel()
	indexes := map[string][]string{
		"sqlite":   {"django_session_expire_date_a5c62663"},
		"postgres": {"django_session_expire_date_a5c62663", "django_session_pkey", "django_session_session_key_c0390e0f_like"},
		"mysql":    {"PRIMARY", "django_session_expire_date_a5c62663"},
	}
	types := map[string]string{
		"sqlite":   "session_key varchar(40), session_data text, expire_date datetime",
		"postgres": "session_key character varying(40), session_data text, expire_date timestamp with time zone",
		"mysql":    "session_key varchar(40), session_data longtext, expire_date datetime(6)",
	}
	for _, d := range []Database{SQLite, Postgres, MySQL} {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			migrated(t, db, gormstore.New)
			if got, want := indexNames(t, db, "django_session"), indexes[d.Name]; !slices.Equal(got, want) {
				t.Errorf("indexes: got %q, want %q", got, want)
			}
			columns, err := db.Migrator().ColumnTypes("django_session")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range columns {
				full, _ := c.ColumnType()
				got = append(got, c.Name()+" "+full)
				if nullable, ok := c.Nullable(); ok && nullable {
					t.Errorf("the column %s: got nullable, want NOT NULL", c.Name())
				}
			}
			if got := strings.Join(got, ", "); got != types[d.Name] {
				t.Errorf("columns: got %q, want %q", got, types[d.Name])
			}
		})
	}
}

// indexNames asks the database itself, in order.
func indexNames(t testing.TB, db *gorm.DB, table string) (names []string) {
	t.Helper()
	query := map[string]string{
		"sqlite":   "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
		"postgres": "SELECT indexname FROM pg_indexes WHERE schemaname = CURRENT_SCHEMA() AND tablename = ?",
		"mysql":    "SELECT DISTINCT index_name FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = ?",
	}[db.Name()]
	if err := db.Raw(query, table).Scan(&names).Error; err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

// TestMigrateTwice: neither Migrate nor the user's own AutoMigrate alters what is
// there, and two models in one database have an index each.
func TestMigrateTwice(t *testing.T) {
	t.Parallel()
	for _, d := range []Database{SQLite, Postgres, MySQL} {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			django := migrated(t, db, gormstore.New)
			accounts := migrated(t, db, gormstore.NewModel[accountSession])
			notes := migrated(t, db, gormstore.NewModel[noteSession])
			create(t, django, rec(t, key1))
			tables := []string{"django_session", "account_sessions", "note_sessions"}
			var before [][]string
			for _, table := range tables {
				before = append(before, indexNames(t, db, table))
			}
			if got := before[1]; !slices.Contains(got, "idx_account_sessions_expire_date") || !slices.Contains(got, "idx_account_sessions_account_id") {
				t.Errorf("indexes of account_sessions: got %q, want one on expire_date and one on account_id", got)
			}

			r := record(db)
			for range 2 {
				for _, migrate := range []func() error{
					func() error { return django.Migrate(t.Context()) },
					func() error { return accounts.Migrate(t.Context()) },
					func() error { return notes.Migrate(t.Context()) },
					func() error { return db.AutoMigrate(&gormstore.DjangoSession{}, &accountSession{}, &noteSession{}) },
				} {
					if err := migrate(); err != nil {
						t.Fatalf("migrate again: got error %v, want none", err)
					}
				}
			}
			for _, s := range r.statements() {
				if word, _, _ := strings.Cut(strings.ToUpper(s), " "); word == "ALTER" || word == "CREATE" || word == "DROP" {
					t.Errorf("migrating again sent %s", s)
				}
			}
			for i, table := range tables {
				if got := indexNames(t, db, table); !slices.Equal(got, before[i]) {
					t.Errorf("indexes of %s: got %q, want still %q", table, got, before[i])
				}
			}
			load(t, django, key1)
		})
	}
}

// TestMigrateRefuses: a table that is not ours is named, and left alone.
func TestMigrateRefuses(t *testing.T) {
	t.Parallel()
	const good = "session_key varchar(40) NOT NULL PRIMARY KEY, session_data text NOT NULL"
	tests := []struct {
		name, columns, want string
	}{
		{"a column is missing", good, "expire_date is missing"},
		{"another table of that name", "id integer NOT NULL PRIMARY KEY, token varchar(40) NOT NULL", "session_key is missing"},
		{"a column nobody fills", good + ", expire_date TIME NOT NULL, tenant integer NOT NULL", "tenant is unknown"},
		{"the key is not unique", "session_key varchar(40) NOT NULL, session_data text NOT NULL, expire_date TIME NOT NULL", "not the primary key"},
		{"the expiry is a number", good + ", expire_date integer NOT NULL", "expire_date has the type"},
		{"unknown columns that fill themselves", good + ", expire_date TIME NOT NULL, a integer, b integer NOT NULL DEFAULT 1", ""},
	}
	times := map[string]string{"sqlite": "datetime", "postgres": "timestamp with time zone", "mysql": "datetime(6)"}
	for _, d := range []Database{SQLite, Postgres, MySQL} {
		for _, tt := range tests {
			t.Run(d.Name+"/"+tt.name, func(t *testing.T) {
				t.Parallel()
				db := d.Open(t, nil)
				if err := db.Exec("CREATE TABLE django_session (" + strings.Replace(tt.columns, "TIME", times[d.Name], 1) + ")").Error; err != nil {
					t.Fatal(err)
				}
				store, err := gormstore.New(db)
				if err != nil {
					t.Fatal(err)
				}
				columns, _ := db.Migrator().ColumnTypes("django_session")
				err = store.Migrate(t.Context())
				if tt.want == "" {
					if err != nil {
						t.Fatalf("Migrate: got error %v, want none", err)
					}
					create(t, store, rec(t, key1))
				} else if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("Migrate: got error %v, want one with %q", err, tt.want)
				}
				after, _ := db.Migrator().ColumnTypes("django_session")
				if len(after) != len(columns) {
					t.Errorf("columns after Migrate: got %d, want still %d", len(after), len(columns))
				}
			})
		}
	}
}

// TestMigrateAtOnce: the nodes of a deployment may all start at the same time.
func TestMigrateAtOnce(t *testing.T) {
	t.Parallel()
	for _, d := range []Database{SQLite, Postgres, MySQL} {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			db := d.Open(t, nil)
			var wg sync.WaitGroup
			for range 4 {
				store, err := gormstore.New(db)
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
		})
	}
}
